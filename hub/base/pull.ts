/**
 * What happens at any time, for one consumer that waits until there is something and then takes it,
 * piece by piece:
 *
 * ```ts
 * for await (const unread of feed) for (const batch of unread) pass(batch);
 * ```
 *
 * The outer loop waits, the inner one does not: whatever is taken is passed on in the same step, so
 * that nothing is ever under way in between, where it could be overtaken, lost or doubled. The outer
 * loop is no generator, because one that waits costs every idle client half a kilobyte.
 */
export abstract class Pull<T> implements AsyncIterableIterator<Iterable<T>, void>, Iterable<T> {
  /** Answers who waits. Not `Promise.withResolvers`, of which every idle client would keep two more objects. */
  #answer?: (result: IteratorResult<Iterable<T>, void>) => void;

  /** May there be something to take? */
  protected abstract readonly ready: boolean;
  /** Will nothing come any more, once what there is is taken? */
  protected abstract readonly ended: boolean;

  /** Takes what comes next, if there is anything. */
  abstract take(): T | undefined;

  /** Must be called when `ready` or `ended` may have become true. */
  protected notify() {
    if (!this.#answer || !(this.ready || this.ended)) return;
    this.#answer(this.#result());
    this.#answer = undefined;
  }

  /** Waits until there may be something. Must not be called again before it is answered. */
  next(): Promise<IteratorResult<Iterable<T>, void>> {
    if (this.ready || this.ended) return Promise.resolve(this.#result());
    return new Promise((resolve) => this.#answer = resolve);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Takes what there is. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (let next = this.take(); next !== undefined; next = this.take()) yield next;
  }

  #result(): IteratorResult<Iterable<T>, void> {
    return this.ready ? { value: this } : { done: true, value: undefined };
  }
}
