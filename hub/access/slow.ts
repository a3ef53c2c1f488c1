import { clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";

/** Who spoke in slow rooms lately, of whom so many are remembered. */
const MOST = 10_000;

/** Who has to wait before they speak again. */
export class SlowMode {
  /** When they may, by `clock.now()`. */
  #waiting = new Queue<string, number>();

  /**
   * Lets somebody pass, and gives 0; or gives the milliseconds until they may.
   *
   * @param interval milliseconds until the next time
   */
  pass(key: string, interval: number): number {
    const now = clock.now();
    const { oldest } = this.#waiting;
    if (oldest && (oldest.value <= now || this.#waiting.size >= MOST)) {
      this.#waiting.delete(oldest.key);
    }
    const left = (this.#waiting.get(key) ?? 0) - now;
    // As it is by now where the room was slower when they spoke.
    if (left > 0) return Math.ceil(Math.min(left, interval));
    this.#waiting.push(key, now + interval);
    return 0;
  }

  /** Takes note that somebody who passed may not yet: elsewhere they spoke not so long ago. */
  keepWaiting(key: string, milliseconds: number) {
    this.#waiting.push(key, clock.now() + milliseconds);
  }
}
