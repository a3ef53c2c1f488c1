import { Buffer } from "node:buffer";
import { ChatError } from "../../messages.ts";
import { clock } from "../base/clock.ts";

/** How fast commands may come. */
export interface Rate {
  /** Commands per second; 0 switches the limit off. */
  rate: number;
  /** Commands at once after a pause. */
  burst: number;
}

/** Bytes that one token pays for. */
const BYTES = 1_024;

/**
 * What a frame costs: a token for each KiB of UTF-8 that it begins. A room holds as many KiB as
 * messages, so long messages push its history out no faster than short ones.
 */
export function costOf(frame: string): number {
  // Most are so short that there is nothing to count.
  if (frame.length * 3 <= BYTES) return 1;
  return Math.ceil(Buffer.byteLength(frame) / BYTES);
}

/** A token bucket: full at first and refilled at a steady rate. */
export class Allowance {
  #rate: number;
  #burst: number;
  #tokens: number;
  #filled = clock.now();

  constructor({ rate, burst }: Rate) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /**
   * Takes `cost` tokens, or as many as there can be, and gives 0; or none, and gives the milliseconds
   * until there are enough.
   */
  take(cost = 1): number {
    if (this.#rate === 0) return 0;
    this.#fill();
    const price = Math.min(cost, this.#burst);
    if (this.#tokens < price) return Math.ceil((price - this.#tokens) * 1_000 / this.#rate);
    this.#tokens -= price;
    return 0;
  }

  /** Is it as if nothing had ever been taken? */
  get full(): boolean {
    this.#fill();
    return this.#tokens === this.#burst;
  }

  #fill() {
    const now = clock.now();
    const gained = (now - this.#filled) * this.#rate / 1_000;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filled = now;
  }
}

/** What is told to who asks too much: try again in `wait` milliseconds. */
export function tooFast(wait: number, ref?: string): ChatError {
  return new ChatError("rate_limited", `Cannot take so many commands: wait ${wait} ms`, {
    retryAfter: wait,
    ref,
  });
}
