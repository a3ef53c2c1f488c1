import type { Batch, Place } from "./batch.ts";
import type { Log, Reader } from "./log.ts";
import { Pull } from "../base/pull.ts";

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
  readonly patient: boolean;
  protected ready = false;
  protected ended = false;

  /** @param options `patient`: are several messages given to the client at once? @default false */
  constructor({ patient = false }: { patient?: boolean } = {}) {
    super();
    this.patient = patient;
  }

  /** Reads a log from a place on, instead of where it was reading it before. @default from now on */
  follow(log: Log, place: Place = log.end) {
    if (this.ended) return;
    this.#cursors.set(log, { ...place, ready: false });
    log.watch(this);
    if (!log.isRead(place)) this.wake(log);
  }

  /** Where it is in a log that it reads. */
  place(log: Log): Place {
    return this.#cursors.get(log)!;
  }

  /** Is a chat message of a room, or of the inbox, still to come in its turn? */
  awaits(room: string | undefined, id: string): boolean {
    for (const [log, { after }] of this.#cursors) {
      if (log.room === room) return id > after && id > log.lost;
    }
    return false;
  }

  /** Reads a log no longer. */
  unfollow(log: Log) {
    if (this.#cursors.delete(log)) log.unwatch(this);
  }

  /** Is told by a log that it has moved on. */
  wake(log: Log) {
    this.#cursors.get(log)!.ready = this.ready = true;
    this.notify();
  }

  /** Ends the iteration, also one that waits. */
  close() {
    this.ended = true;
    for (const log of this.#cursors.keys()) this.unfollow(log);
    this.ready = false;
    this.notify();
  }

  take(): Batch | undefined {
    for (const [log, cursor] of this.#cursors) {
      if (!cursor.ready) continue;
      const batch = read(log, cursor);
      cursor.ready = !log.isRead(cursor);
      if (!batch) continue;
      // To the end of the queue: a busy log must not keep a reader from the others.
      if (this.#cursors.size > 1) {
        this.#cursors.delete(log);
        this.#cursors.set(log, cursor);
      }
      return batch;
    }
    this.ready = false;
  }
}

/** What a log has after a place and before the entry `end`: whatever of it is held when it is taken. */
export function* between(log: Log, place: Place, end: string): Generator<Batch, void, void> {
  const at = { ...place };
  for (let next = read(log, at, end); next; next = read(log, at, end)) yield next;
}

/** What comes next, if anything does; the place moves on past it. */
function read(log: Log, place: Place, end?: string): Batch | undefined {
  const batch = log.read(place, end);
  place.after = batch.next.after;
  place.heard = batch.next.heard;
  return batch.entries.length > 0 || batch.gap || batch.missed ? batch : undefined;
}
