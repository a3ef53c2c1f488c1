import { setImmediate } from "node:timers";
import type { Soon } from "../base/soon.ts";

/** How many pass in one turn of the event loop. */
const ABREAST = 8;

/**
 * Where conversations come in and go out, few in each turn of the event loop: who already talks has the
 * turns in between, however large a crowd comes or goes at once.
 */
export class Turnstile {
  #abreast = ABREAST;
  #room = ABREAST;
  #waiting: (() => void)[] = [];
  #turn = () => {
    const next = this.#waiting.splice(0, this.#abreast);
    this.#room = this.#abreast - next.length;
    for (const pass of next) pass();
    if (next.length > 0) setImmediate(this.#turn);
  };

  /** Waits for one's turn, where others come before. */
  pass(): Soon<void> {
    if (this.#room === 0) return new Promise((resolve) => this.#waiting.push(resolve));
    if (this.#room === this.#abreast) setImmediate(this.#turn);
    this.#room--;
  }

  /** Lets everybody pass at once: there is nobody left who would be kept waiting. */
  open() {
    this.#abreast = this.#room = Infinity;
  }
}
