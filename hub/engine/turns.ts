import { setImmediate } from "node:timers";

/** Steps that are done together, and what comes of them. */
interface Group<Step, Outcome> {
  steps: Step[];
  bytes: number;
  done: PromiseWithResolvers<Outcome>;
}

/**
 * Does steps together that are asked for in one turn of the event loop, and those that are asked for
 * while these are being done after them: so the slower it goes, the more is done at once.
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
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.steps.length > 0) {
      const { steps, done } = this.#waiting;
      this.#waiting = group();
      done.resolve(await this.#act(steps));
    }
    this.#running = undefined;
  }
}

function group<Step, Outcome>(): Group<Step, Outcome> {
  return { steps: [], bytes: 0, done: Promise.withResolvers() };
}
