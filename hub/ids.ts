import { ulid } from "@std/ulid";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** All pairs of ULID digits, in order. */
const PAIRS = [...ALPHABET].flatMap((a) => [...ALPHABET].map((b) => a + b));
/** Ids of one millisecond: what four digits can count. */
const MOST = PAIRS.length ** 2;

/**
 * Gives messages their ids: ULIDs, each greater than the one before, whatever the clock does. What
 * the messages of one millisecond share is made once, and only the last four digits count them.
 */
export class Ids {
  #now = 0;
  #timestamp = "";
  #prefix = "";
  #count = MOST;
  #newest = "";
  /** Nothing is known of what was said before this id: the server had not started. */
  readonly start: string = this.next().id;

  /** The newest id given out. */
  get newest(): string {
    return this.#newest;
  }

  /** The id and the time (RFC 3339, UTC, milliseconds) of a message said now. */
  next(): { id: string; timestamp: string } {
    const now = Date.now();
    if (now > this.#now) this.#begin(now);
    else if (this.#count === MOST) this.#begin(this.#now + 1);
    const count = this.#count++;
    this.#newest = this.#prefix + PAIRS[count >> 10] + PAIRS[count & 1023];
    return { id: this.#newest, timestamp: this.#timestamp };
  }

  #begin(now: number) {
    this.#now = now;
    this.#timestamp = new Date(now).toISOString();
    this.#prefix = ulid(now).slice(0, -4);
    this.#count = 0;
  }
}
