/// <reference lib="dom" />
/**
 * The messages of the current conversation, on screen.
 *
 * @module
 */
import { arrange, find, write } from "./dom.js";
import { dayOf, follows, separator, show } from "./line.js";

/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./session.js").Session} Session */

/** The most lines on the page at one time; the rest are held in memory only. */
const SHOWN = 200;

/** How close to an edge, in pixels, counts as being there. */
const NEAR = 48;

/**
 * A window of at most `SHOWN` lines onto a conversation. It follows the newest line while
 * the reader is at the bottom, and stays where it is while they read back.
 */
export class Timeline {
  #session;
  #scroller = find("timeline");
  #list = find("lines");
  #button = find("newer");
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map();
  /** @type {Conversation | undefined} */
  #conversation;
  /** Number of the first line on the page. */
  #from = 0;
  /** Did the newest line fit on the page when it was last drawn? More may have come since. */
  #reachesEnd = true;
  /** Is the reader at the bottom, so that new lines should come into view? */
  #following = true;
  /** Number after the last line that came into view that way. */
  #seen = 0;

  /** @param {Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    this.#button.addEventListener("click", () => this.newest(), { signal });
    this.#list.addEventListener("click", (event) => this.#act(event), { signal });
    const observer = new ResizeObserver(() => this.#stick());
    observer.observe(this.#scroller);
    signal.addEventListener("abort", () => observer.disconnect());
  }

  /** Goes to the newest line. */
  newest() {
    // The button is about to be hidden, which would drop the focus.
    if (document.activeElement === this.#button) find("content").focus();
    this.#following = true;
    this.render();
  }

  /** Brings the page up to date; called at most once per animation frame. */
  render() {
    const { current } = this.#session;
    if (current !== this.#conversation) {
      this.#conversation = current;
      this.#elements.clear();
      this.#following = true;
      this.#scroller.setAttribute("aria-label", `Messages in ${current.title}`);
    }
    const latest = Math.max(current.first, current.end - SHOWN);
    this.#from = this.#following ? latest : Math.max(current.first, Math.min(this.#from, latest));
    this.#reachesEnd = this.#from === latest;
    const anchor = this.#following ? undefined : this.#anchor();
    arrange(this.#list, this.#rows(current));
    if (anchor) this.#hold(anchor);
    this.#stick();
    this.#count(current);
    this.#fill(current);
  }

  /** @param {Conversation} conversation */
  #rows({ lines, unsent, first, mark }) {
    const start = this.#from - first;
    const shown = lines.slice(start, start + SHOWN);
    if (this.#reachesEnd) shown.push(...unsent);
    /** @type {HTMLElement[]} */
    const rows = [];
    const elements = new Map();
    /** @param {string} key @param {() => HTMLElement} make */
    const row = (key, make) => {
      const element = this.#elements.get(key) ?? make();
      elements.set(key, element);
      rows.push(element);
    };
    shown.forEach((line, index) => {
      const above = index === 0 ? lines[start - 1] : shown[index - 1];
      const day = dayOf(line.time);
      const newDay = index === 0 || dayOf(/** @type {Line} */ (above).time) !== day;
      const marked = this.#from + index === mark;
      const compact = !newDay && !marked && follows(line, above);
      if (newDay) row(`day ${day} ${line.key}`, () => separator("day", day));
      if (marked) row("mark", () => separator("new", "New"));
      const key = [line.key, line.state, line.names?.length, compact].join(" ");
      row(key, () => {
        const element = show(line, { me: this.#session.name, compact });
        element.dataset.key = line.key;
        return element;
      });
    });
    this.#elements = elements;
    find("empty").hidden = rows.length > 0;
    return rows;
  }

  /**
   * The first line in view, and where it ends. Its end, because a line that gets another one above
   * it may lose its name and grow shorter at the top.
   *
   * @returns {{ key: string, bottom: number } | undefined}
   */
  #anchor() {
    const { top } = this.#scroller.getBoundingClientRect();
    for (const element of this.#list.children) {
      const { key } = /** @type {HTMLElement} */ (element).dataset;
      const { bottom } = element.getBoundingClientRect();
      if (key !== undefined && bottom > top) return { key, bottom };
    }
  }

  /**
   * Scrolls so that a line is where it was, though others have come or gone above it. It is looked
   * up by its key: the line may have a new element by now.
   *
   * @param {{ key: string, bottom: number }} anchor
   */
  #hold({ key, bottom }) {
    for (const element of this.#list.children) {
      if (/** @type {HTMLElement} */ (element).dataset.key !== key) continue;
      this.#scroller.scrollTop += element.getBoundingClientRect().bottom - bottom;
      return;
    }
  }

  #stick() {
    if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Asks for older lines where there is nothing to scroll back through. @param {Conversation} conversation */
  #fill({ lines }) {
    const { scrollHeight, clientHeight } = this.#scroller;
    const online = this.#session.connection.state === "online";
    if (online && lines.length > 0 && scrollHeight <= clientHeight) this.#session.earlier();
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    this.#following = this.#reachesEnd && below < NEAR;
    if (!this.#following && scrollTop < NEAR) return this.#back(this.#session.current);
    if (!this.#reachesEnd && below < NEAR) this.#from += SHOWN / 2;
    this.render();
  }

  /** Shows older lines, from memory or else from the server. @param {Conversation} conversation */
  async #back(conversation) {
    if (this.#from === conversation.first) await this.#session.earlier();
    if (conversation !== this.#session.current) return;
    this.#from = Math.max(conversation.first, this.#from - SHOWN / 2);
    this.render();
  }

  /** Says how much has come since the reader left the bottom. @param {Conversation} conversation */
  #count({ lines, first, end }) {
    if (this.#following) this.#seen = end;
    const news = lines.slice(Math.max(0, this.#seen - first))
      .filter(({ kind }) => kind === "chat").length;
    this.#button.hidden = this.#following;
    const text = news === 0 ? "Newest messages" : `${news} new message${news === 1 ? "" : "s"}`;
    write(/** @type {Element} */ (this.#button.firstElementChild), text);
  }

  /** Sends a failed message again, or discards it. @param {Event} event */
  #act({ target }) {
    if (!(target instanceof HTMLElement)) return;
    const { act } = target.dataset;
    const key = target.closest("li")?.dataset.key;
    const line = this.#session.current.unsent.find((line) => line.key === key);
    if (!act || !line) return;
    find("content").focus();
    if (act === "retry") this.#session.retry(line);
    else this.#session.discard(line);
  }
}
