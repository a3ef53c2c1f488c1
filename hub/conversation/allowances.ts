import { Queue } from "../base/queue.ts";
import { Allowance, type Rate } from "./rate.ts";

/**
 * An allowance for each key, of which `most` are remembered. One that is full again is as good as new
 * and need not be; beyond that, all keys that are not known share one more. So fresh keys neither
 * take memory without end nor gain anything.
 */
export class Allowances {
  #rate: Rate;
  #most: number;
  #known = new Queue<string, Allowance>();
  #others: Allowance;

  constructor(rate: Rate, most = 10_000) {
    this.#rate = rate;
    this.#most = most;
    this.#others = new Allowance(rate);
  }

  /** How many are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** Takes tokens of a key's allowance, as {@linkcode Allowance.take} does. */
  take(key: string, cost = 1): number {
    if (this.#rate.rate === 0) return 0;
    return this.#of(key).take(cost);
  }

  #of(key: string): Allowance {
    const known = this.#known.get(key);
    if (known) return known;
    this.#tidy();
    if (this.#known.size >= this.#most) return this.#others;
    const allowance = new Allowance(this.#rate);
    this.#known.push(key, allowance);
    return allowance;
  }

  /** Looks at two for each one that comes, in turn: what is full goes before it is in the way. */
  #tidy() {
    for (let looks = 0; looks < 2 && this.#known.oldest; looks++) {
      const { key, value: allowance } = this.#known.oldest;
      if (allowance.full) this.#known.delete(key);
      else this.#known.push(key, allowance);
    }
  }
}
