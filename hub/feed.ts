import { type Batch, later, type Log, type Place } from "./log.ts";

/** A place in a log that reports when there is something to read there. */
class Cursor implements Place {
  after: string;
  live?: string;
  readonly log: Log;
  readonly wake: () => void;

  constructor(log: Log, { after, live }: Place, ready: (cursor: Cursor) => void) {
    this.log = log;
    this.after = after;
    this.live = live;
    this.wake = () => ready(this);
  }

  /** What comes next; the cursor moves on past it. */
  read(): Batch {
    const batch = this.log.read(this);
    // Past a gap even where nothing is left behind it, or it would be told again and again.
    this.after = later(batch.entries.at(-1)?.id ?? this.after, batch.gap ? this.log.lost : "");
    return batch;
  }
}

/**
 * One client's cursors over any number of logs. Iterating waits until a log has moved on and then
 * gives what is new, a frame's worth at a time: a reader that lags gets few large batches instead of
 * many small ones.
 */
export class Feed implements AsyncIterable<Batch> {
  #cursors = new Map<Log, Cursor>();
  #ready = new Set<Cursor>();
  #wake?: () => void;
  #closed = false;

  /** Reads a log from a place on, instead of where it was reading it before. @default from now on */
  follow(log: Log, place: Place = { after: log.end }) {
    this.unfollow(log);
    if (this.#closed) return;
    const cursor = new Cursor(log, place, (cursor) => this.#rouse(cursor));
    this.#cursors.set(log, cursor);
    log.watch(cursor.wake);
    if (place.after < log.end) this.#rouse(cursor);
  }

  /** Reads a log no longer. */
  unfollow(log: Log) {
    const cursor = this.#cursors.get(log);
    if (!cursor) return;
    log.unwatch(cursor.wake);
    this.#cursors.delete(log);
    this.#ready.delete(cursor);
  }

  /** Ends the iteration, also one that waits. */
  close() {
    this.#closed = true;
    for (const log of [...this.#cursors.keys()]) this.unfollow(log);
    this.#wake?.();
  }

  /** Batches as they come, until {@linkcode close}. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void> {
    while (!this.#closed) {
      for (const cursor of this.#ready) {
        const batch = cursor.read();
        if (batch.entries.length > 0 || batch.gap) yield batch;
        else this.#ready.delete(cursor);
      }
      if (this.#ready.size > 0 || this.#closed) continue;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  #rouse(cursor: Cursor) {
    this.#ready.add(cursor);
    this.#wake?.();
  }
}
