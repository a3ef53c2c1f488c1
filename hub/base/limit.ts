/** How much may be under way. */
export interface LimitOptions {
  /** Under way at the same time. */
  together: number;
  /** That wait for their turn. @default 10000 */
  most?: number;
  /** What is told where too many wait already, or somebody waits no longer. */
  full(): Error;
}

/** Does what takes its time, a few at once and in the order in which it was asked for. */
export class Limit {
  #free: number;
  #most: number;
  #full: () => Error;
  /** Those who wait for their turn, the first one first. */
  #waiting = new Set<() => void>();

  constructor({ together, most = 10_000, full }: LimitOptions) {
    this.#free = together;
    this.#most = most;
    this.#full = full;
  }

  /**
   * Does something when it is its turn.
   *
   * @param signal ends the waiting @throws {Error} where it is not done: see {@linkcode LimitOptions.full}
   */
  async do<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await act();
    } finally {
      const [next] = this.#waiting;
      if (next) next();
      else this.#free++;
    }
  }

  #turn(signal?: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#most) throw this.#full();
    return new Promise((resolve, reject) => {
      const go = () => {
        this.#waiting.delete(go);
        resolve();
      };
      this.#waiting.add(go);
      signal?.addEventListener("abort", () => {
        if (this.#waiting.delete(go)) reject(this.#full());
      });
    });
  }
}
