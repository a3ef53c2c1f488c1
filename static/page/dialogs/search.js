/// <reference lib="dom" />
/**
 * The dialog that searches what was said.
 *
 * @module
 */
import { find, h } from "../dom.js";
import { Found } from "./found.js";
import { excerptOf, merge, search, wordsOf } from "./hits.js";
import { jump } from "./jump.js";
import { Picker } from "./picker.js";

/** @typedef {import("./hits.js").Hit} Hit */

/** Milliseconds after a key before the server is asked: mostly another one follows. */
const PAUSE = 250;

/** What a server answers that searches nothing. */
const UNABLE = 501;

/** What is searched: where the server does not, and where it does. */
const HELD = "Searches what this page holds. Older messages are on the server: " +
  "they are found once you have scrolled back to them.";
const ROOM = "Searches all that was said in this room, and what this page holds of the others.";

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/**
 * Searches what this page holds of all conversations, and all of the room on screen, where the server
 * can. Loaded when first used.
 */
export class Search {
  #session;
  /** @type {Picker<Hit>} */
  #picker;
  #running = new AbortController();
  /** @type {string[]} */
  #words = [];
  /** What this page holds: the newest of it, and how many there are. @type {{ hits: Hit[], count: number }} */
  #held = { hits: [], count: 0 };
  /** What the server finds, where it is asked. @type {Found | undefined} */
  #found;
  /** Does the server search? Known only once it was asked. @type {boolean | undefined} */
  #able;

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    this.#picker = new Picker(
      { id: "search", title: "Search messages", label: "Words", list: "Messages" },
      {
        look: (text) => this.#look(text),
        choose: (hit) => this.#go(hit),
        more: () => this.#more(),
      },
      signal,
    );
    signal.addEventListener("abort", () => this.#running.abort());
  }

  open() {
    this.#picker.open();
  }

  /** @param {string} text */
  async #look(text) {
    this.#running.abort();
    const { signal } = this.#running = new AbortController();
    const { current, conversations } = this.#session;
    const asks = current.kind === "room" && this.#able !== false;
    this.#found = undefined;
    this.#words = wordsOf(text);
    if (this.#words.length === 0) {
      const scope = !asks ? HELD : this.#able ? ROOM : "";
      return this.#picker.show([], scope);
    }
    try {
      this.#held = await search(conversations.every, this.#words, signal);
      if (asks) this.#found = new Found(current, text, signal);
      this.#show();
      await delay(PAUSE, signal);
      await this.#ask();
    } catch (error) {
      // Something else is looked for by now.
      if (!signal.aborted) throw error;
    }
  }

  /** Asks for what is older than what the server found first. */
  #more() {
    if (this.#found?.hits.length) this.#ask();
  }

  async #ask() {
    const found = this.#found;
    if (!found || !await found.more() || found !== this.#found) return;
    const { trouble } = found;
    if (trouble?.status === UNABLE) this.#found = undefined;
    if (!trouble || trouble.status === UNABLE) this.#able = !trouble;
    this.#show(true);
  }

  /** @param {boolean} [stay] do others join what is shown? */
  #show(stay = false) {
    const hits = merge(this.#held.hits, this.#found?.hits ?? []);
    const rows = hits.map((hit) => ({ value: hit, content: row(hit, this.#words) }));
    // Somebody may be about to press Enter.
    const active = stay ? hits.findIndex((hit) => hit === this.#picker.active) : 0;
    this.#picker.show(rows, this.#tell(hits.length), Math.max(0, active), stay);
  }

  /** @param {number} shown how many messages */
  #tell(shown) {
    const { hits, count } = this.#held;
    if (!this.#found) return `${tell(shown, count)} ${HELD}`;
    const { trouble, complete, goesOn, hits: { length } } = this.#found;
    if (complete && hits.length === count) return tell(shown, shown);
    const rest = trouble
      ? `${trouble.message}.`
      : goesOn && length === 0
      ? "Asking the server…"
      : goesOn
      ? "Older ones come as you go down."
      : "More words find older ones.";
    if (shown === 0) return rest;
    return length > 0
      ? `The newest ${many(shown)}. ${rest}`
      : `${many(shown)} on this page. ${rest}`;
  }

  /** @param {Hit} hit */
  #go(hit) {
    jump(this.#session, hit);
    find("content").focus();
  }
}

/** @param {number} shown @param {number} count */
function tell(shown, count) {
  if (count > shown) return `The newest ${shown} of ${many(count)}.`;
  return count === 0 ? "No message has all these words." : `${many(count)}.`;
}

/** @param {number} count */
const many = (count) => `${count} message${count === 1 ? "" : "s"}`;

/** Waits. @param {number} ms @param {AbortSignal} signal gives up */
const delay = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason));
    signal.addEventListener("abort", () => clearTimeout(timer));
  });

/** @param {Hit} hit @param {string[]} words @returns {(Node | string)[]} */
function row({ conversation, line, pieces }, words) {
  const { username, name = username, content, time } = line;
  return [
    h(
      "span",
      { class: "where" },
      h("bdi", { class: "name", title: username }, name),
      ...(conversation.kind === "room" ? [" in ", h("bdi", {}, conversation.title)] : []),
      " · ",
      h("time", { dateTime: new Date(time).toISOString() }, when.format(time)),
    ),
    h(
      "span",
      { class: "excerpt", dir: "auto" },
      ...(pieces ?? excerptOf(content, words)).map(({ text, hit }) =>
        hit ? h("mark", {}, text) : text
      ),
    ),
  ];
}
