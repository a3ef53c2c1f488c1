import { DatabaseSync } from "node:sqlite";
import { clock } from "../../base/clock.ts";
import { digitsOf } from "../../log/ids.ts";
import type { Part } from "../../base/sorted.ts";
import type { Channel, KeptRoom, Query, Search } from "../engine.ts";
import { DamageError, fault, type StoreError } from "./fault.ts";
import { Folder } from "./folder.ts";
import type { Fact } from "../facts.ts";
import { openDatabase } from "./open.ts";
import { type Extent, Pages, type Row, type RowPage } from "./pages.ts";
import { type Findings, Words } from "./search.ts";
import type { Change } from "./shared.ts";
import { Space } from "./space.ts";
import { type Bounds, Trim } from "./trim.ts";
import { Wal } from "./wal.ts";
import { Writer } from "./writer.ts";

export { StoreError } from "./fault.ts";
export type { Extent, Row, RowPage } from "./pages.ts";
export type { Findings } from "./search.ts";

/** How a store is opened, and what is kept in it. */
export interface StoreOptions extends Bounds {
  /** Is all of the file read, and moved aside for a new one if it is damaged? @default false */
  repair?: boolean;
  /** Only to read, beside whoever writes: nothing is made or changed. @default false */
  readonly?: boolean;
}

/**
 * What is said, in a file. What was written is there also if this process ends at once; and once it was
 * synced, also if the power fails.
 *
 * Everything may throw a {@linkcode StoreError}, whose message is one line that says what to do.
 */
export class Store implements Disposable {
  /** The twelve random digits that all ids given out for this file share. */
  readonly random: string;
  /** No id up to this one may be given out again. */
  readonly newest: string;
  /** Where a damaged file was moved. */
  readonly movedAside?: string;
  readonly #folder: Folder;
  readonly #db: DatabaseSync;
  readonly #pages: Pages;
  readonly #writer: Writer;
  readonly #words: Words;
  readonly #trim: Trim;
  readonly #space: Space;
  readonly #wal?: Wal;
  #roomCount: number;

  private constructor(
    folder: Folder,
    { readonly, repair, ...bounds }: StoreOptions,
  ) {
    this.#folder = folder;
    const open = () => openDatabase(folder.database, { readonly, thorough: repair });
    try {
      this.#db = open();
    } catch (error) {
      if (!repair || !(error instanceof DamageError)) throw error;
      this.movedAside = folder.setAside();
      this.#db = open();
    }
    this.#pages = new Pages(this.#db);
    this.#writer = new Writer(this.#db);
    this.#words = new Words(this.#db);
    this.#trim = new Trim(this.#db, bounds);
    this.#space = new Space(this.#db);
    if (!readonly) this.#wal = new Wal(folder.database, this.#db);
    this.#roomCount = this.#pages.countRooms();
    this.random = this.#pages.random;
    const { last } = this.#pages;
    const leased = digitsOf(this.#writer.lease) + "Z".repeat(16);
    this.newest = last > leased ? last : leased;
  }

  /**
   * Opens what is kept in a directory, or begins it there.
   *
   * @param directory it is made if it is missing, but not what is above it
   */
  static open(directory: string, options: StoreOptions = {}): Store {
    const folder = options.readonly ? Folder.look(directory) : Folder.take(directory);
    try {
      return new Store(folder, options);
    } catch (error) {
      folder[Symbol.dispose]();
      throw fault("open", folder.database, error);
    }
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#folder.bytes;
  }

  /**
   * Writes messages and changes of what the hub has agreed on, all or none. A message that is there already is
   * left as it is; what one of them takes back is gone then.
   *
   * @param lease milliseconds since the epoch up to which ids may have been given out
   */
  write(rows: Row[], lease: number, changes?: Change[]) {
    this.#wal?.check();
    this.#roomCount += this.#try("write", () => this.#writer.write(rows, lease, changes));
    this.#wal?.relieve();
  }

  /** Until what was written before the call is on the disk; after a failure nothing can be written. */
  async sync() {
    await this.#wal?.sync();
  }

  /** Until no copy of the log of changes is under way: who writes meanwhile keeps it from getting shorter. */
  async relieved() {
    await this.#wal?.relieved();
  }

  /** Is the log of changes being copied? Then it gets shorter if nobody writes. */
  get copying(): boolean {
    return this.#wal?.copying === true;
  }

  /** Why nothing can be written before it is opened again. */
  get fault(): StoreError | undefined {
    return this.#wal?.fault;
  }

  /** What is known of a channel. @param upTo as it was at an id @default as it is */
  past(channel: Channel, upTo?: string): Extent {
    return this.#try("read", () => this.#pages.past(channel, upTo));
  }

  /** Messages of a channel up to an id. */
  page(channel: Channel, query: Query, upTo: string): RowPage {
    return this.#try("read", () => this.#pages.page(channel, query, upTo));
  }

  /** How many messages of a channel come after an id, counted up to so many. */
  count(channel: Channel, since: string, most: number): number {
    return this.#try("read", () => this.#pages.count(channel, since, most));
  }

  /** The id before the newest `count` messages of a channel up to an id, where there are more. */
  before(channel: Channel, count: number, upTo: string): string | undefined {
    return this.#try("read", () => this.#pages.before(channel, count, upTo));
  }

  /** Was a message of a channel taken back, as far as that is still known? */
  isTakenBack(channel: Channel, id: string): boolean {
    return this.#try("read", () => this.#pages.isTakenBack(channel, id));
  }

  /** What the hub has agreed on, as of `Facts`. */
  get facts(): [name: string, fact: Fact][] {
    return this.#try("read", () => this.#writer.shared.all());
  }

  /** Looks for words in messages of a channel up to an id, newest first. */
  search(channel: Channel, search: Search, upTo: string): Findings {
    return this.#try("read", () => {
      const key = this.#pages.keyOf(channel);
      if (key === undefined) return { hits: [], whole: true };
      return this.#words.search(key, search, upTo);
    });
  }

  /** Some of the rooms of which something is kept, by name, as they were at an id. */
  rooms(part: Part, upTo: string): KeptRoom[] {
    return this.#try("read", () => this.#pages.rooms(part, upTo));
  }

  /** How many they are. */
  get roomCount(): number {
    return this.#roomCount - this.#trim.emptied;
  }

  /** Those of so many messages that come after an id, the last that was written first. */
  recent(since: string, most: number): Iterable<Row> {
    return this.#each((pages) => pages.recent(since, most));
  }

  /** All that was said in the order in which it was written, or in a channel, oldest first. */
  all(channel?: Channel): Iterable<Row> {
    return this.#each((pages) => pages.all(channel));
  }

  /**
   * Lets go of what is over the bounds, makes what was written quick to be found, and gives back the room
   * of what is gone, for about so many milliseconds.
   *
   * @param trimOnly is only that done which has to be at once?
   * @returns is there more to do?
   */
  tidy(milliseconds: number, trimOnly = false): boolean {
    const until = clock.now() + milliseconds;
    const left = () => Math.max(0, until - clock.now());
    const more = this.#try("write", () => {
      const trimming = this.#trim.step(milliseconds / 2);
      return trimOnly || this.#words.index(left()) || trimming || this.#space.give(left());
    });
    this.#wal?.relieve();
    return more;
  }

  /** Channels that lost messages since the last call, and the id of the newest of these. */
  takeLosses(): [Channel, string][] {
    const losses = [...this.#trim.losses] as [Channel, string][];
    this.#trim.losses.clear();
    return losses;
  }

  /** Reads in one transaction on a connection of its own, in which nothing changes. */
  *#each(read: (pages: Pages) => Iterable<Row>): Generator<Row> {
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(this.#folder.database, { readOnly: true });
      db.exec("BEGIN");
      yield* read(new Pages(db));
    } catch (error) {
      throw fault("read", this.#folder.database, error);
    } finally {
      db?.close();
    }
  }

  #try<T>(action: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fault(action, this.#folder.database, error);
    }
  }

  /** Closes it in order. */
  [Symbol.dispose]() {
    if (this.#wal) this.#wal[Symbol.dispose]();
    else this.#db.close();
    this.#folder[Symbol.dispose]();
  }
}
