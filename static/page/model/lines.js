/**
 * The lines of a conversation that are held: a part of its history, in the order of their ids, with
 * no hole that is not told. Knows nothing of the page.
 *
 * @module
 */

/**
 * One line of a conversation.
 *
 * @typedef {object} Line
 * @property {string} key identifies the line within its conversation, even before it has an id
 * @property {string} order lines stand in the order of these: the id; of a note, the `order` of the
 * line before it and something more
 * @property {"chat" | "presence" | "gap" | "error" | "note"} kind
 * @property {string} username
 * @property {string} [name] what is shown in its place
 * @property {string} content
 * @property {number} time milliseconds since the epoch
 * @property {string} [id] the server's; absent while a message is on its way
 * @property {string} [ref] what an own message was sent as
 * @property {"pending" | "failed" | "sent"} [state] own messages only
 * @property {string} [problem] why sending failed, or has not succeeded yet
 * @property {Map<string, boolean[]>} [moves] who came (true) and went (false) in turn, by name
 */

/**
 * A message of the server as a line.
 *
 * @param {import("../../chat.js").ChatMessage} message
 * @returns {Line}
 */
export const toLine = ({ id, username, name, content, timestamp }) => ({
  key: id,
  id,
  order: id,
  kind: "chat",
  username,
  name,
  content,
  time: Date.parse(timestamp),
});

/** How many lines are held at most. */
export const HELD = 1_000;

/** Stands before every id. */
const FIRST = "0".repeat(26);

/** Lines from somewhere in a conversation, up to its end or not. */
export class Lines {
  /** @type {Line[]} */
  #lines = [];
  #orders = new Set();
  /** Order of the newest message that is known to be, held or not. */
  #newest = "";
  /** Order up to which everything has come; what was fetched may be ahead of that. */
  #heard = "";
  /** Numbers the notes. */
  #notes = 0;
  /**
   * What is before the first line: not known yet, nothing, or something that nobody keeps.
   *
   * @type {"unknown" | "nothing" | "lost"}
   */
  start = "unknown";
  /** How often lines were let go at the start, and at the end: what is to be added there has moved. */
  starts = 0;
  ends = 0;

  /** The lines; not to be changed. @returns {readonly Line[]} */
  get all() {
    return this.#lines;
  }

  /** The last one. */
  get last() {
    return this.#lines.at(-1);
  }

  /** Order of the newest message there is, held or not; empty: none is known. */
  get newest() {
    return this.#newest;
  }

  /** Is the newest message there is among them? */
  get atEnd() {
    return (this.last?.order ?? "") >= this.#newest;
  }

  /** Where a line stands, or would stand. @param {string} order */
  indexOf(order) {
    let low = 0;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (/** @type {Line} */ (this.#lines[middle]).order < order) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Takes note that what is to come was said after an id. @param {string} id */
  hearFrom(id) {
    if (id > this.#heard) this.#heard = id;
  }

  /**
   * Takes a line that has just come. Where the end is not held, what comes there is left to be
   * fetched once the reader is near.
   *
   * @param {Line} line
   * @returns {boolean} was it new?
   */
  hear(line) {
    const { order, kind } = line;
    const ahead = kind === "chat" && order > this.#heard;
    if (ahead) this.#heard = order;
    if (this.#orders.has(order)) return ahead;
    const held = this.atEnd || order < (this.last?.order ?? "");
    const isNew = held || order > this.#newest;
    if (kind === "chat" && order > this.#newest) this.#newest = order;
    if (held) this.#insert(line);
    return isNew;
  }

  /** Takes lines that were fetched. @param {Line[]} lines */
  fetch(lines) {
    for (const line of lines) {
      if (this.#orders.has(line.order)) continue;
      this.#insert(line);
      if (line.order > this.#newest) this.#newest = line.order;
    }
  }

  /** Takes lines that had come before. @param {Line[]} lines */
  restore(lines) {
    this.fetch(lines);
    this.#heard = this.#newest;
  }

  /** An order for a note at the end of what is held. */
  after() {
    return `${this.last?.order ?? FIRST}~${String(this.#notes++).padStart(6, "0")}`;
  }

  /** Adds a note, whether or not the end is held. @param {Line} note */
  note(note) {
    this.#insert(note);
  }

  /**
   * Lets lines go until no more than `most` are held: from the end that is farther from the reader.
   *
   * @param {string} [reading] order of a line that is to stay; by default, the last one stays
   * @param {number} [most]
   */
  trim(reading, most = HELD) {
    const excess = this.#lines.length - most;
    if (excess <= 0) return;
    const fromEnd = reading !== undefined && this.indexOf(reading) < this.#lines.length / 2;
    const gone = fromEnd ? this.#lines.splice(most) : this.#lines.splice(0, excess);
    for (const { order } of gone) this.#orders.delete(order);
    if (fromEnd) this.ends++;
    else this.#open();
  }

  /** Takes note that nothing is to be had after the lines that are held, up to an order. @param {string} order */
  settle(order) {
    if (this.#newest <= order) this.#newest = this.#lines.findLast(({ id }) => id)?.order ?? "";
  }

  /** Lets those go that were taken back. @param {(line: Line) => boolean} isGone @returns {Line[]} those */
  remove(isGone) {
    const { atEnd } = this;
    const gone = new Set(this.#lines.filter(isGone));
    for (const { order } of gone) this.#orders.delete(order);
    this.#lines = this.#lines.filter((line) => !gone.has(line));
    if (atEnd) this.settle(this.#newest);
    return [...gone];
  }

  /** Lets all go. */
  clear() {
    this.#lines = [];
    this.#orders.clear();
    this.#open();
    this.ends++;
  }

  /** Begins anew, whatever ids are to come. */
  reset() {
    this.clear();
    this.#newest = "";
    this.#heard = "";
  }

  /** What was before the first line is not known any more. */
  #open() {
    this.start = "unknown";
    this.starts++;
  }

  /** @param {Line} line */
  #insert(line) {
    this.#orders.add(line.order);
    const { last } = this;
    if (!last || last.order < line.order) this.#lines.push(line);
    else this.#lines.splice(this.indexOf(line.order), 0, line);
  }
}
