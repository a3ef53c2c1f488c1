/**
 * Who is in a room, and who is typing there. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../names.js";

/** Somebody counts as typing for this many milliseconds after the last sign of it. */
const TYPING = 5_000;

/** The people of a room, or the one of a private conversation. */
export class Presence {
  /** @type {Map<string, string>} */
  #people = new Map();
  /** @type {Map<string, { name: string, until: number }>} */
  #writers = new Map();
  /** How many people are in the room. */
  count = 0;

  /** Names of the people in the room, sorted; not all when it is too big for the server to list. */
  get people() {
    return [...this.#people.values()].sort((a, b) => a.localeCompare(b));
  }

  /** Names of the people who are typing now. */
  get writers() {
    const now = performance.now();
    return [...this.#writers.values()].filter(({ until }) => until > now).map(({ name }) => name);
  }

  /**
   * Takes note of who is in the room or, for a big room, of how many.
   *
   * @param {{ users?: string[], count: number }} room
   */
  present({ users, count }) {
    if (users) this.#people = new Map(users.map((name) => [keyOf(name), name]));
    this.count = count;
  }

  /** @param {string} name @param {boolean} here */
  moved(name, here) {
    const key = keyOf(name);
    if (here !== this.#people.has(key)) this.count += here ? 1 : -1;
    if (here) this.#people.set(key, name);
    else this.#people.delete(key);
    if (!here) this.#writers.delete(key);
  }

  /** Is this person in the room, as far as is known? @param {string} name */
  has(name) {
    return this.#people.has(keyOf(name));
  }

  /** @param {string} name @param {boolean} typing */
  typed(name, typing) {
    if (typing) this.#writers.set(keyOf(name), { name, until: performance.now() + TYPING });
    else this.#writers.delete(keyOf(name));
  }
}
