import { clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";

/** Who spoke in slow rooms lately, of whom so many are remembered. */
const MOST = 10_000;

/** Who has to wait before they speak again. */
export class SlowMode {
  /** When they spoke, and for how many milliseconds they had to wait then, by `clock.now()`. */
  #passed = new Queue<string, { at: number; interval: number }>();

  /** Milliseconds until somebody may pass. @param interval milliseconds from one time to the next, by now */
  wait(key: string, interval: number): number {
    const passed = this.#passed.get(key);
    if (!passed) return 0;
    const left = passed.at + Math.min(interval, passed.interval) - clock.now();
    return Math.max(0, Math.ceil(left));
  }

  /** Takes note that somebody passes. @param interval milliseconds until the next time */
  pass(key: string, interval: number) {
    const now = clock.now();
    const { oldest } = this.#passed;
    if (oldest && (oldest.value.at + oldest.value.interval <= now || this.#passed.size >= MOST)) {
      this.#passed.delete(oldest.key);
    }
    this.#passed.push(key, { at: now, interval });
  }
}
