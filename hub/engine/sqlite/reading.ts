import { Pace } from "../../base/pace.ts";
import type { Part } from "../../base/sorted.ts";
import type { Soon } from "../../base/soon.ts";
import { type Entry, entryOfText } from "../../log/batch.ts";
import type { Channel, Found, KeptRoom, Origin, Page, Past, Query, Search } from "../engine.ts";
import type { Row, Store } from "./store.ts";
import { type Tell, unavailable } from "./trouble.ts";

/** Milliseconds of a turn of the event loop that go into pages for those who read back. */
const READING = 5;
/** Milliseconds of a turn after which no other search is begun in it: most take less, and some far more. */
const SEARCHING = 5;

/**
 * Reads what is kept, as far as it was told, and only so much in each turn of the event loop. Whatever
 * it is asked for may fail as `unavailable`.
 */
export class Reading {
  /** The newest id that may be told to anybody: what is newer is being kept. */
  told: string;
  #store: Store;
  #start: string;
  #tell: Tell;
  #pace = new Pace(READING);
  #searches = new Pace(SEARCHING);
  /** What nobody may see the half of: settles once all of it may be told. */
  #held?: Promise<void>;
  #pages = 0;
  #errors = 0;

  /** @param start the first place of all */
  constructor(store: Store, start: string, tell: Tell) {
    this.#store = store;
    this.#start = start;
    this.#tell = tell;
    this.told = store.newest;
  }

  /** Pages that were read. */
  get pages(): number {
    return this.#pages;
  }

  /** How often it failed. */
  get errors(): number {
    return this.#errors;
  }

  /** Is a message of this id kept in a channel? */
  has(channel: Channel, id: string): boolean {
    return this.#read(() => this.#store.page(channel, { limit: 1 }, id)).rows[0]?.id === id;
  }

  /** May a message of this id have been said in a channel? Nobody can tell of what was let go. */
  had(channel: Channel, id: string): boolean {
    return this.has(channel, id) ||
      this.#read(() =>
        id >= this.#start && id <= this.#past(channel).floor || this.#store.isTakenBack(channel, id)
      );
  }

  /**
   * Has all that is asked for wait, until what it gives is called: what is taken back is gone before anybody may
   * be told so.
   */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  /** Where a window onto a channel begins. */
  origin(channel: Channel): Soon<Origin> {
    return this.#whenWhole((): Origin => ({
      ...this.#past(channel),
      archive: {
        page: (query) => this.#pace.do(() => this.page(channel, query)),
        count: (since, most) => this.#whenWhole(() => this.#store.count(channel, since, most)),
        before: (count) => this.#whenWhole(() => this.#before(channel, count)),
      },
    }));
  }

  /** Reads a page. */
  page(channel: Channel, query: Query): Soon<Page> {
    this.#pages++;
    return this.#whenWhole(() => {
      const { rows, floor, ...rest } = this.#store.page(channel, query, this.told);
      return { entries: rows.map(entryOfRow), ...rest, floor: floor || this.#start };
    });
  }

  rooms(part: Part): Soon<{ rooms: KeptRoom[]; count: number }> {
    return this.#whenWhole(() => ({
      rooms: this.#store.rooms(part, this.told),
      count: this.#store.roomCount,
    }));
  }

  search(channel: Channel, search: Search): Soon<Found> {
    return this.#searches.do(() =>
      this.#whenWhole(() => {
        const { hits, ...rest } = this.#store.search(channel, search, this.told);
        return {
          hits: hits.map((row) => ({ entry: entryOfRow(row), snippet: row.snippet })),
          ...rest,
        };
      })
    );
  }

  #past(channel: Channel): Past {
    const { floor, ...past } = this.#store.past(channel, this.told);
    return { ...past, floor: floor || this.#start };
  }

  #before(channel: Channel, count: number): string {
    return this.#store.before(channel, count, this.told) || this.#past(channel).floor;
  }

  /** Reads something at once, where nothing is held. */
  #whenWhole<T>(read: () => T): Soon<T> {
    return this.#held ? this.#held.then(() => this.#whenWhole(read)) : this.#read(read);
  }

  #read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.#errors++;
      this.#tell("error", "messages cannot be read", { error: String(error) });
      throw unavailable("the server cannot read them now");
    }
  }
}

/** What is kept, as it was told. */
export function entryOfRow({ id, text }: Pick<Row, "id" | "text">): Entry {
  const { type, username = "", re } = JSON.parse(text);
  return entryOfText(text, { id, type, username, re });
}
