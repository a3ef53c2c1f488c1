/// <reference lib="dom" />
/**
 * What was said in one room, or with one person, and who is there. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../names.js";

/** How many lines a conversation holds; beyond that, the oldest go. */
export const HELD = 1_000;

/** Somebody counts as typing for this many milliseconds after the last sign of it. */
const TYPING = 5_000;

/**
 * One line of a conversation.
 *
 * @typedef {object} Line
 * @property {string} key identifies the line within its conversation, even before it has an id
 * @property {"chat" | "join" | "leave" | "gap" | "error"} kind
 * @property {string} username
 * @property {string} content
 * @property {number} time milliseconds since the epoch
 * @property {string} [id] the server's; absent while a message is on its way
 * @property {"pending" | "failed" | "sent"} [state] own messages only
 * @property {string} [problem] why sending failed
 * @property {string[]} [names] everybody who joined or left, when the line stands for several
 */

/** A key that nothing else has. (`crypto.randomUUID` exists on https pages only.) */
export function token() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}

/** A room, or a private conversation with one person. */
export class Conversation {
  /** @type {Set<string>} */
  #ids = new Set();
  /** @type {Map<string, string>} */
  #people = new Map();
  #count = 0;
  /** Id of the newest message when the room was entered. */
  #entered = "";
  /** @type {Map<string, { name: string, until: number }>} */
  #writers = new Map();
  /**
   * What the server has accepted, in its order.
   *
   * @type {Line[]}
   */
  lines = [];
  /**
   * Own messages that are on their way or have failed, in the order they were written.
   *
   * @type {Line[]}
   */
  unsent = [];
  /** Number of the first line. A line keeps its number when others come before it, or go. */
  first = 0;
  /** Number of the line that was the first unread one when the conversation was opened. */
  mark = Infinity;
  /** Chat messages not yet seen. */
  unread = 0;
  /** Has the server nothing older than the first line? */
  complete = false;
  /** What is in the message box and not sent yet. */
  draft = "";

  /**
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  constructor(kind, name) {
    this.kind = kind;
    this.name = name;
    this.key = `${kind}:${keyOf(name)}`;
    this.title = kind === "room" ? `#${name}` : name;
  }

  /** Number after that of the last line. */
  get end() {
    return this.first + this.lines.length;
  }

  /** Names of the people in the room, sorted; empty when it is too big for the server to list. */
  get people() {
    return [...this.#people.values()].sort((a, b) => a.localeCompare(b));
  }

  /** How many people are in the room. */
  get count() {
    return this.#count;
  }

  /** Names of the people who are typing now. */
  get writers() {
    const now = performance.now();
    return [...this.#writers.values()].filter(({ until }) => until > now).map(({ name }) => name);
  }

  /**
   * Appends a line, unless it is already there; says whether it did.
   *
   * @param {Line} line
   */
  add(line) {
    if (line.id) {
      if (this.#ids.has(line.id)) return false;
      this.#ids.add(line.id);
    }
    this.lines.push(line);
    while (this.lines.length > HELD) {
      const gone = this.lines.shift();
      if (gone?.id) this.#ids.delete(gone.id);
      this.first++;
      this.complete = false;
    }
    return true;
  }

  /**
   * Appends a line that is not from the server's log.
   *
   * @param {"gap" | "error"} kind
   * @param {string} [content]
   */
  note(kind, content = "") {
    this.add({ key: token(), kind, username: "", content, time: Date.now() });
  }

  /**
   * Puts older lines, oldest first, before those that are there. Any others are passed over: they
   * come, or came, with the live messages.
   *
   * @param {Line[]} lines
   */
  prepend(lines) {
    const oldest = this.lines.find(({ id }) => id)?.id;
    const older = lines.filter(({ id }) => id && (!oldest || id < oldest));
    older.splice(0, this.lines.length + older.length - HELD);
    for (const { id } of older) this.#ids.add(/** @type {string} */ (id));
    this.lines.unshift(...older);
    this.first -= older.length;
  }

  /**
   * Takes a message out of the unsent ones.
   *
   * @param {string} key
   */
  settle(key) {
    this.unsent = this.unsent.filter((line) => line.key !== key);
  }

  /** Takes note that everything has been seen, and marks where the unread lines began. */
  read() {
    if (this.unread === 0) return;
    let number = this.end;
    for (let left = this.unread; left > 0 && number > this.first; number--) {
      if (this.lines[number - 1 - this.first]?.kind === "chat") left--;
    }
    this.mark = number;
    this.unread = 0;
  }

  /**
   * Takes note of who is in the room or, for a big room, of how many.
   *
   * @param {import("../chat.js").RoomMessage} room
   */
  present({ users, count, head, at, resumed }) {
    if (users) this.#people = new Map(users.map((name) => [keyOf(name), name]));
    else if (count !== this.#count) this.#people.clear();
    this.#count = count;
    if (resumed === undefined) this.#entered ||= head ?? at ?? "";
    // What follows was said since, whatever its ids: the server may have been started again.
    else if (!resumed) this.#entered = "";
  }

  /**
   * Was it said before the room was entered?
   *
   * @param {Line} line
   */
  isHistory({ id }) {
    return id !== undefined && id <= this.#entered;
  }

  /**
   * @param {string} name
   * @param {boolean} here
   */
  arrived(name, here) {
    if (here) this.#people.set(keyOf(name), name);
    else this.#people.delete(keyOf(name));
    this.#count = this.#people.size;
    if (!here) this.#writers.delete(keyOf(name));
  }

  /**
   * Is this person in the room?
   *
   * @param {string} name
   */
  has(name) {
    return this.#people.has(keyOf(name));
  }

  /**
   * @param {string} name
   * @param {boolean} typing
   */
  typed(name, typing) {
    if (typing) this.#writers.set(keyOf(name), { name, until: performance.now() + TYPING });
    else this.#writers.delete(keyOf(name));
  }
}
