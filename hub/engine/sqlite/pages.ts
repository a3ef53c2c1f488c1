import { Buffer } from "node:buffer";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Channel } from "../engine.ts";

/** A message of a channel. */
export interface Row {
  channel: Channel;
  id: string;
  /** As wire JSON. */
  text: string;
}

/** Which messages: the oldest after `since` where that is given, else the newest before `before`. */
export interface Which {
  since?: string;
  before?: string;
  /** At most so many. */
  limit: number;
  /** At most so many bytes of text, but one message at least. @default any */
  bytes?: number;
}

/** What is known of a channel: ids, or empty texts. */
export interface Extent {
  /** Of the newest message there ever was. */
  newest: string;
  /** Of the newest message that was let go. */
  lost: string;
}

/** Some messages of a channel, oldest first. */
export interface RowPage extends Extent {
  rows: Row[];
  /** Is this everything that is kept between `since` and `before`? */
  whole: boolean;
}

const KEY = "SELECT key FROM channels WHERE name = ?";
const SPAN = `FROM messages WHERE channel = (${KEY}) AND id > ?`;

/** Reads what is kept. */
export class Pages {
  #db: DatabaseSync;
  #key: StatementSync;
  #past: StatementSync;
  #oldest: StatementSync;
  #newest: StatementSync;
  #count: StatementSync;
  #rooms: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#key = db.prepare(KEY);
    this.#past = db.prepare(
      `SELECT lost, coalesce((
         SELECT id FROM messages WHERE channel = key AND id < ? ORDER BY id DESC LIMIT 1
       ), lost) AS newest FROM channels WHERE name = ?`,
    );
    this.#oldest = db.prepare(`SELECT id, text ${SPAN} AND id < ? ORDER BY id LIMIT ?`);
    this.#newest = db.prepare(`SELECT id, text ${SPAN} AND id < ? ORDER BY id DESC LIMIT ?`);
    this.#count = db.prepare(`SELECT count(*) AS count FROM (SELECT 1 ${SPAN} LIMIT ?)`);
    this.#rooms = db.prepare(
      "SELECT substr(name, 2) AS name FROM channels WHERE name > ? AND name < '$' ORDER BY name LIMIT ?",
    );
  }

  /** The number that stands for a channel in the file. */
  key(channel: Channel): number | undefined {
    return this.#key.get(channel)?.key as number | undefined;
  }

  /** What is known of a channel. */
  past(channel: Channel): Extent {
    return this.#extent(channel, END);
  }

  /** Messages of a channel up to an id. */
  page(channel: Channel, which: Which, upTo: string): RowPage {
    const { since, before = END, limit, bytes: most = Infinity } = which;
    const last = after(upTo);
    const end = before < last ? before : last;
    const rows: Row[] = [];
    let bytes = 0;
    let whole = true;
    const statement = since === undefined ? this.#newest : this.#oldest;
    for (const row of statement.iterate(channel, since ?? "", end, limit + 1)) {
      const { id, text } = row as { id: string; text: string };
      bytes += Buffer.byteLength(text);
      whole = rows.length < limit && (bytes <= most || rows.length === 0);
      if (!whole) break;
      rows.push({ channel, id, text });
    }
    if (since === undefined) rows.reverse();
    return { rows, whole, ...this.#extent(channel, last) };
  }

  /** How many messages of a channel come after an id, counted up to so many. */
  count(channel: Channel, since: string, most: number): number {
    return this.#count.get(channel, since, most)!.count as number;
  }

  /** Names of rooms in order, after one. */
  rooms({ after = "", most }: { after?: string; most: number }): string[] {
    return this.#rooms.all(`#${after}`, most).map(({ name }) => name as string);
  }

  countRooms(): number {
    const sql = "SELECT count(*) AS count FROM channels WHERE name > '#' AND name < '$'";
    return this.#db.prepare(sql).get()!.count as number;
  }

  /** All messages that were written after one, newest first. */
  *recent(since: string): Generator<Row> {
    for (const row of this.#each("ORDER BY seq DESC")) {
      if (row.id <= since) return;
      yield row;
    }
  }

  /** All messages, in the order in which they were written; or those of a channel, oldest first. */
  *all(channel?: Channel): Generator<Row> {
    if (channel === undefined) yield* this.#each("ORDER BY seq");
    else yield* this.#each(`WHERE channel = (${KEY}) ORDER BY id`, channel);
  }

  /** Joined so, as messages have their order, and channels are looked up for each. */
  *#each(sql: string, ...values: string[]): Generator<Row> {
    const statement = this.#db.prepare(
      `SELECT name AS channel, id, text FROM messages CROSS JOIN channels ON key = channel ${sql}`,
    );
    for (const row of statement.iterate(...values)) yield { ...row } as unknown as Row;
  }

  #extent(channel: Channel, end: string): Extent {
    const { newest = "", lost = "" } = this.#past.get(end, channel) ?? {};
    return { newest, lost } as Extent;
  }
}

/** What comes after every id. */
const END = "~";

/** What comes after an id, and before the next. */
const after = (id: string) => `${id}!`;
