/// <reference lib="dom" />
/**
 * Keys that work wherever the focus is, and the dialogs that they and a few buttons open.
 *
 * @module
 */
import { Ahead } from "./ahead.js";
import { find } from "../dom.js";
import { beside, isMac, wishOf } from "./keyboard.js";
import { later } from "../later.js";
import { recall } from "../memory.js";

/** @typedef {import("./keyboard.js").Wish} Wish */

/** Here a key means something else. */
const OTHERS = "dialog[open], :popover-open";

/** How much of the messages in view a page up or down moves them. */
const PAGE = .9;

/** A dialog. @typedef {{ open(): void }} Tool */

/** The dialogs: which button opens it, and where it comes from. */
const TOOLS = {
  finder: { button: "browse-open", load: async () => (await later.finder()).Finder },
  search: { button: "search-open", load: async () => (await later.search()).Search },
  help: { button: "help-open", load: async () => (await later.help()).Help },
};

/** The keys of the whole page. */
export class Keys {
  #session;
  #newest;
  #signal;
  #box = find("content");
  #mac = isMac();
  /** @type {Map<string, Tool>} */
  #tools = new Map();
  /** What is typed for the dialog that was asked for last. @type {Ahead | undefined} */
  #ahead;

  /**
   * @param {import("../model/session.js").Session} session
   * @param {() => void} newest goes to the newest line
   * @param {AbortSignal} signal ends it
   */
  constructor(session, newest, signal) {
    this.#session = session;
    this.#newest = newest;
    this.#signal = signal;
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    for (const [name, { button }] of Object.entries(TOOLS)) {
      const open = () => this.#open(/** @type {keyof TOOLS} */ (name));
      find(button).addEventListener("click", open, { signal });
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented) return;
    const wish = wishOf(event, { mac: this.#mac, place: this.#place(event.target) });
    if (!wish) return;
    const plain = wish === "write" || event.key === "?";
    if (plain && recall("keys") === "off") return;
    if ((plain || !(wish in TOOLS)) && document.querySelector(OTHERS)) return;
    // What is written goes to the box, which is about to have the focus.
    if (wish !== "write") event.preventDefault();
    this.#obey(wish);
  }

  /** @param {EventTarget | null} target @returns {import("./keyboard.js").Place} */
  #place(target) {
    if (target === this.#box) return "box";
    const isField = target instanceof Element &&
      target.closest("input, textarea, select, [contenteditable]");
    return isField ? "field" : "page";
  }

  /** @param {Wish} wish */
  #obey(wish) {
    switch (wish) {
      case "finder":
      case "search":
      case "help":
        return this.#open(wish);
      case "write":
        return this.#box.focus();
      case "newest":
        this.#newest();
        return this.#box.focus();
      case "page up":
        return this.#scroll(-PAGE);
      case "page down":
        return this.#scroll(PAGE);
      default:
        this.#walk(wish.startsWith("next") ? 1 : -1, wish.endsWith("unread"));
    }
  }

  /** @param {number} pages */
  #scroll(pages) {
    const timeline = find("timeline");
    timeline.scrollBy({ top: pages * timeline.clientHeight });
  }

  /** Goes to another conversation, in the order of the lists. @param {1 | -1} direction @param {boolean} unread */
  #walk(direction, unread) {
    const { conversations, current } = this.#session;
    const all = [...conversations.rooms, ...conversations.people];
    const next = beside(all, current, direction, (each) => !unread || each.unread > 0);
    if (next) this.#session.open(next.kind, next.name);
    this.#box.focus();
  }

  /** @param {keyof TOOLS} name */
  async #open(name) {
    for (const panel of [find("sidebar"), find("people")]) panel.hidePopover();
    this.#ahead?.end();
    const known = this.#tools.get(name);
    if (known) return known.open();
    const ahead = this.#ahead = new Ahead(this.#signal);
    try {
      const Tool = await TOOLS[name].load();
      if (this.#signal.aborted || ahead.ended) return;
      const tool = new Tool(this.#session, this.#signal);
      this.#tools.set(name, tool);
      tool.open();
      ahead.write();
    } catch {
      this.#session.current.note("error", `Cannot load the ${name}: the server cannot be reached`);
      this.#session.look();
    } finally {
      ahead.end();
    }
  }
}
