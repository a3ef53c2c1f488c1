import { LIMITS } from "../messages.ts";
import { Batch, type Entry } from "./batch.ts";
import { inWaves, soon } from "./tick.ts";

/** A reader's place in a log. */
export interface Place {
  /** Id of the last entry it has read. */
  after: string;
  /** Notices up to this id are left out: they are not replayed. */
  live?: string;
}

/** Who reads a log. */
export interface Reader {
  /** Is called when a log has something new, not necessarily once for each message. */
  wake(log: Log): void;
}

/** How much a log holds; what is over it goes, oldest first. */
export interface LogOptions {
  /** The room's name; absent for an inbox. */
  room?: string;
  /** Chat messages held. @default 1000 */
  history?: number;
  /** Bytes of encoded chat messages held. @default 1048576 */
  size?: number;
  /** Id of a chat message that came before this log and is gone. @default "" */
  lost?: string;
  /** Id before which it is not known what there was. @default "" */
  floor?: string;
  /** Where evictions are counted. */
  counts?: { evicted: number };
}

/** Notices held for readers that lag. */
const NOTICES = 256;
/** Share of its bounds that a log takes in before it wakes its readers at once. */
const HURRY = 1 / 4;
/** Batches remembered for other readers at the same place. */
const SHARED = 4;

/**
 * A bounded, append-only list of messages. Readers hold only a {@linkcode Place} in it, so a
 * message costs the same memory for one reader as for ten thousand, and a slow reader costs
 * nothing. Chat messages are the history; everything else is a notice, told to the readers of the
 * moment and never the reason for a chat message to go.
 */
export class Log {
  /** The room's name; absent for an inbox. */
  readonly room: string | undefined;
  #chats: Entry[] = [];
  #notices: Entry[] = [];
  #bytes = 0;
  #lost: string;
  #floor: string;
  #counts?: { evicted: number };
  #history: number;
  #size: number;
  #shared = new Map<string, Batch>();
  #readers = new Set<Reader>();
  /** How much of the bounds was taken in since the readers were last woken. */
  #unread = 0;
  #wake = () => {
    this.#unread = 0;
    inWaves(this.#readers, (reader) => reader.wake(this));
  };
  #hurry = () => {
    for (const reader of this.#readers) reader.wake(this);
  };

  constructor(options: LogOptions = {}) {
    const { room, history = 1_000, size = 1024 * 1024, lost = "", floor = "", counts } = options;
    this.room = room;
    this.#history = history;
    this.#size = size;
    this.#lost = lost;
    this.#floor = floor;
    this.#counts = counts;
  }

  /** Everything after this id is held. */
  get floor(): string {
    return later(this.#floor, this.#lost);
  }

  /** Id of the newest chat message that is gone, or an empty text. */
  get lost(): string {
    return this.#lost;
  }

  /** Id of the newest chat message, held or gone, or an empty text. */
  get head(): string {
    return this.#chats.at(-1)?.id ?? this.#lost;
  }

  /** Id of the newest entry: the place of a reader of what is to come. */
  get end(): string {
    return later(this.head, this.#notices.at(-1)?.id ?? "");
  }

  /** Bytes of encoded chat messages held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many read it. */
  get readers(): number {
    return this.#readers.size;
  }

  /**
   * Appends an entry, wakes the readers {@linkcode soon}, and lets the oldest go.
   *
   * @param entry its id must be greater than any before
   */
  append(entry: Entry) {
    this.#shared.clear();
    if (entry.type === "chat") {
      this.#chats.push(entry);
      this.#bytes += entry.bytes;
      this.#unread += Math.max(1 / this.#history, entry.bytes / this.#size);
      while (this.#chats.length > this.#history || this.#bytes > this.#size) this.#forget();
    } else {
      this.#notices.push(entry);
      if (this.#notices.length > NOTICES) this.#notices.shift();
    }
    if (this.#readers.size === 0) return;
    if (this.#unread < HURRY) soon(this.#wake);
    else {
      // However busy it is: nobody who reads in time may be told a gap.
      this.#unread = 0;
      queueMicrotask(this.#hurry);
    }
  }

  /** What comes next at a place: nothing, or as much as fits into one frame. */
  read({ after, live }: Place): Batch {
    if (live !== undefined && live > after) return this.#cut(after, live);
    let batch = this.#shared.get(after);
    if (!batch) {
      batch = this.#cut(after, after);
      // Readers far apart share nothing; what they had joined must not add up.
      if (this.#shared.size >= SHARED) this.#shared.clear();
      this.#shared.set(after, batch);
    }
    return batch;
  }

  /** The place before the newest `count` chat messages. */
  before(count: number): string {
    return this.#chats.at(-count - 1)?.id ?? this.#lost;
  }

  /**
   * A page of chat messages, oldest first: the oldest `limit` after `since` where it is given, else
   * the newest `limit` before `before`.
   */
  page({ since, before, limit }: { since?: string; before?: string; limit: number }): {
    entries: Entry[];
    /** Is this everything the log holds between `since` and `before`? */
    whole: boolean;
  } {
    const from = since === undefined ? 0 : firstAfter(this.#chats, since);
    const to = before === undefined
      ? this.#chats.length
      : this.#chats.findLastIndex(({ id }) => id < before) + 1;
    const entries = since === undefined
      ? this.#chats.slice(Math.max(from, to - limit), to)
      : this.#chats.slice(from, Math.min(from + limit, to));
    return { entries, whole: to - from <= limit };
  }

  /** Wakes a reader when there is something new, until {@linkcode unwatch}. */
  watch(reader: Reader) {
    this.#readers.add(reader);
  }

  /** Wakes a reader no longer. */
  unwatch(reader: Reader) {
    this.#readers.delete(reader);
  }

  #forget() {
    const { id, bytes } = this.#chats.shift()!;
    this.#bytes -= bytes;
    this.#lost = id;
    if (this.#counts) this.#counts.evicted++;
  }

  /** Merges chats and notices by id, until a frame is full. */
  #cut(after: string, live: string): Batch {
    const entries: Entry[] = [];
    let bytes = 0;
    let chat = firstAfter(this.#chats, after);
    let notice = firstAfter(this.#notices, live);
    while (true) {
      const a = this.#chats[chat];
      const b = this.#notices[notice];
      const next = !b || (a && a.id < b.id) ? a : b;
      if (!next || (bytes > 0 && bytes + next.bytes > LIMITS.frame)) break;
      entries.push(next);
      bytes += next.bytes + 1;
      if (next === a) chat++;
      else notice++;
    }
    return new Batch(this.room, entries, after < this.#lost);
  }
}

/** The later of two ids. */
export function later(a: string, b: string): string {
  return a > b ? a : b;
}

/** Index of the first entry after an id. */
function firstAfter(entries: readonly Entry[], id: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
