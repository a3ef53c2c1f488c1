/// <reference lib="dom" />
/**
 * What stands on the page for some lines of a conversation: the lines, days, where the unread ones
 * begin, and what is before the first.
 *
 * @module
 */
import { h } from "../dom.js";
import { dawnOf, dayOf, isRun, separator, show, TOGETHER } from "./line.js";

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/lines.js").Line} Line */

/** What is said before the first line of a room, once it is known what was before. */
const STARTS = {
  unknown: "",
  nothing: "This is where the room begins, as far as the server knows",
  lost: "The server has not kept what was said before",
};

/** The elements of lines; each is made once and kept as long as its line is on the page. */
export class Rows {
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map();
  /** @type {Map<string, HTMLElement>} */
  #made = new Map();

  /** Forgets all elements. */
  clear() {
    this.#elements.clear();
  }

  /** The element of what has this order, if it was in the last rows. @param {string} order */
  get(order) {
    return this.#elements.get(order);
  }

  /**
   * The elements for lines from a first one up to a last, in order.
   *
   * @param {Conversation} conversation
   * @param {{ from: number, to: number, me: string, shown: (name: string) => string }} part indexes,
   * the second one exclusive; `me`: the name of whoever looks at them; `shown`: what people are shown as
   */
  arrange({ lines, unsent, held, mark, kind, trouble }, { from, to, ...how }) {
    this.#made = new Map();
    /** @type {HTMLElement[]} */
    const rows = [];
    const troubled = (/** @type {"earlier" | "later"} */ act) =>
      rows.push(this.#row(`${act} ${trouble}`, () => failure(trouble, act)));
    if (from === 0 && trouble && held.start === "unknown") troubled("earlier");
    else if (from === 0 && lines.length > 0) {
      const start = kind === "room" ? STARTS[held.start] : held.start === "unknown" ? TRIMMED : "";
      if (start) rows.push(this.#row(`start ${start}`, () => h("li", { class: "notice" }, start)));
    }
    // A name stands above messages that are near the first of those under it, on the page or not.
    let first = from;
    while (isRun(lines[first], lines[first - 1])) first--;
    let group = lines[first];
    for (let index = first + 1; index <= from; index++) group = groupOf(lines[index], group);
    const marked = mark === "" ? -1 : held.indexOf(mark);
    const shown = to === lines.length
      ? [...lines.slice(from, to), ...unsent]
      : lines.slice(from, to);
    shown.forEach((line, offset) => {
      const above = offset === 0 ? lines[from - 1] : shown[offset - 1];
      const dawn = dawnOf(line.time);
      const isNew = from + offset === marked;
      if (offset > 0) group = isRun(line, above) ? groupOf(line, group) : line;
      if (isNew) group = line;
      const newDay = offset === 0 || !above || dawnOf(above.time) !== dawn;
      if (newDay) {
        const day = dayOf(dawn);
        group = line;
        rows.push(this.#row(`day ${day} ${line.key}`, () => separator("day", day)));
      }
      if (isNew) rows.push(this.#row("mark", () => separator("new", "New")));
      const compact = !newDay && !isNew && group !== line;
      rows.push(this.#line(line, { ...how, compact }));
    });
    if (to === lines.length && trouble && !held.atEnd) troubled("later");
    this.#elements = this.#made;
    return rows;
  }

  /** @param {Line} line @param {import("./line.js").How} how */
  #line(line, how) {
    const moves = line.moves && [...line.moves.values()].flat().length;
    const element = this.#row(
      [line.key, line.state, line.problem, moves, how.compact].join(" "),
      () => {
        const element = show(line, how);
        element.dataset.key = line.key;
        element.dataset.order = line.order;
        element.tabIndex = -1;
        return element;
      },
    );
    this.#made.set(line.order, element);
    return element;
  }

  /** @param {string} key @param {() => HTMLElement} make */
  #row(key, make) {
    const element = this.#elements.get(key) ?? make();
    this.#made.set(key, element);
    return element;
  }
}

/** What is said before the first line of a private conversation that was too long. */
const TRIMMED = "Only the newest private messages are kept in this browser";

/** The first line of the group a line is in, if it comes after one of that group. @param {Line | undefined} line @param {Line | undefined} group */
const groupOf = (line, group) => line && group && line.time - group.time < TOGETHER ? group : line;

/** Why something could not be fetched. @param {string} trouble @param {"earlier" | "later"} act */
const failure = (trouble, act) =>
  h(
    "li",
    { class: "notice" },
    `${trouble}. `,
    h("button", { type: "button", class: "plain", "data-act": act }, "Try again"),
  );
