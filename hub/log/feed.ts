import type { Batch, Place } from "./batch.ts";
import type { Log, Reader } from "./log.ts";
import { Pull } from "../base/pull.ts";

/** A place in a log, and whether there may be something to read. */
interface Cursor extends Place {
  ready: boolean;
  /** What comes next: on its way from the archive, or there and not taken yet. */
  next?: Promise<Batch> | Batch;
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
  /** Why something could not be read. */
  #fault?: Error;

  /** @param options `patient`: are several messages given to the client at once? @default false */
  constructor({ patient = false }: { patient?: boolean } = {}) {
    super();
    this.patient = patient;
  }

  /** Reads a log from a place on, instead of where it was reading it before. @default from now on */
  follow(log: Log, place: Place = log.end) {
    if (this.ended) return;
    this.#cursors.set(log, { ...place, ready: false, next: undefined });
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
    const cursor = this.#cursors.get(log)!;
    if (cursor.next instanceof Promise) return;
    cursor.ready = this.ready = true;
    this.notify();
  }

  /** Ends the iteration, also one that waits. */
  close() {
    this.ended = true;
    for (const log of this.#cursors.keys()) this.unfollow(log);
    this.ready = false;
    this.notify();
  }

  /** @throws {Error} when what comes next cannot be read */
  take(): Batch | undefined {
    if (this.#fault) throw this.#fault;
    for (const [log, cursor] of this.#cursors) {
      if (!cursor.ready) continue;
      const batch = cursor.next ?? log.read(cursor);
      if (batch instanceof Promise) {
        this.#await(log, cursor, batch);
        continue;
      }
      cursor.next = undefined;
      advance(cursor, batch);
      cursor.ready = !log.isRead(cursor);
      if (!says(batch)) continue;
      // To the end of the queue: a busy log must not keep a reader from the others.
      if (this.#cursors.size > 1) {
        this.#cursors.delete(log);
        this.#cursors.set(log, cursor);
      }
      return batch;
    }
    this.ready = false;
  }

  /** Goes on with a log once what comes next in it is there. */
  #await(log: Log, cursor: Cursor, next: Promise<Batch>) {
    cursor.ready = false;
    cursor.next = next;
    next.then((batch) => {
      // It may be read from elsewhere by now, or not at all.
      if (this.#cursors.get(log) !== cursor) return;
      cursor.next = batch;
      this.wake(log);
    }, (fault) => {
      if (this.#cursors.get(log) !== cursor) return;
      this.#fault = fault;
      this.ready = true;
      this.notify();
    });
  }
}

/** What a log has after a place and before the entry `end`: whatever of it is held when it is taken. */
export async function* between(log: Log, place: Place, end: string): AsyncGenerator<Batch> {
  const at = { ...place };
  while (true) {
    const batch = await log.read(at, end);
    if (!says(batch)) return;
    advance(at, batch);
    yield batch;
  }
}

/** Moves a place on past what was read. */
function advance(place: Place, { next }: Batch) {
  place.after = next.after;
  place.heard = next.heard;
}

/** Is there anything in it for a reader? */
function says({ entries, gap, missed }: Batch): boolean {
  return entries.length > 0 || gap || missed;
}
