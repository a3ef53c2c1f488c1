/**
 * Who is in a room, and who is typing there. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../../names.js";

/** Somebody counts as typing for this many milliseconds after the last sign of it. */
const TYPING = 5_000;

/** The people of a room, or the one of a private conversation. */
export class Presence {
  /** @type {Map<string, string>} */
  #people = new Map();
  /** @type {Map<string, { name: string, until: number }>} */
  #writers = new Map();
  /** How many people are in the room; 0 as long as that is not known. */
  count = 0;
  /** Grows whenever somebody came or went. */
  turnover = 0;

  /** Is everybody in the room known by name? Of a big one the server tells only how many. */
  get listed() {
    return this.count > 0 && this.#people.size === this.count;
  }

  /** Names of those who are known to be in the room, sorted. */
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
    // Without names: somebody came or went, and any of those known may have been the one.
    this.#people = new Map(users?.map((name) => [keyOf(name), name]));
    this.count = count;
    this.turnover++;
  }

  /** Takes note that somebody else came or went. @param {string} name @param {boolean} here */
  moved(name, here) {
    const key = keyOf(name);
    if (!this.listed || here !== this.#people.has(key)) this.count += here ? 1 : -1;
    this.turnover++;
    if (here) this.#people.set(key, name);
    else this.#people.delete(key);
    if (!here) this.#writers.delete(key);
  }

  /** Is this person known to be in the room? @param {string} name */
  has(name) {
    return this.#people.has(keyOf(name));
  }

  /** @param {string} name @param {boolean} typing */
  typed(name, typing) {
    if (typing) this.#writers.set(keyOf(name), { name, until: performance.now() + TYPING });
    else this.#writers.delete(keyOf(name));
  }
}
