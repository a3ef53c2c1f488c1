import type { Loop } from "../hub/log/tick.ts";

/** An event loop whose time and turns pass only when told to. */
export class TestLoop implements Loop {
  #now = 0;
  #jobs: (() => void)[] = [];
  #turns: (() => void)[] = [];
  #timers = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  microtask(call: () => void) {
    this.#jobs.push(call);
  }

  immediate(call: () => void) {
    this.#turns.push(call);
  }

  timeout(call: () => void, ms: number): () => void {
    this.#timers.set(call, this.#now + ms);
    return () => void this.#timers.delete(call);
  }

  /** How long until the next timer, in milliseconds; undefined where there is none. */
  get timer(): number | undefined {
    const [due] = this.#timers.values();
    return due === undefined ? undefined : due - this.#now;
  }

  /** Is there nothing to call, at any time? */
  get idle(): boolean {
    return this.#jobs.length + this.#turns.length + this.#timers.size === 0;
  }

  /** Ends the current job. */
  end() {
    for (let job = this.#jobs.shift(); job; job = this.#jobs.shift()) job();
  }

  /** The next turn, which begins after so many milliseconds, and ends with what it has called. */
  turn(ms = 0) {
    this.#now += ms;
    for (const [call, due] of this.#timers) {
      if (due > this.#now) continue;
      this.#timers.delete(call);
      call();
    }
    for (const call of this.#turns.splice(0)) call();
    this.end();
  }

  /** Turns in which nothing happens, until there is nothing but a timer to call. */
  calm() {
    this.end();
    for (let turns = 0; this.#turns.length > 0; turns++) {
      if (turns === 1_000) throw new Error("Cannot calm the loop down: it goes on turning");
      this.turn();
    }
  }
}
