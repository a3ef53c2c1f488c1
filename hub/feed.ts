import type { Batch } from "./batch.ts";
import { later, type Log, type Place, type Reader } from "./log.ts";
import { Pull } from "./pull.ts";

/** A place in a log, and whether there may be something to read. */
interface Cursor extends Place {
  ready: boolean;
}

/**
 * One client's cursors over any number of logs. Iterating waits until a log has moved on and then
 * gives what is new, a frame's worth at a time: a reader that lags gets few large batches instead of
 * many small ones.
 */
export class Feed extends Pull<Batch> implements Reader {
  #cursors = new Map<Log, Cursor>();
  #closed = false;

  /** Reads a log from a place on, instead of where it was reading it before. @default from now on */
  follow(log: Log, { after, live }: Place = { after: log.end }) {
    if (this.#closed) return;
    this.#cursors.set(log, { after, live, ready: false });
    log.watch(this);
    if (after < log.end) this.wake(log);
  }

  /** Reads a log no longer. */
  unfollow(log: Log) {
    if (this.#cursors.delete(log)) log.unwatch(this);
  }

  /** What it has not read yet of a log, up to where that is now. */
  *unread(log: Log): Iterable<Batch> {
    const end = log.end;
    const cursor = this.#cursors.get(log);
    while (cursor && cursor.after < end) {
      const batch = read(log, cursor);
      if (!batch) return;
      yield batch;
    }
  }

  /** Is told by a log that it has moved on. */
  wake(log: Log) {
    this.#cursors.get(log)!.ready = true;
    this.notify();
  }

  /** Ends the iteration, also one that waits. */
  close() {
    this.#closed = true;
    for (const log of this.#cursors.keys()) this.unfollow(log);
    this.notify();
  }

  protected take(): IteratorResult<Batch, void> | undefined {
    if (this.#closed) return { done: true, value: undefined };
    for (const [log, cursor] of this.#cursors) {
      const batch = cursor.ready && read(log, cursor);
      if (!batch) continue;
      // To the end of the queue: a busy log must not keep a reader from the others.
      if (this.#cursors.size > 1) {
        this.#cursors.delete(log);
        this.#cursors.set(log, cursor);
      }
      return { value: batch };
    }
  }
}

/** What comes next, if anything does; the cursor moves on past it. */
function read(log: Log, cursor: Cursor): Batch | undefined {
  const batch = log.read(cursor);
  const empty = batch.entries.length === 0 && !batch.gap;
  // Past a gap even where nothing is left behind it, or it would be told again and again.
  cursor.after = later(batch.entries.at(-1)?.id ?? cursor.after, batch.gap ? log.lost : "");
  cursor.ready = !empty && cursor.after < log.end;
  return empty ? undefined : batch;
}
