import { clock } from "../hub/base/clock.ts";
import { Histogram } from "../hub/base/counts.ts";

/** Milliseconds between two looks: often enough to meet a stall, seldom enough to cost nothing. */
const EVERY = 250;

/**
 * Watches how late the event loop is. Everything waits for its turn there, so this is the delay
 * that work which takes too long adds to all other work. Does not keep the process alive.
 */
export class EventLoop {
  /** How late a timer ran, in seconds. */
  readonly delays = new Histogram([0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]);
  #timer: ReturnType<typeof setInterval>;

  constructor() {
    let due = clock.now() + EVERY;
    this.#timer = setInterval(() => {
      const now = clock.now();
      this.delays.record(Math.max(0, now - due) / 1_000);
      due = now + EVERY;
    }, EVERY);
    Deno.unrefTimer(this.#timer);
  }

  /** Stops watching. */
  close() {
    clearInterval(this.#timer);
  }
}
