/// <reference lib="dom" />
/**
 * A long list on a page that holds little of it.
 *
 * @module
 */
import { arrange } from "../dom.js";

/** @typedef {[names: readonly string[], ...rest: number[]]} Drawn Names, and what decides which of them are on the page. */

/** How many rows are on the page beyond each edge of what is in view. */
const BEYOND = 10;

/** A list of names of which only the rows in view, and a few around them, are on the page. */
export class Roll {
  #scroller;
  #list;
  #make;
  /** What was drawn. @type {Drawn} */
  #drawn = [[]];
  /** Rows on the page, by name. They are kept, and with them the focus. @type {Map<string, HTMLElement>} */
  #elements = new Map();
  // Measured as they change: to ask for them while drawing would have the browser lay out twice.
  #height = 0;
  #rowHeight = 38;
  #top = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list in the scroller
   * @param {(name: string) => HTMLElement} make makes a row; all have one height
   * @param {() => void} moved called when it was scrolled, or has another size
   * @param {AbortSignal} signal ends it
   */
  constructor(scroller, list, make, moved, signal) {
    this.#scroller = scroller;
    this.#list = list;
    this.#make = make;
    scroller.addEventListener("scroll", () => {
      if (scroller.scrollTop === this.#top) return;
      this.#top = scroller.scrollTop;
      moved();
    }, { signal, passive: true });
    const observer = new ResizeObserver(() => {
      this.#height = scroller.clientHeight;
      this.#rowHeight = list.firstElementChild?.getBoundingClientRect().height || this.#rowHeight;
      moved();
    });
    observer.observe(scroller);
    observer.observe(list);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      list.replaceChildren();
    });
  }

  /** Can the list be seen? */
  get inView() {
    return this.#height > 0;
  }

  /** Number after the last row that belongs on the page. */
  get end() {
    return this.#start + this.#most;
  }

  /** Number of the first row that belongs on the page. */
  get #start() {
    return Math.max(0, Math.floor(this.#top / this.#rowHeight) - BEYOND);
  }

  /** How many rows belong on the page. */
  get #most() {
    return Math.ceil(this.#height / this.#rowHeight) + 2 * BEYOND;
  }

  /** Scrolls to the first row. */
  rewind() {
    this.#scroller.scrollTop = this.#top = 0;
  }

  /**
   * Shows names. The one at the top stays there, though others have come or gone above it.
   *
   * @param {readonly string[]} names a new array where they have changed
   * @param {number} total how many there are, with those whose names are not known
   */
  show(names, total) {
    const held = this.#hold(names);
    const start = Math.max(0, Math.min(this.#start, names.length - this.#most));
    /** @type {Drawn} */
    const drawn = [names, total, start, this.#most, this.#rowHeight];
    if (drawn.every((part, index) => part === this.#drawn[index])) return;
    this.#drawn = drawn;
    const shown = names.slice(start, start + this.#most);
    this.#elements = new Map(shown.map((name, index) => {
      const element = this.#elements.get(name) ?? this.#make(name);
      element.setAttribute("aria-posinset", String(start + index + 1));
      element.setAttribute("aria-setsize", String(total));
      return [name, element];
    }));
    arrange(this.#list, [...this.#elements.values()]);
    const { style } = this.#list;
    style.paddingTop = `${start * this.#rowHeight}px`;
    style.paddingBottom = `${(names.length - start - shown.length) * this.#rowHeight}px`;
    if (held) this.#scroller.scrollTop = this.#top;
  }

  /** Has the name at the top stay there. Does that need scrolling? @param {readonly string[]} names */
  #hold(names) {
    const top = Math.floor(this.#top / this.#rowHeight);
    const [known] = this.#drawn;
    const place = top > 0 && known !== names ? names.indexOf(known[top] ?? "") : -1;
    if (place < 0) return false;
    this.#top += (place - top) * this.#rowHeight;
    return place !== top;
  }
}
