import { setImmediate } from "node:timers";
import { type OutboxOptions, SILENCE, STALL } from "../hub/conversation/outbox.ts";

/** Something that goes on until it is closed: a conversation or an event stream. */
export interface Open {
  /** Ends it, with a close code and words for it. */
  close(code: number, reason: string): void;
  /** Looks after it: is called every second or so, must be quick, and must not throw. */
  visit(): void;
}

/** The longest time between two rounds, in milliseconds. */
const SECOND = 1_000;
/** How often everything is visited in the time of the shortest bound, at least. */
const OFTEN = 20;
/** How many are visited in one turn of the event loop. */
const WAVE = 256;

/** One timer for all that goes on: visits each in turn. Does not keep the process alive. */
export class Rounds {
  #open: ReadonlySet<Open>;
  #timer: ReturnType<typeof setInterval>;

  /** @param bounds of the sockets: rounds come often enough for them */
  constructor(open: ReadonlySet<Open>, bounds: OutboxOptions = {}) {
    const { stall = STALL, silence = SILENCE } = bounds;
    this.#open = open;
    const every = Math.min(SECOND, stall / OFTEN, silence / OFTEN);
    this.#timer = setInterval(() => this.#visit(open.values()), every);
    Deno.unrefTimer(this.#timer);
  }

  /** Ends the rounds. */
  close() {
    clearInterval(this.#timer);
  }

  #visit(remaining: Iterator<Open, undefined>) {
    for (let visited = 0; visited < WAVE; visited++) {
      const { value, done } = remaining.next();
      if (done) return;
      value.visit();
    }
    setImmediate(() => this.#visit(remaining));
  }
}
