import { clearInterval, setInterval } from "node:timers";

/** What is done about a connection. */
export interface Heart {
  /** Publishes to itself. @returns how many have heard it @throws {Error} in a second at the latest */
  beat(): Promise<number>;
  /** Nobody has heard it: nothing is subscribed to. */
  deaf(): void;
  /** A beat was not answered. */
  missed(): void;
  /** So many in a row were not. */
  dead(): void;
}

/** Milliseconds between two beats, and how many of them without an answer make a connection be given up. */
const BEAT = 1_000;
const MISSES = 3;

/** Looks every second whether a connection is alive, and hears what is published. */
export class Pulse {
  #heart: Heart;
  #every: number;
  #timer?: ReturnType<typeof setInterval>;
  #ended = false;
  #beating = false;
  #missed = 0;

  /** @param every milliseconds */
  constructor(heart: Heart, every: number = BEAT) {
    this.#heart = heart;
    this.#every = every;
  }

  /** Begins, unless it has ended already. */
  start() {
    if (!this.#ended) this.#timer = setInterval(() => this.#beat(), this.#every);
  }

  end() {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  async #beat() {
    if (this.#beating) return;
    this.#beating = true;
    try {
      if (await this.#heart.beat() === 0) this.#heart.deaf();
      this.#missed = 0;
    } catch {
      this.#heart.missed();
      if (++this.#missed < MISSES) return;
      this.#missed = 0;
      this.#heart.dead();
    } finally {
      this.#beating = false;
    }
  }
}
