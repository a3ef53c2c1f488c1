import { setImmediate } from "node:timers";
import { clock } from "../base/clock.ts";

/** Milliseconds that a turn takes at most when it has nothing to do. */
const IDLE = 0.1;
/** Turns that steps wait at most while there is something to do in every one of them. */
const PATIENCE = 16;

/** Steps that are done together, and what comes of them. */
interface Group<Step, Outcome> {
  steps: Step[];
  bytes: number;
  done: PromiseWithResolvers<Outcome>;
}

/**
 * Does steps together that are asked for in one turn of the event loop, or in turns each of which has
 * something to do; and those that are asked for while these are being done after them: so the slower it goes, the
 * more is done at once.
 */
export class Turns<Step, Outcome> {
  #act: (steps: Step[]) => Promise<Outcome>;
  #waiting = group<Step, Outcome>();
  #running?: Promise<void>;

  /** @param act does some steps, in their order; must not fail */
  constructor(act: (steps: Step[]) => Promise<Outcome>) {
    this.#act = act;
  }

  /** Is nothing waiting or under way? */
  get isCalm(): boolean {
    return this.#running === undefined;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#waiting.bytes;
  }

  /** Has a step done. @returns what comes of all that are done together with it */
  add(step: Step, bytes: number): Promise<Outcome> {
    const { steps, done } = this.#waiting;
    steps.push(step);
    this.#waiting.bytes += bytes;
    this.#running ??= this.#run();
    return done.promise;
  }

  /** Waits until nothing is waiting or under way. */
  async settled() {
    while (this.#running) await this.#running;
  }

  async #run() {
    do {
      await this.#gather();
      const { steps, done } = this.#waiting;
      this.#waiting = group();
      done.resolve(await this.#act(steps));
    } while (this.#waiting.steps.length > 0);
    this.#running = undefined;
  }

  /** Lets turns pass while each has something to do: what many say at once is then told in one piece. */
  async #gather() {
    for (let turn = 0; turn < PATIENCE; turn++) {
      const { length } = this.#waiting.steps;
      const began = clock.now();
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#waiting.steps.length === length && clock.now() - began < IDLE) return;
    }
  }
}

function group<Step, Outcome>(): Group<Step, Outcome> {
  return { steps: [], bytes: 0, done: Promise.withResolvers() };
}
