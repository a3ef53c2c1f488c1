import type { Entry, Log } from "./log.ts";

/** What one log has for one reader. */
export interface Batch {
  room: string;
  entries: readonly Entry[];
  /** True when messages before these were lost to the log's bounds. */
  gap: boolean;
}

/**
 * One client's cursors over any number of logs. Iterating waits until a log has moved on, then
 * gives everything new at once: a reader that lags gets one large batch, not many small ones.
 */
export class Feed implements AsyncIterable<Batch> {
  #cursors = new Map<string, { log: Log; position: number; unwatch: () => void }>();
  #dirty = new Set<string>();
  #wake?: () => void;
  #closed = false;

  /** Reads `room`'s log from `position` on. */
  follow(room: string, log: Log, position: number = log.end) {
    const mark = () => {
      this.#dirty.add(room);
      this.#wake?.();
    };
    this.#cursors.set(room, { log, position, unwatch: log.watch(mark) });
    if (position < log.end) mark();
  }

  /** Reads `room`'s log no longer. */
  unfollow(room: string) {
    this.#cursors.get(room)?.unwatch();
    this.#cursors.delete(room);
    this.#dirty.delete(room);
  }

  /** Ends the iteration. */
  close() {
    this.#closed = true;
    for (const room of [...this.#cursors.keys()]) this.unfollow(room);
    this.#wake?.();
  }

  /** Batches as they come, until {@linkcode close}. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    while (!this.#closed) {
      for (const room of this.#dirty) {
        this.#dirty.delete(room);
        const cursor = this.#cursors.get(room);
        if (!cursor) continue;
        const { entries, next, gap } = cursor.log.read(cursor.position);
        cursor.position = next;
        if (entries.length > 0 || gap) yield { room, entries, gap };
        if (this.#closed) return;
      }
      if (this.#dirty.size > 0) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
      this.#wake = undefined;
    }
  }
}
