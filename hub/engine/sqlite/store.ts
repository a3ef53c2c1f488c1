import { DatabaseSync } from "node:sqlite";
import { ulid } from "@std/ulid";
import type { Channel, Search } from "../engine.ts";
import { DamageError, fault } from "./fault.ts";
import { Folder } from "./folder.ts";
import { openDatabase } from "./open.ts";
import { type Extent, Pages, type Row, type RowPage, type Which } from "./pages.ts";
import { type Findings, Words } from "./search.ts";
import { type Bounds, Trim } from "./trim.ts";
import { Wal } from "./wal.ts";
import { Writer } from "./writer.ts";

export { StoreError } from "./fault.ts";
export type { Extent, Row, RowPage, Which } from "./pages.ts";

/** How a file is opened, and how much is kept in it. */
export interface StoreOptions extends Bounds {
  /** Is all of the file read, and moved aside for a new one if it is damaged? */
  repair?: boolean;
  /** Only to read, beside whoever writes: nothing is made or changed. */
  readonly?: boolean;
}

/**
 * What is said, in a file: there for good as far as this process can end, and once it is
 * {@linkcode sync synced}, also as far as the power can fail.
 *
 * Everything may throw a {@linkcode StoreError}, and leaves the store as it was then.
 */
export class Store implements Disposable {
  /** The twelve random digits that all ids given out for this file share. */
  readonly random: string;
  /** No id up to this one may be given out again. */
  readonly newest: string;
  /** Where a damaged file was moved. */
  readonly movedAside?: string;
  #folder: Folder;
  #db: DatabaseSync;
  #pages: Pages;
  #writer: Writer;
  #wal?: Wal;
  #words: Words;
  #trim: Trim;
  #rooms: number;

  private constructor(folder: Folder, options: StoreOptions) {
    const { readonly = false, repair = false } = options;
    this.#folder = folder;
    const open = () => openDatabase(folder.database, { readonly, thorough: repair });
    let db: DatabaseSync;
    try {
      db = open();
    } catch (error) {
      if (!repair || !(error instanceof DamageError)) throw error;
      this.movedAside = folder.setAside();
      db = open();
    }
    this.#db = db;
    const facts = new Map(
      db.prepare("SELECT name, value FROM facts").all().map(({ name, value }) => [name, value]),
    );
    const last = db.prepare("SELECT seq, id FROM messages ORDER BY seq DESC LIMIT 1").get();
    const lease = facts.get("lease") as number;
    const leased = ulid(lease).slice(0, 10) + "Z".repeat(16);
    this.random = facts.get("random") as string;
    this.newest = last && last.id as string > leased ? last.id as string : leased;
    this.#pages = new Pages(db);
    // Words are known up to some message, which may be gone: its number must not come again.
    const seq = Math.max(facts.get("indexed") as number, (last?.seq ?? 0) as number);
    this.#writer = new Writer(db, { seq, lease });
    this.#words = new Words(db);
    this.#trim = new Trim(db, options);
    this.#rooms = this.#pages.countRooms();
    if (!readonly) this.#wal = new Wal(folder.database, db);
  }

  /**
   * Opens what is kept in a directory, or begins it.
   *
   * @param directory made if it is missing, but not what is above it
   * @throws {StoreError}
   */
  static open(directory: string, options: StoreOptions = {}): Store {
    const folder = options.readonly ? Folder.look(directory) : Folder.take(directory);
    try {
      return new Store(folder, options);
    } catch (error) {
      folder[Symbol.dispose]();
      throw error;
    }
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#folder.bytes;
  }

  /**
   * Writes messages, all or none; those that are there already are left as they are.
   *
   * @param lease milliseconds since the epoch up to which ids may have been given out: at least so much
   */
  write(rows: Row[], lease: number) {
    this.#wal?.check();
    this.#rooms += this.#try("write", () => this.#writer.write(rows, lease));
  }

  /** Keeps up to which millisecond since the epoch ids may have been given out: it is on the disk then. */
  lease(milliseconds: number) {
    this.#try("write", () => this.#writer.lease(milliseconds));
    this.#wal?.syncNow();
  }

  /** Until what was written before the call is on the disk. */
  async sync() {
    await this.#wal?.sync();
  }

  /** What is known of a channel. */
  past(channel: Channel): Extent {
    return this.#try("read", () => this.#pages.past(channel));
  }

  /** Messages of a channel up to an id. */
  page(channel: Channel, which: Which, upTo: string): RowPage {
    return this.#try("read", () => this.#pages.page(channel, which, upTo));
  }

  /** How many messages of a channel come after an id, counted up to so many. */
  count(channel: Channel, since: string, most: number): number {
    return this.#try("read", () => this.#pages.count(channel, since, most));
  }

  /** Messages of a channel up to an id in which there are some words, newest first. */
  search(channel: Channel, search: Search, upTo: string): Findings {
    return this.#try("read", () => {
      const key = this.#pages.key(channel);
      if (key === undefined) return { hits: [], whole: true };
      return this.#words.search(key, search, upTo);
    });
  }

  /**
   * Lets go of what is over the bounds, and indexes words, for about so long.
   *
   * @returns is there more to do?
   */
  tidy(milliseconds: number): boolean {
    return this.#try("write", () => {
      const trimmed = this.#trim.step(milliseconds / 2);
      return this.#words.index(milliseconds / 2) || trimmed;
    });
  }

  /** Takes the channels that have lost something, each with the id of the newest message that went. */
  takeLosses(): [channel: Channel, lost: string][] {
    const losses = [...this.#trim.losses] as [Channel, string][];
    this.#trim.losses.clear();
    return losses;
  }

  /** Names of rooms in order, after one. */
  rooms(which: { after?: string; most: number }): string[] {
    return this.#try("read", () => this.#pages.rooms(which));
  }

  /** How many rooms there are. */
  get roomCount(): number {
    return this.#rooms;
  }

  /** All messages that were written after one, newest first. */
  recent(since: string): Iterable<Row> {
    return this.#each((pages) => pages.recent(since));
  }

  /** All messages in the order in which they were written, or those of a channel, as they are when it begins. */
  all(channel?: Channel): Iterable<Row> {
    return this.#each((pages) => pages.all(channel));
  }

  /** Reads many messages, on a connection of their own: what is written meanwhile changes nothing. */
  *#each(rows: (pages: Pages) => Iterable<Row>): Generator<Row> {
    let db: DatabaseSync | undefined;
    try {
      db = new DatabaseSync(this.#folder.database, { readOnly: true });
      yield* rows(new Pages(db));
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

  [Symbol.dispose]() {
    if (this.#wal) this.#wal[Symbol.dispose]();
    else this.#db.close();
    this.#folder[Symbol.dispose]();
  }
}
