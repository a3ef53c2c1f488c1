import { clock } from "../base/clock.ts";
import { later } from "../log/log.ts";
import { Queue } from "../base/queue.ts";

/** How long and how many idle values are kept. */
export interface IdleOptions {
  /** Milliseconds. @default 600000 */
  keep?: number;
  /** Idle values, and newest ids of forgotten ones. @default 10000 */
  most?: number;
  /** Id before which nothing is known of any key. @default "" */
  floor?: string;
}

/** What is known of a value that may have been forgotten. */
export interface Past {
  /** Id of its newest message; an empty text where there was none, or nothing is known. */
  lost: string;
  /** Everything after this id is held, or was never said. */
  floor: string;
}

/**
 * A map whose values are in use or idle. Idle ones are forgotten after a while, oldest first; only
 * the id of their newest message stays for some time, so that who comes back can be told whether
 * anything was lost. Looks at the clock when it is used and needs no timer.
 */
export class IdleMap<T> {
  #values = new Map<string, T>();
  #idle = new Queue<string, number>();
  #newest = new Queue<string, string>();
  #floor: string;
  #keep: number;
  #most: number;
  #newestOf: (value: T) => string;

  /**
   * @param newest is told of each value as it is forgotten, and gives the id of its newest message, held or
   * gone, or an empty text
   */
  constructor(newest: (value: T) => string, options: IdleOptions = {}) {
    const { keep = 10 * 60_000, most = 10_000, floor = "" } = options;
    this.#floor = floor;
    this.#newestOf = newest;
    this.#keep = keep;
    this.#most = most;
  }

  /** How many it holds, in use or idle. */
  get size(): number {
    this.#sweep();
    return this.#values.size;
  }

  /** The value of a key, unless it is unknown or forgotten. */
  get(key: string): T | undefined {
    this.#sweep();
    return this.#values.get(key);
  }

  /** Everything it holds, by key. */
  entries(): Iterable<[string, T]> {
    this.#sweep();
    return this.#values;
  }

  /**
   * The value of a key, from now on in use.
   *
   * @param make makes it where there is none, knowing what is known of one that was forgotten
   */
  use(key: string, make: (past: Past) => T): T {
    this.#sweep();
    let value = this.#values.get(key);
    if (!value) {
      value = make(this.past(key));
      this.#values.set(key, value);
      this.#newest.delete(key);
    }
    this.#idle.delete(key);
    return value;
  }

  /** Says that nobody uses a key's value any more. */
  rest(key: string) {
    if (this.#values.has(key)) this.#idle.push(key, clock.now());
  }

  /** What is known of a key's forgotten value, if there was one. */
  past(key: string): Past {
    const lost = this.#newest.get(key);
    return { lost: lost ?? "", floor: lost ?? this.#floor };
  }

  #sweep() {
    const past = clock.now() - this.#keep;
    while (this.#idle.oldest) {
      const { key, value: since } = this.#idle.oldest;
      if (since > past && this.#idle.size <= this.#most) return;
      const newest = this.#newestOf(this.#values.get(key)!);
      this.#values.delete(key);
      this.#idle.delete(key);
      if (newest !== "") this.#remember(key, newest);
    }
  }

  #remember(key: string, id: string) {
    this.#newest.push(key, id);
    if (this.#newest.size <= this.#most) return;
    const { key: oldest, value: lost } = this.#newest.oldest!;
    this.#newest.delete(oldest);
    this.#floor = later(this.#floor, lost);
  }
}
