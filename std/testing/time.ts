/** The part of `@std/testing/time` this project uses, built on npm packages. See `../README.md`. @module */

// A link carries no import map of its own, so the pin stands here.
// deno-lint-ignore no-import-prefix
import { type Clock, install } from "npm:@sinonjs/fake-timers@15.5.0";

/** An error about the use of {@linkcode FakeTime}. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

let active: FakeTime | undefined;

/**
 * Replaces `Date`, `setTimeout`, `setInterval` and their `clear…` functions by ones that move only
 * when told to, until it is disposed of. There is one at a time.
 *
 * @throws {TimeError} when time is faked already
 */
export class FakeTime {
  #clock: Clock;
  #start: number;

  /** @param start the first instant, as anything `new Date()` takes; default: now */
  constructor(start?: number | string | Date | null) {
    if (active) throw new TimeError("Cannot construct FakeTime: time is already faked");
    const now = start === undefined || start === null ? Date.now() : new Date(start).valueOf();
    if (Number.isNaN(now)) {
      throw new TypeError(`Cannot construct FakeTime: Invalid start time ${now}`);
    }
    this.#start = now;
    this.#clock = install({
      now,
      toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
      ignoreMissingTimers: true,
      // Timers from before are the real clock's business.
      shouldClearNativeTimers: true,
    });
    active = this;
  }

  /** The faked instant in milliseconds since the epoch; setting it forward runs what falls due. */
  get now(): number {
    return this.#clock.now;
  }

  set now(value: number) {
    if (value < this.#clock.now) {
      throw new RangeError(`Cannot set current time in the past, time must be >= ${this.now}`);
    }
    this.#clock.tick(value - this.#clock.now);
  }

  /** The instant it started with. */
  get start(): number {
    return this.#start;
  }

  /** Moves time on by `ms` and runs every timer that falls due, in order. */
  tick(ms = 0): void {
    this.now += ms;
  }

  /** Like {@linkcode tick}, after letting pending promise callbacks run. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Lets promise callbacks run that are pending now. */
  async runMicrotasks(): Promise<void> {
    const channel = new MessageChannel();
    await new Promise((resolve) => {
      channel.port1.onmessage = resolve;
      channel.port2.postMessage(null);
    });
    channel.port1.close();
    channel.port2.close();
  }

  /** Puts the real functions back. */
  restore(): void {
    if (active !== this) throw new TimeError("Cannot restore time: already restored");
    active = undefined;
    this.#clock.uninstall();
  }

  [Symbol.dispose](): void {
    this.restore();
  }
}
