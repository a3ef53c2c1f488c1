import { LIMITS } from "../../messages.ts";
import { Batch, type Entry, isAct, isKept, type Place } from "./batch.ts";
import { type Holder, Holdings } from "./holdings.ts";
import { firstIndex } from "../base/first_index.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Archive, Origin, Page, Query } from "./archive.ts";
import { Ticker } from "./tick.ts";

/** Who reads a log. */
export interface Reader {
  /** Does it gain when several messages come at once, even if they come a moment later? */
  readonly patient?: boolean;
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
  /** Where evictions are counted. */
  counts?: { evicted: number };
  /** Bounds what it holds together with others. @default alone */
  holdings?: Holdings;
  /** Decides when readers are woken. @default one of its own */
  ticker?: Ticker;
}

/** Notices held for readers that lag. */
const NOTICES = 256;
/** Share of its bounds that a log takes in before it wakes its readers at once. */
const HURRY = 1 / 4;
/** Batches remembered for other readers at the same place. */
const SHARED = 4;
/** Messages of a frame that is read from the archive, at most. */
const PAGE = 500;

/**
 * A bounded, append-only list of messages: a window onto what is said in a channel. Readers hold only a {@linkcode Place} in it, so a
 * message costs the same memory for one reader as for ten thousand, and a slow reader costs
 * nothing. Chat messages are the history; everything else is a notice, told to the readers of the
 * moment and never the reason for a chat message to go. What takes a message back is kept like one, so that who
 * has read it is told, whenever they come back; the message itself goes at once. What is older than the window comes from the
 * channel's archive, where there is one, a page at a time; what borders on the window is held from then on.
 *
 * Each kind of id has its word, here and on the wire:
 *
 * | word        | the id of                                                                            |
 * | ----------- | ------------------------------------------------------------------------------------ |
 * | place, `at` | the newest entry that a reader has read; `since` where a reader gives one            |
 * | head        | the newest chat message kept; an empty text, or null on the wire, where there is none |
 * | end         | the newest entry of any kind: the place of a reader of what is to come               |
 * | start       | the newest chat message before the window; what came after it is held here           |
 * | lost        | the newest chat message that is gone, from the archive too where there is one        |
 * | floor       | the earliest place from which everything is kept; before it nothing is known         |
 */
export class Log implements Holder {
  /** The room's name; absent for an inbox. */
  readonly room: string | undefined;
  /** Chat messages held at most. */
  readonly history: number;
  #chats: Entry[] = [];
  #notices: Entry[] = [];
  #bytes = 0;
  #start = "";
  #lost = "";
  /** Id of the newest notice of who came or went that is gone. */
  #missed = "";
  /** A place before which messages are missing that should have been brought. */
  #torn = "";
  #floor = "";
  /** How many times something was taken back. */
  #acts = 0;
  #archive?: Archive;
  #counts?: { evicted: number };
  #holdings: Holdings;
  #size: number;
  #shared = new Map<string, Soon<Batch>>();
  #readers = new Set<Reader>();
  /** How many of them are patient. */
  #patient = 0;
  #ticker: Ticker;
  /** How much of the bounds was taken in since the readers were last woken. */
  #unread = 0;
  #wake = () => {
    this.#unread = 0;
    this.#ticker.inWaves(this.#readers, (reader) => reader.wake(this));
  };
  #hurry = () => {
    for (const reader of this.#readers) reader.wake(this);
  };

  constructor(options: LogOptions = {}) {
    const { room, history = 1_000, size = 1024 * 1024, counts } = options;
    const { ticker = new Ticker(), holdings = new Holdings() } = options;
    this.room = room;
    this.history = history;
    this.#size = size;
    this.#counts = counts;
    this.#holdings = holdings;
    this.#ticker = ticker;
  }

  /** Begins where a channel stands: what came before is not held. */
  begin({ newest, lost, floor, archive }: Origin) {
    this.#start = newest;
    this.#lost = lost;
    this.#floor = floor;
    this.#archive = archive;
  }

  /** Everything after this id is kept: the earliest place from which nothing is lost. */
  get floor(): string {
    return later(this.#floor, this.#lost);
  }

  /** Id of the newest chat message that is gone, or an empty text. */
  get lost(): string {
    return this.#lost;
  }

  /** Id of the newest chat message kept, or an empty text. */
  get head(): string {
    return this.newest > this.#lost ? this.newest : "";
  }

  /** Id of the newest chat message there ever was, or an empty text. */
  get newest(): string {
    return this.#chats.at(-1)?.id ?? this.#start;
  }

  /** Is all that is kept held here, and nothing in the archive alone? */
  get #isAll(): boolean {
    return this.#start <= this.#lost;
  }

  /** The place of a reader of what is to come. */
  get end(): Place {
    const end = later(this.newest, this.#noticed, this.#floor, this.#torn);
    return { after: end, heard: end };
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
   * Appends an entry, wakes the readers {@linkcode Ticker.soon soon}, and lets the oldest go.
   *
   * @param entry its id must be greater than any before
   */
  append(entry: Entry) {
    this.#shared.clear();
    if (isKept(entry)) {
      if (isAct(entry)) this.takeBack(entry);
      this.#chats.push(entry);
      this.#bytes += entry.bytes;
      this.#unread += Math.max(1 / this.history, entry.bytes / this.#size);
      while (this.#chats.length > this.history || this.#bytes > this.#size) this.#evict();
    } else {
      this.#notices.push(entry);
      if (this.#notices.length > NOTICES) this.#overlook();
    }
    this.#holdings.hold(this, entry.held);
    if (this.#readers.size === 0) return;
    if (this.#unread < HURRY) this.#ticker.soon(this.#wake, this.#patient > 0);
    else {
      // However busy it is: nobody who reads in time may be told a gap.
      this.#unread = 0;
      queueMicrotask(this.#hurry);
    }
  }

  /**
   * What comes next at a place: nothing, or as much as fits into one frame.
   *
   * @param end an id before which reading ends @default none
   */
  read({ after, heard }: Place, end?: string): Soon<Batch> {
    if (after !== heard || end !== undefined) return this.#cut(after, heard, end);
    let batch = this.#shared.get(after);
    if (!batch) {
      batch = this.#cut(after, heard);
      // Readers far apart share nothing; what they had joined must not add up.
      if (this.#shared.size >= SHARED) this.#shared.clear();
      this.#shared.set(after, batch);
      // Who comes back after a failure must not be given it again.
      if (batch instanceof Promise) batch.catch(() => this.#shared.delete(after));
    }
    return batch;
  }

  /** Is everything read at this place? */
  isRead({ after, heard }: Place): boolean {
    return after >= later(this.newest, this.#torn) && heard >= this.#noticed;
  }

  /** The place before the newest `count` chat messages. */
  before(count: number): Soon<string> {
    let at = this.#chats.length;
    for (let left = count; left > 0; left--) {
      // What takes something back is none.
      do at--; while (at >= 0 && isAct(this.#chats[at]!));
      if (at >= 0) continue;
      return this.#isAll ? later(this.#start, this.#floor) : this.#archive!.before(count);
    }
    return this.#chats[at - 1]?.id ?? later(this.#start, this.#floor);
  }

  /** Are no more than `most` chat messages after a place kept in the archive alone? */
  isNear(place: string, most: number): Soon<boolean> {
    if (place >= this.#start || this.#isAll) return true;
    // What is held is in the archive too.
    const all = most + this.#chats.length;
    return whenThere(this.#archive!.count(place, all + 1), (count) => count <= all);
  }

  /** A page of what is kept: of what is held, or else of the archive. */
  page(query: Query): Soon<Page> {
    const { since, before, limit } = query;
    const from = since === undefined ? 0 : firstAfter(this.#chats, since);
    const to = before === undefined
      ? this.#chats.length
      : firstIndex(this.#chats, ({ id }) => id >= before);
    const held = this.#isAll || (since === undefined ? to - from >= limit : since >= this.#start);
    if (!held) {
      const acts = this.#acts;
      return whenThere(
        this.#archive!.page(query),
        // Something in it may have been taken back meanwhile, and that was told.
        (page) => acts === this.#acts ? page : this.page(query),
      );
    }
    const entries = since === undefined
      ? this.#chats.slice(Math.max(from, to - limit), to)
      : this.#chats.slice(from, Math.min(from + limit, to));
    const whole = to - from <= limit && (this.#isAll || since !== undefined);
    return { entries, whole, newest: this.newest, lost: this.#lost, floor: this.floor };
  }

  /** Wakes a reader when there is something new, until {@linkcode unwatch}. */
  watch(reader: Reader) {
    if (reader.patient && !this.#readers.has(reader)) this.#patient++;
    this.#readers.add(reader);
    if (this.#readers.size === 1) this.#holdings.move(this);
  }

  /** Wakes a reader no longer. */
  unwatch(reader: Reader) {
    if (!this.#readers.delete(reader)) return;
    if (reader.patient) this.#patient--;
    if (this.#readers.size > 0) return;
    // What was made for others to read is needed by nobody.
    this.#shared.clear();
    this.#holdings.move(this);
  }

  /**
   * Lets its oldest entry go: of the notices, which matter least, or else of the chat messages. Who
   * needed it is told so.
   *
   * @returns was there any?
   */
  forget(): boolean {
    this.#shared.clear();
    if (this.#notices.length > 0) this.#overlook();
    else if (this.#chats.length > 0) this.#evict();
    else return false;
    return true;
  }

  /** Is told that no message up to this id is kept any more. */
  lose(id: string) {
    if (id <= this.#lost) return;
    this.#shared.clear();
    this.#lost = id;
    while (this.#chats.length > 0 && this.#chats[0]!.id <= id) this.#evict();
  }

  /** Lets go of what an act takes back: one message, or all that came before it. */
  takeBack({ id, re }: Entry) {
    this.#shared.clear();
    this.#acts++;
    const at = re === undefined ? 0 : firstIndex(this.#chats, (entry) => entry.id >= re);
    const isThere = this.#chats[at]?.id === re && this.#chats[at]?.type === "chat";
    const count = re === undefined ? firstAfter(this.#chats, id) : Number(isThere);
    for (const { bytes, held } of this.#chats.splice(at, count)) {
      this.#bytes -= bytes;
      this.#holdings.release(this, held);
    }
  }

  /** Is told that notices may be missing before this place: it must be told anew who is there. */
  miss(id: string) {
    this.#shared.clear();
    while (this.#notices.length > 0) this.#overlook();
    this.#missed = id;
    if (this.#readers.size > 0) this.#ticker.soon(this.#wake, this.#patient > 0);
  }

  /** Is told that messages are missing that should have come before this place, after all that it has. */
  tear(id: string) {
    this.#shared.clear();
    this.#torn = id;
    if (this.#readers.size > 0) this.#ticker.soon(this.#wake, this.#patient > 0);
  }

  /** Is told that nobody needs it any more. */
  close() {
    const held = [...this.#chats, ...this.#notices].reduce((sum, { held }) => sum + held, 0);
    this.#holdings.release(this, held);
    this.#holdings.drop(this);
  }

  /** Id of the newest notice that a reader is to know of, held or gone. */
  get #noticed(): string {
    return this.#notices.at(-1)?.id ?? this.#missed;
  }

  #evict() {
    const { id, bytes, held } = this.#chats.shift()!;
    this.#bytes -= bytes;
    this.#start = id;
    this.#holdings.release(this, held);
    if (this.#archive) return;
    this.#lost = id;
    if (this.#counts) this.#counts.evicted++;
  }

  /** Takes note of a notice that goes. Who writes is of the moment; who is there must be known. */
  #overlook() {
    const { id, type, held } = this.#notices.shift()!;
    if (type !== "typing") this.#missed = id;
    this.#holdings.release(this, held);
  }

  #cut(after: string, heard: string, end?: string): Soon<Batch> {
    const at = later(after, this.#lost);
    if (at >= this.#start) return this.#merge(after, heard, this.#chats, end);
    const start = this.#start;
    const acts = this.#acts;
    const page = this.#archive!.page({ since: at, limit: PAGE, bytes: LIMITS.frame });
    return whenThere(page, ({ entries, lost }) => {
      this.lose(lost);
      // What was taken back meanwhile is told to nobody, and must not come in again.
      if (acts !== this.#acts) return this.#cut(after, heard, end);
      // What was not brought yet comes in its turn, as do the notices before it.
      const to = firstAfter(entries, this.newest);
      const brought = entries.slice(0, to);
      if (to > 0) {
        this.#extend(at, brought);
        return this.#merge(after, heard, brought, end, brought.at(-1)!.id);
      }
      // What there was is taken back by what is still to come; or lost, also if nobody took note of that.
      if (entries.length === 0) {
        this.lose(start);
        return this.#cut(after, heard, end);
      }
      if (after < this.#lost) return this.#merge(after, heard, [], end, this.#lost);
      return this.#cut(start, heard, end);
    });
  }

  /**
   * Takes in what was read of the archive where it borders on what is held, and there is room for it: the
   * next one who comes wants the same.
   *
   * @param at a place, all after which was read, up to the last one of them
   */
  #extend(at: string, entries: readonly Entry[]) {
    const count = firstAfter(entries, this.#start);
    if (at >= this.#start || entries.at(-1)!.id < this.#start) return;
    const older = entries.slice(0, count);
    const bytes = older.reduce((sum, { bytes }) => sum + bytes, this.#bytes);
    if (count + this.#chats.length > this.history || bytes > this.#size) return;
    this.#chats.unshift(...older);
    this.#bytes = bytes;
    this.#start = at;
    this.#holdings.hold(this, older.reduce((sum, { held }) => sum + held, 0));
  }

  /**
   * Merges chats and notices by id, until a frame is full.
   *
   * @param end an id before which it ends @param last an id with which it ends @default none
   */
  #merge(after: string, heard: string, chats: Entry[], end?: string, last?: string): Batch {
    const at = later(after, this.#lost);
    const missed = heard < this.#missed;
    const entries: Entry[] = [];
    let bytes = 0;
    let chat = firstAfter(chats, at);
    let notice = firstAfter(this.#notices, heard);
    while (true) {
      const a = chats[chat];
      const b = this.#notices[notice];
      const next = !b || (a && a.id < b.id) ? a : b;
      if (!next || (end !== undefined && next.id >= end)) break;
      if (last !== undefined && next.id > last) break;
      if (bytes > 0 && bytes + next.bytes > LIMITS.frame) break;
      entries.push(next);
      bytes += next.bytes + 1;
      if (next === a) chat++;
      else notice++;
    }
    const read = entries.at(-1)?.id ?? "";
    // It is told with what comes behind it, or once all before it is read.
    const isAll = chat === chats.length && last === undefined && end === undefined;
    const torn = after < this.#torn && (isAll || read > this.#torn) ? this.#torn : "";
    const gap = after < at || torn !== "";
    const next = {
      // Past what is lost even where nothing is left behind it, or it would be told again and again.
      after: later(at, read, torn),
      heard: later(heard, read, missed ? this.#missed : ""),
    };
    return new Batch({ room: this.room, entries, at, next, gap, missed });
  }
}

/** The latest of some ids. */
export function later(...ids: string[]): string {
  return ids.reduce((latest, id) => id > latest ? id : latest);
}

/** Index of the first entry after an id. */
function firstAfter(entries: readonly Entry[], id: string): number {
  return firstIndex(entries, (entry) => entry.id > id);
}
