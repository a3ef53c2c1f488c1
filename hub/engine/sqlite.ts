import { type Chat, ChatError } from "../../messages.ts";
import { clock } from "../base/clock.ts";
import { Histogram } from "../base/counts.ts";
import { Pace } from "../base/pace.ts";
import type { Part } from "../base/sorted.ts";
import type { Soon } from "../base/soon.ts";
import { type Entry, entryOfText } from "../log/batch.ts";
import { digitsOf, Ids } from "../log/ids.ts";
import type {
  Archive,
  Channel,
  Draft,
  Engine,
  Found,
  Health,
  KeptRoom,
  Notice,
  Page,
  Query,
  Said,
  Search,
  Stamp,
  Window,
} from "./engine.ts";
import { Once } from "./once.ts";
import { type Row, Store, type StoreOptions } from "./sqlite/store.ts";
import { chatEntry, noticeEntry } from "./stamped.ts";
import { Turns } from "./turns.ts";

/** How a file is used, and who is told of it. */
export interface SqliteOptions extends StoreOptions {
  /** Is a message told only once it is on the disk? Else a power cut may take the last ones. @default true */
  sync?: boolean;
  /** Writes one event to the log. */
  log?(level: "info" | "warn" | "error", event: string, fields?: object): void;
}

/** Something to be told in its turn: a message, once it is kept; or a notice; or nothing. */
interface Step {
  channels: Channel[];
  entry?: Entry;
}

/** Milliseconds for which ids are reserved ahead: at most so far ahead of the clock they go on after a crash. */
const LEASE = 2_000;
/** Milliseconds for which what was said is remembered by its `ref`, also across a restart. */
const RECENT = 5 * 60_000;
/** Messages that are looked at for that. */
const LOOKED_AT = 100_000;
/** Bytes that may wait to be kept. */
const WAITING = 16 * 1024 * 1024;
/** Milliseconds of a turn of the event loop that go into pages for those who read back. */
const READING = 5;
/** Milliseconds of a turn after which no other search is begun in it: most take less, and some far more. */
const SEARCHING = 5;
/** Milliseconds until something that failed is tried again. */
const AGAIN = 1_000;
/**
 * Milliseconds of tidying at once; and between two of them, while there is more to do, the same while
 * messages come all the time, and while there is nothing to do.
 */
const TIDY = 5;
const SHORTLY = 20;
const BUSY = 50;
const SELDOM = 1_000;

/**
 * The engine of one process with a disk: an echo means that the message is on it.
 *
 * What is said in one turn of the event loop, and while what was said before is being kept, is written
 * in one transaction and brought to the disk by one sync, for which nobody else has to wait. Notices are
 * told at once while nothing is under way, and else in their order.
 */
export class SqliteEngine implements Engine {
  readonly start: string;
  /** Resolves once nothing can be kept any more before a new start, to why. */
  readonly failed: Promise<string>;
  #fail!: (why: string) => void;
  #store: Store;
  #sync: boolean;
  #log: NonNullable<SqliteOptions["log"]>;
  #ids: Ids;
  #windows = new Map<Channel, Window>();
  #turns = new Turns((steps: Step[]) => this.#keep(steps));
  #pace = new Pace(READING);
  #searches = new Pace(SEARCHING);
  #once = new Once();
  /** The newest id that may be told to anybody: what is newer is being kept. */
  #told: string;
  /** Milliseconds since the epoch up to which ids are reserved. */
  #leased = 0;
  #trouble?: string;
  #pages = 0;
  #errors = 0;
  #delays = new Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]);
  #timer?: ReturnType<typeof setTimeout>;
  /** Is it time to tidy, once what is being kept is told? */
  #untidy = false;
  /** Did that fail the last time? */
  #messy = false;
  #ended = false;

  /**
   * Opens the file in a directory, which may be made for it.
   *
   * @throws {StoreError} that says what to do
   */
  static open(directory: string, options: SqliteOptions = {}): SqliteEngine {
    return new SqliteEngine(Store.open(directory, options), options);
  }

  private constructor(store: Store, { sync = true, log = () => {} }: SqliteOptions) {
    this.#store = store;
    this.#sync = sync;
    this.#log = log;
    this.#ids = new Ids({ random: store.random, newest: store.newest });
    this.#told = store.newest;
    this.start = this.#ids.start;
    this.failed = new Promise((resolve) => this.#fail = resolve);
    if (store.movedAside) log("warn", "data moved aside", { file: store.movedAside });
    this.#recall();
    this.#tidyIn(SHORTLY);
  }

  get health(): Health {
    return {
      name: "sqlite",
      trouble: this.#trouble ?? null,
      bytes: this.#ended ? 0 : this.#store.bytes,
      delays: this.#delays,
      pages: this.#pages,
      errors: this.#errors,
    };
  }

  knows(place: string, channel?: Channel): boolean {
    if (this.#ids.gave(place)) return true;
    // A message that was imported has its id from elsewhere.
    return channel !== undefined &&
      this.#read(() => this.#store.page(channel, { limit: 1 }, place)).rows[0]?.id === place;
  }

  stamp(): Soon<Stamp> {
    const stamp = this.#ids.next();
    return this.#isCalm ? stamp : this.#turns.add({ channels: [] }, 0).then(() => stamp);
  }

  open(channel: Channel, window: Window) {
    const { newest, lost, floor } = this.#page(channel, { limit: 1 });
    const archive: Archive = {
      page: (query) => this.#pace.do(() => this.page(channel, query)),
      count: (since, most) => this.#read(() => this.#store.count(channel, since, most)),
      before: (count) =>
        this.#read(() =>
          this.#store.before(channel, count, this.#told) ??
            this.#floorOf(this.#store.past(channel))
        ),
    };
    window.begin({ newest, lost, floor, archive });
    this.#windows.set(channel, window);
  }

  close(channel: Channel) {
    this.#windows.delete(channel);
  }

  say(channels: Channel[], draft: Draft): Soon<Said> {
    return this.#once.say(draft, () => {
      if (this.#ended) throw unavailable("the server is shutting down");
      if (this.#turns.bytes > WAITING) throw unavailable("too much waits for the disk");
      const entry = chatEntry(draft, this.#ids.next());
      return this.#turns.add({ channels, entry }, entry.held).then((trouble) => {
        if (trouble) throw trouble;
        return entry;
      });
    });
  }

  tell(channel: Channel, notice: Notice): Soon<Entry> {
    const entry = noticeEntry(notice, this.#ids.next());
    if (this.#isCalm) {
      this.#tell({ channels: [channel], entry });
      return entry;
    }
    return this.#turns.add({ channels: [channel], entry }, entry.held).then(() => entry);
  }

  page(channel: Channel, query: Query): Page {
    this.#pages++;
    return this.#page(channel, query);
  }

  #page(channel: Channel, query: Query): Page {
    return this.#read(() => {
      const { rows, whole, newest, lost } = this.#store.page(channel, query, this.#told);
      return { entries: rows.map(entryOfRow), whole, newest, lost, floor: this.#floorOf({ lost }) };
    });
  }

  #floorOf({ lost }: { lost: string }): string {
    return lost === "" ? this.start : lost;
  }

  rooms(part: Part): { rooms: KeptRoom[]; count: number } {
    return this.#read(() => ({
      rooms: this.#store.rooms(part, this.#told),
      count: this.#store.roomCount,
    }));
  }

  search(channel: Channel, search: Search): Soon<Found> {
    return this.#searches.do(() => this.#search(channel, search));
  }

  #search(channel: Channel, search: Search): Found {
    return this.#read(() => {
      const { hits, ...rest } = this.#store.search(channel, search, this.#told);
      return {
        hits: hits.map((row) => ({ entry: entryOfRow(row), snippet: row.snippet })),
        ...rest,
      };
    });
  }

  async end() {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#turns.settled();
    this.#store[Symbol.dispose]();
  }

  /** May something be told at once? Not before what is being kept, nor while no ids are reserved for it. */
  get #isCalm(): boolean {
    return this.#turns.isCalm && (this.#ended || this.#ids.now <= this.#leased);
  }

  /** Keeps the messages among some steps, and tells them all; or only the notices, where that fails. */
  async #keep(steps: Step[]): Promise<ChatError | undefined> {
    const began = clock.now();
    const newest = this.#ids.newest;
    const trouble = await this.#write(steps.filter(isKept).flatMap(rowsOf));
    this.#delays.record((clock.now() - began) / 1_000);
    if (!trouble) this.#told = newest;
    for (const step of steps) if (!(trouble && isKept(step))) this.#tell(step);
    // Not before: nobody is told of a loss what they are told of only then.
    if (this.#untidy) this.#tidy(BUSY);
    return trouble;
  }

  async #write(rows: Row[]): Promise<ChatError | undefined> {
    const lease = Math.max(this.#ids.now, clock.date()) + LEASE;
    try {
      await this.#store.relieved();
      this.#store.write(rows, lease);
      if (this.#sync) await this.#store.sync();
    } catch (error) {
      return this.#fell(error);
    }
    this.#leased = lease;
    if (this.#trouble !== undefined) this.#log("info", "messages are kept again");
    this.#trouble = undefined;
  }

  /** Takes note of why nothing can be kept. */
  #fell(error: unknown): ChatError {
    this.#errors++;
    const why = whyOf(error);
    if (this.#trouble === undefined) this.#log("error", "messages cannot be kept", { error: why });
    this.#trouble = why;
    // What the disk has of it nobody can say before it is read again.
    if (this.#store.fault) this.#fail(why);
    this.#tidyIn(AGAIN);
    return unavailable("the server cannot keep them now");
  }

  #tell({ channels, entry }: Step) {
    for (const channel of channels) this.#windows.get(channel)?.append(entry!);
  }

  /** Reads, and takes note where that fails. */
  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#errors++;
      this.#log("error", "messages cannot be read", { error: String(error) });
      throw unavailable("the server cannot read them now");
    }
  }

  /** Remembers what was said a short while before the start. */
  #recall() {
    const since = `${digitsOf(Math.max(0, clock.date() - RECENT))}`;
    const found: [Chat, Entry][] = [];
    for (const row of this.#store.recent(since, LOOKED_AT)) {
      const chat: Chat = JSON.parse(row.text);
      if (chat.ref !== undefined) found.push([chat, entryOfRow(row)]);
    }
    for (const [chat, entry] of found.reverse()) this.#once.remember(chat, entry);
  }

  #tidyIn(milliseconds: number) {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#timer = setTimeout(() => {
      if (this.#turns.isCalm) this.#tidy(SHORTLY);
      else this.#untidy = true;
    }, milliseconds);
  }

  /**
   * Indexes what was said, and lets go of what is to go; and looks whether a trouble is over.
   *
   * @param soon milliseconds until it goes on where there is more to do
   */
  #tidy(soon: number) {
    this.#untidy = false;
    let more = false;
    try {
      more = this.#store.copying || this.#store.tidy(TIDY);
      this.#messy = false;
    } catch (error) {
      // Whether something can be kept all the same, only keeping something tells.
      this.#errors++;
      if (!this.#messy) this.#log("error", "what is kept is not tidied", { error: whyOf(error) });
      this.#messy = true;
    }
    for (const [channel, lost] of this.#store.takeLosses()) this.#windows.get(channel)?.lose(lost);
    if (this.#trouble !== undefined) this.#turns.add({ channels: [] }, 0);
    this.#tidyIn(more ? soon : this.#trouble === undefined ? SELDOM : AGAIN);
  }
}

function isKept({ entry }: Step): boolean {
  return entry?.type === "chat";
}

function rowsOf({ channels, entry }: Step): Row[] {
  const { id, text } = entry!;
  return channels.map((channel) => ({ channel, id, text }));
}

function entryOfRow({ id, text }: Pick<Row, "id" | "text">): Entry {
  const { username } = JSON.parse(text);
  return entryOfText(text, { id, type: "chat", username });
}

function whyOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unavailable(why: string): ChatError {
  return new ChatError(
    "unavailable",
    `Cannot say or read messages: ${why}, try again in a moment`,
    {
      retryAfter: AGAIN,
    },
  );
}
