import { setImmediate } from "node:timers";
import { clock } from "./clock.ts";
import type { Soon } from "./soon.ts";

/**
 * Does things at once, as long as they take little time together in one turn of the event loop. The others
 * wait for the next turns, in their order, so that nobody else is kept waiting by many of them.
 */
export class Pace {
  #most: number;
  /** Milliseconds spent in this turn. */
  #spent = 0;
  #counting = false;
  #waiting: (() => void)[] = [];
  #turn = () => {
    this.#counting = false;
    this.#spent = 0;
    while (this.#waiting.length > 0 && this.#spent < this.#most) this.#waiting.shift()!();
  };

  /** @param most milliseconds of a turn after which nothing more is begun in it */
  constructor(most: number) {
    this.#most = most;
  }

  /** Does something, now or in a while. */
  do<T>(act: () => Soon<T>): Soon<T> {
    if (this.#spent < this.#most) return this.#timed(act);
    return new Promise((resolve, reject) =>
      this.#waiting.push(() => {
        try {
          resolve(this.#timed(act));
        } catch (error) {
          reject(error);
        }
      })
    );
  }

  #timed<T>(act: () => T): T {
    const began = clock.now();
    try {
      return act();
    } finally {
      this.#spent += clock.now() - began;
      if (!this.#counting) {
        this.#counting = true;
        setImmediate(this.#turn);
      }
    }
  }
}
