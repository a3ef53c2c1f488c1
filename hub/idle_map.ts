import { clock } from "./clock.ts";
import { later } from "./log.ts";

/** How long and how many idle values are kept. */
export interface IdleOptions {
  /** Milliseconds. @default 600000 */
  keep?: number;
  /** Idle values, and heads of forgotten ones. @default 10000 */
  most?: number;
}

/**
 * A map whose values are in use or idle. Idle ones are forgotten after a while, oldest first; only
 * the id of their newest message, their head, stays for some time, so that who comes back can be
 * told whether anything was lost. Looks at the clock when it is used and needs no timer.
 */
export class IdleMap<T> {
  #values = new Map<string, T>();
  #idle = new Map<string, number>();
  #heads = new Map<string, string>();
  #floor = "";
  #keep: number;
  #most: number;
  #head: (value: T) => string;

  /** @param head gives the id of a value's newest message, or an empty text */
  constructor(head: (value: T) => string, { keep = 10 * 60_000, most = 10_000 }: IdleOptions = {}) {
    this.#head = head;
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
   * @param make makes it where there is none, knowing the head of the one that was forgotten
   */
  use(key: string, make: (lost: string) => T): T {
    this.#sweep();
    let value = this.#values.get(key);
    if (!value) {
      value = make(this.lost(key));
      this.#values.set(key, value);
      this.#heads.delete(key);
    }
    this.#idle.delete(key);
    return value;
  }

  /** Says that nobody uses a key's value any more. */
  rest(key: string) {
    if (!this.#values.has(key)) return;
    this.#idle.delete(key);
    this.#idle.set(key, clock.now());
    this.#sweep();
  }

  /** The newest message id of a key's forgotten value, or an empty text; too late rather than too early. */
  lost(key: string): string {
    return this.#heads.get(key) ?? this.#floor;
  }

  #sweep() {
    const past = clock.now() - this.#keep;
    for (const [key, since] of this.#idle) {
      if (since > past && this.#idle.size <= this.#most) return;
      const head = this.#head(this.#values.get(key)!);
      this.#values.delete(key);
      this.#idle.delete(key);
      if (head !== "") this.#remember(key, head);
    }
  }

  #remember(key: string, head: string) {
    this.#heads.set(key, head);
    if (this.#heads.size <= this.#most) return;
    const [oldest, lost] = this.#heads.entries().next().value!;
    this.#heads.delete(oldest);
    this.#floor = later(this.#floor, lost);
  }
}
