/// <reference lib="dom" />
/**
 * What was said in one room, or with one person, and who is there. No element of the page in here.
 *
 * @module
 */

/** Lines held per conversation; the oldest go. */
export const HELD = 1_000;

/** Milliseconds after which somebody who typed is no longer typing. */
const TYPING = 5_000;

/**
 * One line of a conversation.
 *
 * @typedef {object} Line
 * @property {string} key names the line within its conversation, also while it has no id
 * @property {"chat" | "join" | "leave" | "gap" | "error"} kind
 * @property {string} username
 * @property {string} content
 * @property {number} time milliseconds since the epoch
 * @property {string} [id] the server's; absent while a message is on its way
 * @property {"pending" | "failed" | "sent"} [state] own messages only
 * @property {string} [problem] why it failed
 * @property {string[]} [names] who joined or left, when several did one after the other
 */

/**
 * Names that differ only in case are the same person.
 *
 * @param {string} name
 */
export const fold = (name) => name.toLowerCase();

/** A name for a line that nothing else has; works on pages without https too. */
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
  /** Id of the newest message at the time one entered. */
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
   * Own messages on their way or failed, in the order they were written.
   *
   * @type {Line[]}
   */
  unsent = [];
  /** Number of the first line; a line keeps its number when others come before it or go. */
  first = 0;
  /** Number of the first line that was new when the conversation was opened. */
  mark = Infinity;
  /** Chat messages not yet seen. */
  unread = 0;
  /** Does the server hold nothing older? */
  complete = false;
  /** What is written and not yet sent. */
  draft = "";

  /**
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  constructor(kind, name) {
    this.kind = kind;
    this.name = name;
    this.key = `${kind}:${fold(name)}`;
    this.title = kind === "room" ? `#${name}` : name;
  }

  /** Number after the last line's. */
  get end() {
    return this.first + this.lines.length;
  }

  /** Names of the people in the room, sorted; none when the room is too big to tell them. */
  get people() {
    return [...this.#people.values()].sort((a, b) => a.localeCompare(b));
  }

  /** How many people are in the room. */
  get count() {
    return this.#count;
  }

  /** Names of those who are typing now. */
  get writers() {
    const now = Date.now();
    return [...this.#writers.values()].filter(({ until }) => until > now).map(({ name }) => name);
  }

  /**
   * Appends a line; false when it is already there.
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
   * Appends a line that is not of the server's log.
   *
   * @param {"gap" | "error"} kind
   * @param {string} [content]
   */
  note(kind, content = "") {
    this.add({ key: token(), kind, username: "", content, time: Date.now() });
  }

  /**
   * Puts older lines, oldest first, before the ones that are there.
   *
   * @param {Line[]} lines
   */
  prepend(lines) {
    const older = lines.filter(({ id }) => id && !this.#ids.has(id));
    older.splice(0, this.lines.length + older.length - HELD);
    for (const { id } of older) this.#ids.add(/** @type {string} */ (id));
    this.lines.unshift(...older);
    this.first -= older.length;
  }

  /**
   * Takes an own message out of the unsent ones.
   *
   * @param {string} key
   */
  settle(key) {
    this.unsent = this.unsent.filter((line) => line.key !== key);
  }

  /** Everything up to now has been seen; what was new is marked as such from here on. */
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
   * Who is in the room: all of them, or for a big room only how many.
   *
   * @param {import("../chat.js").RoomMessage} room
   */
  present({ users, count, head, resumed }) {
    if (users) this.#people = new Map(users.map((name) => [fold(name), name]));
    else if (count !== this.#count) this.#people.clear();
    this.#count = count;
    if (resumed === undefined && head) this.#entered ||= head;
  }

  /**
   * Was it said before one entered the room?
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
    if (here) this.#people.set(fold(name), name);
    else this.#people.delete(fold(name));
    this.#count = this.#people.size;
    if (!here) this.#writers.delete(fold(name));
  }

  /**
   * Is this person in the room?
   *
   * @param {string} name
   */
  has(name) {
    return this.#people.has(fold(name));
  }

  /**
   * @param {string} name
   * @param {boolean} typing
   */
  typed(name, typing) {
    if (typing) this.#writers.set(fold(name), { name, until: Date.now() + TYPING });
    else this.#writers.delete(fold(name));
  }
}
