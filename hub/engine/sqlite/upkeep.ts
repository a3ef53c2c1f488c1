import type { Channel } from "../engine.ts";
import type { Store } from "./store.ts";
import { AGAIN, type Tell, whyOf } from "./trouble.ts";

/** Milliseconds that it takes at once. */
const TIDY = 5;
/**
 * Milliseconds between two times, while there is more to do; the same while messages come all the time;
 * and while there is nothing to do, or it failed.
 */
const SHORTLY = 20;
const BUSY = 50;
const SELDOM = AGAIN;
/** Of how many times one is for all there is to do, while messages come all the time: the others only trim. */
const ALL = 5;

/** Looks after what is kept, a little at a time: puts words into the index, and lets go of what is to go. */
export class Upkeep {
  #store: Store;
  #tell: Tell;
  #wake: () => void;
  #timer?: ReturnType<typeof setTimeout>;
  #due = false;
  /** Times in a row in which messages came. */
  #times = 0;
  /** Did it fail the last time? */
  #messy = false;
  #errors = 0;
  #ended = false;

  /** @param wake is called when it is {@linkcode Upkeep.isDue time} for it */
  constructor(store: Store, tell: Tell, wake: () => void) {
    this.#store = store;
    this.#tell = tell;
    this.#wake = wake;
    this.#in(SHORTLY);
  }

  /** Is it time? */
  get isDue(): boolean {
    return this.#due;
  }

  /** How often it failed. */
  get errors(): number {
    return this.#errors;
  }

  /**
   * Does a part of what there is to do.
   *
   * @param busy do messages come all the time?
   * @returns channels that lost messages, and the id of the newest of these
   */
  tidy(busy: boolean): [Channel, string][] {
    this.#due = false;
    this.#times = busy ? this.#times + 1 : 0;
    let more = false;
    try {
      more = this.#store.copying || this.#store.tidy(TIDY, this.#times % ALL > 0);
      this.#messy = false;
    } catch (error) {
      // Whether something can be kept all the same, only keeping something tells.
      this.#errors++;
      if (!this.#messy) this.#tell("error", "what is kept is not tidied", { error: whyOf(error) });
      this.#messy = true;
    }
    this.#in(!more ? SELDOM : busy ? BUSY : SHORTLY);
    return this.#store.takeLosses();
  }

  /** Puts it off, as something else failed. */
  postpone() {
    this.#in(AGAIN);
  }

  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #in(milliseconds: number) {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      this.#due = true;
      this.#wake();
    }, milliseconds);
  }
}
