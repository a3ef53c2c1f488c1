import { ChatError } from "../messages.ts";
import { clock } from "./clock.ts";

/** How fast commands may come. */
export interface Rate {
  /** Commands per second; 0 switches the limit off. */
  rate: number;
  /** Commands at once after a pause. */
  burst: number;
}

/** A token bucket: full at first, refilled at a steady rate, one token a command. */
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

  /** Takes one token, and gives 0; or none, and gives the milliseconds until there is one. */
  take(): number {
    if (this.#rate === 0) return 0;
    const now = clock.now();
    const gained = (now - this.#filled) * this.#rate / 1_000;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filled = now;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * 1_000 / this.#rate);
    this.#tokens--;
    return 0;
  }
}

/** What is told to who asks too much: try again in `wait` milliseconds. */
export function tooFast(wait: number): ChatError {
  return new ChatError("rate_limited", `Cannot take so many commands: wait ${wait} ms`, {
    retryAfter: wait,
  });
}
