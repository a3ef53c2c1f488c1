import type { Channel } from "../engine.ts";
import { lineOf } from "./keys.ts";
import { Line, type LineOptions, type Step } from "./line.ts";
import { now } from "./link.ts";

/** What is to be done, and has not been asked for yet. */
export type Wish = Pick<Step, "kind" | "channels" | "entry" | "ref" | "passer">;

/** All lines in which something waits or is under way. */
export class Lines {
  #options: LineOptions;
  #lines = new Map<string, Line>();
  #bytes = 0;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Bytes that wait to be done. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Does a step in its line. @returns what came of it */
  async do(wish: Wish): Promise<Step> {
    const step: Step = { ...wish, asked: now() };
    const name = lineOf(step.channels[0]!);
    const line = this.#lines.get(name) ?? new Line(name, this.#options);
    this.#lines.set(name, line);
    this.#bytes += step.entry.held;
    await line.add(step);
    this.#bytes -= step.entry.held;
    if (line.isCalm && this.#lines.get(name) === line) this.#lines.delete(name);
    return step;
  }

  /** Waits until nothing waits and nothing is under way that a channel is in; or in none. */
  async settled(channel?: Channel) {
    if (channel !== undefined) await this.#lines.get(lineOf(channel))?.settled();
    else await Promise.all([...this.#lines.values()].map((line) => line.settled()));
  }
}
