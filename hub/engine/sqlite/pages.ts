import { Buffer } from "node:buffer";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Channel, Query } from "../engine.ts";
import { prepare } from "./statements.ts";

/** Bytes of text in a page that holds more than one message. */
const PAGE = 256 * 1024;
/** What comes after every id. */
const END = "~";
/** Of a channel, after an id. */
const SPAN = "FROM messages WHERE channel = (SELECT key FROM channels WHERE name = ?) AND id > ?";
/** A CROSS JOIN takes the table on its left first: so nothing has to be sorted. */
const ALL = "SELECT name AS channel, id, text FROM messages CROSS JOIN channels ON key = channel";
const OF = `SELECT name AS channel, id, text FROM channels CROSS JOIN messages ON key = channel
  WHERE name = ? ORDER BY id`;
const SQL = {
  past: `SELECT lost, coalesce((
      SELECT id FROM messages WHERE channel = key AND id < ? ORDER BY id DESC LIMIT 1
    ), lost) AS newest FROM channels WHERE name = ?`,
  oldest: `SELECT id, text ${SPAN} AND id < ? ORDER BY id LIMIT ?`,
  newest: `SELECT id, text ${SPAN} AND id < ? ORDER BY id DESC LIMIT ?`,
  count: `SELECT count(*) AS count FROM (SELECT 1 ${SPAN} LIMIT ?)`,
  rooms: `SELECT substr(name, 2) AS name FROM channels WHERE name > ? AND name < '$'
    ORDER BY name LIMIT ?`,
  roomCount: "SELECT count(*) AS count FROM channels WHERE name > '#' AND name < '$'",
  last: "SELECT id FROM messages ORDER BY seq DESC LIMIT 1",
  random: "SELECT value FROM facts WHERE name = 'random'",
  key: "SELECT key FROM channels WHERE name = ?",
};

/** A message of a channel. */
export interface Row {
  channel: Channel;
  id: string;
  /** As wire JSON. */
  text: string;
}

/** What is known of a channel: ids, or empty texts. */
export interface Extent {
  /** Of the newest message there ever was. */
  newest: string;
  /** Of the newest message that is not kept any more. */
  lost: string;
}

/** Some messages of a channel, oldest first. */
export interface RowPage extends Extent {
  rows: Row[];
  /** Is this everything that is kept between `since` and `before`? */
  whole: boolean;
}

/** Reads what is kept. */
export class Pages {
  readonly #db: DatabaseSync;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  /** @param db a file with the schema */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = prepare(db, SQL);
  }

  past(channel: Channel, end = END): Extent {
    const { newest = "", lost = "" } = this.#sql.past.get(end, channel) ?? {};
    return { newest, lost } as Extent;
  }

  page(channel: Channel, { since, before = END, limit }: Query, upTo: string): RowPage {
    // Nothing is between an id and the same with something behind it.
    const last = `${upTo}!`;
    const rows: Row[] = [];
    let bytes = 0;
    let whole = true;
    const { newest, oldest } = this.#sql;
    const end = before < last ? before : last;
    const found = (since === undefined ? newest : oldest)
      .iterate(channel, since ?? "", end, limit + 1);
    for (const row of found) {
      const { id, text } = row as { id: string; text: string };
      bytes += Buffer.byteLength(text);
      whole = rows.length < limit && (bytes <= PAGE || rows.length === 0);
      if (!whole) break;
      rows.push({ channel, id, text });
    }
    if (since === undefined) rows.reverse();
    return { rows, whole, ...this.past(channel, last) };
  }

  count(channel: Channel, since: string, most: number): number {
    return this.#sql.count.get(channel, since, most)!.count as number;
  }

  rooms({ after = "", most }: { after?: string; most: number }): string[] {
    return this.#sql.rooms.all(`#${after}`, most).map(({ name }) => name as string);
  }

  countRooms(): number {
    return this.#sql.roomCount.get()!.count as number;
  }

  keyOf(channel: Channel): number | undefined {
    return this.#sql.key.get(channel)?.key as number | undefined;
  }

  get random(): string {
    return this.#sql.random.get()!.value as string;
  }

  /** The id of the message that was written last, or an empty text. */
  get last(): string {
    return (this.#sql.last.get()?.id ?? "") as string;
  }

  *recent(since: string): Generator<Row> {
    for (const row of this.#each(`${ALL} ORDER BY seq DESC`)) {
      if (row.id <= since) return;
      yield row;
    }
  }

  *all(channel?: Channel): Generator<Row> {
    if (channel === undefined) yield* this.#each(`${ALL} ORDER BY seq`);
    else yield* this.#each(OF, channel);
  }

  *#each(sql: string, ...values: string[]): Generator<Row> {
    for (const row of this.#db.prepare(sql).iterate(...values)) {
      const { channel, id, text } = row as unknown as Row;
      yield { channel, id, text };
    }
  }
}
