/// <reference lib="dom" />
/**
 * The messages of the current conversation, on screen.
 *
 * @module
 */
import { arrange, find, write } from "../dom.js";
import { Rows } from "./rows.js";

/** @typedef {import("../model/lines.js").Line} Line */
/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/session.js").Session} Session */

/** The most lines on the page at one time; the rest are held in memory, or by the server. */
const SHOWN = 200;

/** How close to the end, in pixels, counts as being there. */
const NEAR = 48;

/** Milliseconds after which somebody who scrolled has stopped. */
const STILL = 200;

/** How many lines that were read before stand above the first unread one. */
const ABOVE = 20;

/**
 * A window of at most `SHOWN` lines onto a conversation. It follows the newest line while the reader
 * is at the end, and stays where it is while they read back.
 */
export class Timeline {
  #session;
  #scroller = find("timeline");
  #list = find("lines");
  #button = find("newer");
  #rows = new Rows();
  /** @type {Conversation | undefined} */
  #conversation;
  /** Order of the first line on the page, unless the page follows the newest one. */
  #top = "";
  /** The mark that was gone to, or seen, last. */
  #mark = "";
  /** Is the newest line on the page? */
  #toEnd = true;
  /** How far it was scrolled when that was last looked at, or done here. */
  #at = 0;
  /** Looks again once the reader has stopped. @type {ReturnType<typeof setTimeout> | undefined} */
  #stopping;

  /** @param {Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    this.#scroller.addEventListener("keydown", (event) => this.#step(event), { signal });
    this.#button.addEventListener("click", () => this.newest(), { signal });
    this.#list.addEventListener("click", (event) => this.#act(event), { signal });
    const observer = new ResizeObserver(() => this.#stay());
    for (const element of [this.#scroller, this.#list]) observer.observe(element);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      clearTimeout(this.#stopping);
    });
  }

  /** Goes to the newest line. */
  async newest() {
    // The button is about to be hidden, which would drop the focus.
    if (document.activeElement === this.#button) find("content").focus();
    const { current, archive } = this.#session;
    await archive.newest(current);
    current.reading = undefined;
    this.render();
  }

  /** Brings the page up to date; called at most once per animation frame. */
  render() {
    const { current, name, conversations } = this.#session;
    const shown = (/** @type {string} */ username) => conversations.shown(username);
    if (current !== this.#conversation) this.#turn(current);
    const goal = this.#goal(current);
    const { lines, held } = current;
    const end = Math.max(0, lines.length - SHOWN);
    const from = current.reading ? Math.min(held.indexOf(this.#top), end) : end;
    const to = Math.min(from + SHOWN, lines.length);
    arrange(this.#list, this.#rows.arrange(current, { from, to, me: name, shown }));
    this.#top = lines[from]?.order ?? "";
    this.#toEnd = to === lines.length && held.atEnd;
    if (goal) this.#reveal(goal);
    this.#stay();
    this.#explain(current);
    this.#count(current);
    this.#fill(current);
  }

  /** Turns to a conversation, at the place where the reader was. @param {Conversation} conversation */
  #turn(conversation) {
    this.#conversation = conversation;
    this.#rows.clear();
    this.#mark = "";
    const { reading, title } = conversation;
    if (reading) this.#top = before(conversation, reading.order, SHOWN / 2);
    this.#scroller.setAttribute("aria-label", `Messages in ${title}`);
  }

  /**
   * Where to go, if somewhere else than one is: to a line that was asked for, or to the first unread
   * one, unless the reader is busy elsewhere.
   *
   * @param {Conversation} conversation
   * @returns {{ order: string, wanted: boolean } | undefined}
   */
  #goal(conversation) {
    const { wanted, mark } = conversation;
    const unread = mark !== this.#mark && !conversation.reading ? mark : "";
    this.#mark = mark;
    conversation.wanted = undefined;
    const order = wanted ?? unread;
    if (!order) return;
    conversation.reading = { order, bottom: 0 };
    this.#top = before(conversation, order, wanted ? SHOWN / 2 : ABOVE);
    return { order, wanted: wanted !== undefined };
  }

  /** Brings a line into view. @param {{ order: string, wanted: boolean }} goal */
  #reveal({ order, wanted }) {
    const line = this.#rows.get(order);
    if (wanted) {
      line?.focus();
      line?.classList.add("found");
      line?.scrollIntoView({ block: "center" });
    } else (this.#rows.get("mark") ?? line)?.scrollIntoView({ block: "start" });
    this.#look();
  }

  /**
   * Takes note of where the reader is. On their way up they have left the end, however near it is:
   * browsers scroll in small steps, and would not get far if each message went to the end.
   */
  #look() {
    const { scrollTop, clientHeight } = this.#scroller;
    const below = this.#below;
    const near = this.#toEnd && below < NEAR;
    const up = scrollTop < this.#at && below >= 1;
    this.#at = scrollTop;
    this.#session.current.reading = near && !up ? undefined : this.#anchor();
    clearTimeout(this.#stopping);
    if (near && up) this.#stopping = setTimeout(() => this.#scrolled(), STILL);
    return { above: scrollTop, below, height: clientHeight };
  }

  /**
   * The first line in view, and where it ends. Its end, because a line that gets another one above
   * it may lose its name and grow shorter at the top.
   */
  #anchor() {
    const { top } = this.#scroller.getBoundingClientRect();
    const { children } = this.#list;
    const endOf = (/** @type {number} */ index) =>
      /** @type {Element} */ (children[index]).getBoundingClientRect().bottom - top;
    let low = 0;
    let high = children.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endOf(middle) <= 0) low = middle + 1;
      else high = middle;
    }
    for (let index = low; index < children.length; index++) {
      const { order } = /** @type {HTMLElement} */ (children[index]).dataset;
      if (order !== undefined) return { order, bottom: endOf(index) };
    }
  }

  /** Scrolls to the end, or so that the reader's line is where it was, whatever has come or gone. */
  #stay() {
    const { reading } = this.#session.current;
    const by = reading ? this.#moved(reading) : this.#below;
    // Whatever is written here, even what it was, ends the way to where the reader scrolls.
    if (Math.abs(by) >= 1) this.#scroller.scrollTop += by;
    this.#at = this.#scroller.scrollTop;
  }

  /** By how many pixels the reader's line has moved. @param {{ order: string, bottom: number }} reading */
  #moved({ order, bottom }) {
    const line = this.#rows.get(order);
    if (!line) return 0;
    return line.getBoundingClientRect().bottom - this.#scroller.getBoundingClientRect().top -
      bottom;
  }

  /** How many pixels are below what is in view. */
  get #below() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  /** Says why there is nothing, where there is nothing. @param {Conversation} conversation */
  #explain({ kind, title, lines, unsent, ready, trouble, held }) {
    find("empty").hidden = lines.length + unsent.length > 0 || trouble !== "";
    const { state } = this.#session.connection;
    const known = ready && held.start !== "unknown";
    write(
      find("empty-words"),
      kind === "person"
        ? `Nothing has been said here yet. What is said stays between you and ${title}.`
        : known
        ? "Nothing has been said here yet. Say hello."
        : state === "online" || state === "connecting"
        ? "Loading…"
        : "",
    );
  }

  /** Fetches more where there is nothing to scroll through. @param {Conversation} conversation */
  #fill(conversation) {
    const { ready, trouble } = conversation;
    const { scrollHeight, clientHeight } = this.#scroller;
    if (!ready || trouble || scrollHeight > clientHeight) return;
    this.#session.archive.earlier(conversation);
  }

  async #scrolled() {
    const { current, archive } = this.#session;
    if (current !== this.#conversation) return;
    const { above, below, height } = this.#look();
    const first = current.held.indexOf(this.#top);
    if (current.reading && above < height) {
      if (first === 0) await archive.earlier(current);
      this.#shift(current);
    } else if (!this.#toEnd && below < height) {
      if (first + SHOWN >= current.lines.length) await archive.later(current);
      this.#shift(current);
    } else this.#count(current);
  }

  /** Moves the window to where the reader is by now, unless they have turned to something else. @param {Conversation} conversation */
  #shift(conversation) {
    if (conversation !== this.#session.current) return;
    const { reading } = conversation;
    if (reading) this.#top = before(conversation, reading.order, SHOWN / 2);
    this.render();
  }

  /** Says how much has come since the reader left the end. @param {Conversation} conversation */
  #count(conversation) {
    conversation.follow();
    const { reading, news } = conversation;
    this.#button.hidden = !reading;
    const words = news === 0 ? "Newest messages" : `${news} new message${news === 1 ? "" : "s"}`;
    write(/** @type {Element} */ (this.#button.firstElementChild), words);
  }

  /** With the arrow keys one goes from line to line. @param {KeyboardEvent} event */
  #step(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const lines = [
      .../** @type {NodeListOf<HTMLElement>} */ (
        this.#list.querySelectorAll(":scope > [data-order]")
      ),
    ];
    const at = lines.findIndex((line) => line === document.activeElement);
    const next = at < 0 ? lines.at(-1) : lines[at + step];
    if (event.target instanceof HTMLButtonElement || !next) return;
    event.preventDefault();
    next.focus();
  }

  /** Sends a failed message again, or discards it; or fetches what could not be. @param {Event} event */
  #act({ target }) {
    const { current, archive } = this.#session;
    const button = target instanceof Element ? target.closest("button") : null;
    const { act } = button?.dataset ?? {};
    if (act === "earlier" || act === "later") archive[act](current);
    const key = button?.closest("li")?.dataset.key;
    const line = current.unsent.find((line) => line.key === key);
    if (!act || !line) return;
    find("content").focus();
    if (act === "retry") this.#session.retry(line);
    else this.#session.discard(line);
  }
}

/** The order of the line that is some lines before another. @param {Conversation} conversation @param {string} order @param {number} count */
const before = ({ held, lines }, order, count) =>
  lines[Math.max(0, held.indexOf(order) - count)]?.order ?? "";
