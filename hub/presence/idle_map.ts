import { clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";
import { type Soon, whenThere } from "../base/soon.ts";

/** How long and how many idle values are kept. */
export interface IdleOptions {
  /** Milliseconds. @default 600000 */
  keep?: number;
  /** Idle values. @default 10000 */
  most?: number;
}

/**
 * A map whose values are in use or idle. Idle ones are forgotten after a while, oldest first. Looks at
 * the clock when it is used and needs no timer.
 */
export class IdleMap<T> {
  #values = new Map<string, T>();
  #making = new Map<string, Promise<T>>();
  /** How many use each that is not idle. */
  #uses = new Map<string, number>();
  #idle = new Queue<string, number>();
  #keep: number;
  #most: number;
  #forget: (value: T) => void;

  /** @param forget is told of each value as it is forgotten */
  constructor(forget: (value: T) => void, options: IdleOptions = {}) {
    const { keep = 10 * 60_000, most = 10_000 } = options;
    this.#forget = forget;
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
   * The value of a key, in use from now on, until it was let {@linkcode rest} as often as it was used.
   *
   * @param make makes it where there is none; it is not called twice for those who wait for the same
   */
  use(key: string, make: () => Soon<T>): Soon<T> {
    this.#sweep();
    const value = this.#values.get(key) ?? this.#making.get(key) ?? this.#make(key, make);
    this.#uses.set(key, (this.#uses.get(key) ?? 0) + 1);
    this.#idle.delete(key);
    return value;
  }

  /** Says that one who used a key's value does so no longer. */
  rest(key: string) {
    const uses = this.#uses.get(key)! - 1;
    if (uses > 0) this.#uses.set(key, uses);
    else {
      this.#uses.delete(key);
      this.#idle.push(key, clock.now());
    }
  }

  /** Forgets a key's value at once, unless somebody uses it. */
  drop(key: string) {
    if (this.#idle.get(key) !== undefined) this.#drop(key);
  }

  #make(key: string, make: () => Soon<T>): Soon<T> {
    const value = whenThere(make(), (value) => {
      this.#values.set(key, value);
      return value;
    });
    if (value instanceof Promise) {
      this.#making.set(key, value);
      const made = () => this.#making.delete(key);
      value.then(made, () => {
        made();
        this.#uses.delete(key);
      });
    }
    return value;
  }

  #sweep() {
    const past = clock.now() - this.#keep;
    while (this.#idle.oldest) {
      const { key, value: since } = this.#idle.oldest;
      if (since > past && this.#idle.size <= this.#most) return;
      this.#drop(key);
    }
  }

  #drop(key: string) {
    const value = this.#values.get(key)!;
    this.#values.delete(key);
    this.#idle.delete(key);
    this.#forget(value);
  }
}
