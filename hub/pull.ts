/**
 * What happens at any time, as an async iterable for one consumer: it takes what there is, and waits
 * while there is nothing. Not a generator, because one that waits costs every idle client half a
 * kilobyte, and one that wakes three rounds of microtasks.
 */
export abstract class Pull<T> implements AsyncIterableIterator<T, void> {
  #waiting?: PromiseWithResolvers<IteratorResult<T, void>>;

  /** What comes next, or that nothing will; undefined where it is not known yet. */
  protected abstract take(): IteratorResult<T, void> | undefined;

  /** Must be called when {@linkcode take} may have something. */
  protected notify() {
    if (!this.#waiting) return;
    const { resolve, reject } = this.#waiting;
    try {
      const result = this.take();
      if (!result) return;
      resolve(result);
    } catch (fault) {
      // The consumer's to deal with, and none of the notifier's business.
      reject(fault);
    }
    this.#waiting = undefined;
  }

  /** Waits for what comes next. Must not be called again before it is answered. */
  next(): Promise<IteratorResult<T, void>> {
    const result = this.take();
    if (result) return Promise.resolve(result);
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
