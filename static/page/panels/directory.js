/// <reference lib="dom" />
/**
 * The people in a room that is too big for the server to name each who comes and goes. Knows nothing
 * of the page.
 *
 * @module
 */
import { listPeople } from "../server.js";

/** How many names are asked for at a time, at least and at most. */
const LEAST = 200;
const MOST = 1_000;

/** How many names are held: beyond that, no more are asked for. */
const HELD = 10_000;

/** Milliseconds between two times that the list is fetched again, and after a failure. */
const PAUSE = 5_000;

/** Milliseconds to wait after a failure at most, unless the server wants more. */
const PATIENCE = 30_000;

/**
 * When somebody comes, all in the room want to see the list again. Each waits a random time, of up to
 * so many milliseconds for each of them; then all together ask 50 times a second, however many there
 * are.
 */
const SPREAD = 20;

/**
 * Names of the people in one room, in the server's order: as many as were wanted. They are fetched
 * again, as many as there are, after somebody came or went.
 */
export class Directory {
  #room;
  #changed;
  #list;
  #random;
  /** After which name it goes on. @type {string | undefined} */
  #next = "";
  /** Of which state of the room the names are. */
  #turnover = -1;
  /** When they are to be fetched again, by `performance.now()`. @type {number | undefined} */
  #renewal = 0;
  /** When they were fetched. */
  #fetched = 0;
  /** Before that nothing is asked for. */
  #pause = 0;
  #failures = 0;
  #ending = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** A new array whenever they change. @type {readonly string[]} */
  names = [];
  /** Are names under way? */
  loading = false;
  /** Why they could not be fetched the last time, if so. */
  problem = "";

  /**
   * @param {string} room
   * @param {() => void} changed called when there is something new to show, or time to look again
   * @param {{ list?: typeof listPeople, random?: () => number }} [by]
   */
  constructor(room, changed, { list = listPeople, random = Math.random } = {}) {
    this.#room = room;
    this.#changed = changed;
    this.#list = list;
    this.#random = random;
  }

  /** Is there nothing more to be had? */
  get whole() {
    return this.#next === undefined || this.cut;
  }

  /** Are there more than are held? */
  get cut() {
    return this.#next !== undefined && this.names.length >= HELD;
  }

  /**
   * Takes note that somebody looks at the list. Only then is anything asked for, so this is to be
   * called whenever something has changed.
   *
   * @param {{ count: number, turnover: number }} room
   * @param {number} wanted how many names they look at
   */
  look({ count, turnover }, wanted) {
    if (this.loading || this.#ending.signal.aborted) return;
    const now = performance.now();
    if (turnover !== this.#turnover) {
      const turn = now + this.#random() * count * SPREAD;
      this.#renewal ??= Math.max(turn, this.#fetched + PAUSE);
    }
    const more = wanted > this.names.length && !this.whole;
    const due = Math.max(this.#pause, more ? 0 : this.#renewal ?? Infinity);
    if (now < due) this.#wake(due - now);
    else if (now >= (this.#renewal ?? Infinity)) this.#fetch([], "", this.#held, turnover);
    else this.#fetch(this.names, this.#next, Math.min(wanted, this.names.length + MOST, HELD));
  }

  /** How many names are to be fetched again; of a whole list all, also those that have come. */
  get #held() {
    return this.#next === undefined ? HELD : this.names.length;
  }

  /** Asks for nothing more. */
  end() {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  /** @param {number} ms Infinity: never */
  #wake(ms) {
    if (ms === Infinity) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#changed();
    }, Math.ceil(ms));
  }

  /**
   * Asks for names that follow those that are there, until there are so many.
   *
   * @param {readonly string[]} names
   * @param {string | undefined} next after which name
   * @param {number} wanted
   * @param {number} [turnover] of which state of the room all of them are
   */
  async #fetch(names, next, wanted, turnover) {
    const { signal } = this.#ending;
    this.loading = true;
    try {
      do {
        const limit = Math.max(LEAST, Math.min(MOST, wanted - names.length));
        const page = await this.#list(this.#room, { limit, after: next, signal });
        names = [...names, ...page.names];
        next = page.next;
      } while (names.length < wanted && next !== undefined);
      this.names = names;
      this.#next = next;
      this.#failures = 0;
      this.problem = "";
      if (turnover !== undefined) this.#renewed(turnover);
    } catch (error) {
      this.#failed(/** @type {import("../server.js").Unanswered} */ (error));
    }
    this.loading = false;
    if (!signal.aborted) this.#changed();
  }

  /** @param {number} turnover */
  #renewed(turnover) {
    this.#turnover = turnover;
    this.#renewal = undefined;
    this.#fetched = performance.now();
  }

  /** @param {import("../server.js").Unanswered} why */
  #failed({ message, retryAfter }) {
    const patience = Math.min(PATIENCE, ++this.#failures * PAUSE);
    this.#pause = performance.now() + Math.max(retryAfter, patience);
    this.problem = message;
  }
}
