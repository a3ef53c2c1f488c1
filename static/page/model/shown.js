/**
 * What people are shown as. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../../names.js";

/** Of how many people it is known at most. */
const KNOWN = 5_000;

/** The names of those who show another one than their username. */
export class Shown {
  /** By the key of the username; those that were learnt last come last. @type {Map<string, string>} */
  #names = new Map();

  /** Takes note of it. @param {{ username: string, name?: string }} person */
  learn({ username, name }) {
    if (!name && this.#names.size === 0) return;
    const key = keyOf(username);
    this.#names.delete(key);
    if (name) this.#names.set(key, name);
    if (this.#names.size <= KNOWN) return;
    for (const oldest of this.#names.keys()) return this.#names.delete(oldest);
  }

  /** What somebody is shown as. @param {string} username */
  of(username) {
    return this.#names.size > 0 && this.#names.get(keyOf(username)) || username;
  }
}
