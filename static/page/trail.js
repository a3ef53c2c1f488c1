/// <reference lib="dom" />
/**
 * The way through the chat, in the address and the history of the browser.
 *
 * @module
 */

/** @typedef {import("./model/session.js").Session} Session */

/**
 * What an entry of the history holds. Its address is for people: a link, a bookmark, a reload.
 *
 * @typedef {object} Step
 * @property {number} step how many entries of the chat come before it
 * @property {{ key: string, kind: "room" | "person", name: string }} [to] the conversation that it
 * leads to
 * @property {string} [under] key of the conversation in the entry before it
 * @property {boolean} [cover] is it there for what covers the conversation?
 */

/** What covers a conversation, and what Back therefore closes first. */
const COVERS = "dialog[open], :popover-open";

/** Milliseconds that going back may take the browser. */
const PATIENCE = 2_000;

/**
 * Keeps the history like what is on screen: one entry for each conversation that was opened, and one
 * above it while a dialog, a drawer or a menu covers it. Back and Forward are followed; what changes
 * otherwise is noted, as soon as the browser has arrived where it was sent. Lives as long as the
 * page, since the browser may still be on its way when the chat is left and entered again.
 */
export class Trail {
  #atForm;
  /** @type {Session | undefined} */
  #session;
  /** Where the browser is on its way to. @type {{ step: number, arrive: (there: boolean) => void, end: Promise<void> } | undefined} */
  #travel;
  #leaving = false;

  /** @param {() => void} atForm called when the address changed while nobody is in the chat */
  constructor(atForm) {
    this.#atForm = atForm;
    addEventListener("popstate", () => this.#popped());
    for (const type of ["toggle", "close"]) {
      document.addEventListener(type, () => this.#soon(), { capture: true });
    }
    // A link within the page leads to a place in it, and not to another conversation.
    document.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
      if (!link) return;
      event.preventDefault();
      document.getElementById(link.getAttribute("href")?.slice(1) ?? "")?.focus();
    });
  }

  /**
   * Follows a person through the chat.
   *
   * @param {Session} session
   * @param {AbortSignal} signal ends it
   */
  follow(session, signal) {
    this.#session = session;
    session.addEventListener("change", () => this.#soon(), { signal });
    signal.addEventListener("abort", () => this.#session = undefined);
    this.#sync();
  }

  /**
   * Goes back to where the chat was entered, as it is left, and leaves nothing of it in the history
   * but the room.
   */
  async leave() {
    this.#leaving = true;
    uncover();
    await this.#travel?.end;
    // Of a very long way the browser has forgotten the beginning.
    await this.#back(Math.min(entryHere()?.step ?? 0, history.length - 1));
    const query = new URLSearchParams(location.search);
    query.delete("with");
    const address = `?${query}`;
    record("replaceState", null, address);
    // Whatever came after an entry is gone once another one does.
    if (record("pushState", { step: 1, cover: true }, address)?.cover) await this.#back(1);
    this.#leaving = false;
    this.#sync();
  }

  /** Syncs once all that happens now has happened. A dialog may close after it opened something. */
  #soon() {
    queueMicrotask(() => this.#sync());
  }

  /** Makes the history like what is on screen. */
  #sync() {
    if (!this.#session || this.#travel || this.#leaving) return;
    const { current, conversations } = this.#session;
    const entry = entryHere() ?? { step: 0 };
    const fits = entry.to?.key === current.key;
    const gone = !fits && !conversations.all.some(({ key }) => key === entry.to?.key);
    const covered = document.querySelector(COVERS) !== null;
    if ((entry.cover && (fits ? !covered : gone)) || (gone && entry.under === current.key)) {
      this.#back(1).then(() => this.#sync());
      return;
    }
    const address = addressOf(this.#session);
    const { key, kind, name } = current;
    const here = { ...entry, to: { key, kind, name } };
    /** @type {Step | null} */
    let top = entry;
    // What is opened from a drawer takes its entry, and so does what follows a room that was left.
    if (gone || (entry.cover && !fits)) {
      top = record("replaceState", { ...here, cover: false }, address);
    } else if (!fits) top = record("pushState", above(entry, here), address);
    else if (location.search !== address) top = record("replaceState", here, address);
    if (covered && top && !top.cover) {
      record("pushState", { ...above(top, here), cover: true }, address);
    }
  }

  #popped() {
    const travel = this.#travel;
    travel?.arrive(true);
    if (this.#leaving) return;
    // Somebody who pressed Back meanwhile is elsewhere.
    if (!travel || travel.step !== (entryHere()?.step ?? 0)) this.#arrive();
  }

  /** Shows what an entry leads to that a person went to. */
  #arrive() {
    const entry = entryHere();
    uncover();
    if (this.#session) {
      const { to } = entry ?? {};
      if (to && to.key !== this.#session.current.key) this.#session.open(to.kind, to.name);
      this.#sync();
    } else if (entry?.cover) this.#back(1);
    else this.#atForm();
  }

  /** Goes back some entries, and is done when the browser is there. @param {number} count */
  async #back(count) {
    if (count === 0) return;
    const { promise: end, resolve: arrive } = Promise.withResolvers();
    this.#travel = { step: history.state.step - count, arrive, end };
    const timer = setTimeout(() => arrive(false), PATIENCE);
    history.go(-count);
    const there = await end;
    clearTimeout(timer);
    this.#travel = undefined;
    // Whatever this entry is, it is taken for the first one, and the way begins here.
    if (!there) record("replaceState", null, location.search);
  }
}

/** The entry where the browser is, unless something else has written it. @returns {Step | null} */
function entryHere() {
  const { state } = history;
  return Number.isInteger(state?.step) ? state : null;
}

/** Closes what covers the conversation. */
export function uncover() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  /** @type {NodeListOf<HTMLElement>} */
  const popovers = document.querySelectorAll("[popover]");
  for (const popover of popovers) popover.hidePopover();
}

/** The room on screen, or else the last one that was. @param {Session} session */
export function roomOf({ current, conversations: { rooms } }) {
  if (current.kind === "room") return current;
  const last = new URLSearchParams(location.search).get("room");
  return rooms.find(({ name }) => name === last) ?? rooms[0];
}

/** What finds the conversation on screen: after a reload, or in a link. @param {Session} session */
function addressOf(session) {
  const room = roomOf(session);
  const query = new URLSearchParams(room && { room: room.name });
  const { kind, name } = session.current;
  if (kind === "person") query.set("with", name);
  return `?${query}`;
}

/** The entry for `here` after another. @param {Step} entry @param {Step} here @returns {Step} */
const above = ({ step, to }, here) => ({ ...here, step: step + 1, under: to?.key, cover: false });

/**
 * Writes an entry; returns the one where the browser is then.
 *
 * @param {"pushState" | "replaceState"} how
 * @param {Step | null} entry
 * @param {string} address
 * @returns {Step | null}
 */
function record(how, entry, address) {
  try {
    history[how](entry, "", address);
  } catch {
    // Browsers bound how often this is done. The next change catches up.
  }
  return entryHere();
}
