import { ulid } from "@std/ulid";
import { clock } from "../base/clock.ts";

const DIGITS = [..."0123456789ABCDEFGHJKMNPQRSTVWXYZ"];
/** All pairs of a ULID's digits, in order. */
const PAIRS = DIGITS.flatMap((first) => DIGITS.map((second) => first + second));
/** How many ids one millisecond has: as many as two pairs can count. */
const MOST = PAIRS.length ** 2;

/** Where ids go on that were given out before. */
export interface IdsOptions {
  /** The twelve digits in their middle. @default drawn at random */
  random?: string;
  /** An id above which all are new, and none below it was given out elsewhere. @default none was given out */
  newest?: string;
}

/**
 * Gives messages their ids: ULIDs, each greater than the one before, whatever the clock does. The
 * random digits are drawn once, as they tell servers apart and not messages: those of one millisecond
 * are counted by the last four digits.
 */
export class Ids {
  /** Nothing is known of what was said before this id. */
  readonly start: string;
  #random: string;
  /** Milliseconds since the epoch, of the newest id and of the newest time. */
  #now: number;
  #date = NaN;
  #timestamp = "";
  #prefix = "";
  #count = MOST;
  #newest: string;
  /** The newest id that was given out before, and the first after it: whatever is between them was not. */
  #before: string;
  #first = "";

  constructor({ random = ulid().slice(10, -4), newest }: IdsOptions = {}) {
    this.#random = random;
    this.#now = newest === undefined ? 0 : timeOf(newest);
    this.#before = this.#newest = newest ?? "";
    // Where ids go on, the first of them all may have any time.
    this.start = newest === undefined ? this.next().id : `${digitsOf(0)}${random}0000`;
  }

  /** The newest id given out. */
  get newest(): string {
    return this.#newest;
  }

  /** Milliseconds since the epoch: the time in the newest id, which is ahead of a clock that was set back. */
  get now(): number {
    return this.#now;
  }

  /** Was it given out here? A server of before may have had its clock ahead. */
  gave(id: string): boolean {
    return id >= this.start && id <= this.#newest && id.slice(10, -4) === this.#random &&
      (id <= this.#before || id >= this.#first);
  }

  /** The id and the time (RFC 3339, UTC, milliseconds) of a message said now. */
  next(): { id: string; timestamp: string } {
    const date = clock.date();
    if (date !== this.#date) {
      this.#date = date;
      this.#timestamp = new Date(date).toISOString();
    }
    if (date > this.#now) this.#begin(date);
    else if (this.#count === MOST) this.#begin(this.#now + 1);
    const count = this.#count++;
    this.#newest = this.#prefix + PAIRS[count >> 10] + PAIRS[count & 1023];
    this.#first ||= this.#newest;
    return { id: this.#newest, timestamp: this.#timestamp };
  }

  /** Begins another millisecond. */
  #begin(now: number) {
    this.#now = now;
    this.#prefix = digitsOf(now) + this.#random;
    this.#count = 0;
  }
}

/** The milliseconds since the epoch that an id tells. */
export function timeOf(id: string): number {
  return [...id.slice(0, 10)].reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
}

/** The ten digits of a ULID that tell the time. */
export function digitsOf(milliseconds: number): string {
  let digits = "";
  for (let unit = 1024 ** 4; unit >= 1; unit /= 1024) {
    digits += PAIRS[Math.floor(milliseconds / unit) % 1024];
  }
  return digits;
}
