import { ulid } from "@std/ulid";
import { clock } from "../base/clock.ts";

const DIGITS = [..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"];
/** All pairs of a ULID's digits, in order. */
const PAIRS = DIGITS.flatMap((first) => DIGITS.map((second) => first + second));
/** How many ids one millisecond has: as many as two pairs can count. */
const MOST = PAIRS.length ** 2;

/**
 * Gives messages their ids: ULIDs, each greater than the one before, whatever the clock does. The
 * random digits are drawn once, as they tell servers apart and not messages: those of one millisecond
 * are counted by the last four digits.
 */
export class Ids {
  #random = ulid().slice(10, -4);
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

  /** Was it given out here? A server of before may have had its clock ahead. */
  gave(id: string): boolean {
    return id >= this.start && id <= this.#newest && id.slice(10, -4) === this.#random;
  }

  /** The id and the time (RFC 3339, UTC, milliseconds) of a message said now. */
  next(): { id: string; timestamp: string } {
    const now = clock.date();
    if (now > this.#now) this.#begin(now);
    else if (this.#count === MOST) this.#begin(this.#now + 1);
    const count = this.#count++;
    this.#newest = this.#prefix + PAIRS[count >> 10] + PAIRS[count & 1023];
    return { id: this.#newest, timestamp: this.#timestamp };
  }

  /** Begins another millisecond. */
  #begin(now: number) {
    this.#now = now;
    this.#timestamp = new Date(now).toISOString();
    this.#prefix = digitsOf(now) + this.#random;
    this.#count = 0;
  }
}

/** The ten digits of a ULID that tell the time. */
function digitsOf(milliseconds: number): string {
  let digits = "";
  for (let unit = 1024 ** 4; unit >= 1; unit /= 1024) {
    digits += PAIRS[Math.floor(milliseconds / unit) % 1024];
  }
  return digits;
}
