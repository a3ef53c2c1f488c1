import { Buffer } from "node:buffer";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Part } from "../../base/sorted.ts";
import type { Channel, KeptRoom, Query } from "../engine.ts";
import { prepare } from "./statements.ts";

/**
 * Messages that are read at once. What SQLite has for reading one after the other, `iterate()`, does not
 * tell when it cannot go on: a damaged file would seem a short one.
 */
const AT_ONCE = 200;
/** What comes after every id. */
const END = "~";
const OF = "FROM messages WHERE channel = (SELECT key FROM channels WHERE name = ?2)";
const SQL = {
  past: `SELECT lost, coalesce((
      SELECT id FROM messages WHERE channel = key AND id < ? ORDER BY id DESC LIMIT 1
    ), lost) AS newest, lost AS floor FROM channels WHERE name = ?`,
  floor: "SELECT value AS floor FROM facts WHERE name = 'floor'",
  // Those that are read piece by piece take their place first, and last how many rows are read.
  newest: `SELECT id AS place, id, text ${OF} AND id < ?1 ORDER BY id DESC LIMIT ?3`,
  oldest: `SELECT id AS place, id, text, takes ${OF} AND id > ?1 AND id < ?3 ORDER BY id LIMIT ?4`,
  // A CROSS JOIN takes the table on its left first, so nothing has to be sorted.
  up: `SELECT seq AS place, name AS channel, id, text, takes
    FROM messages CROSS JOIN channels ON key = channel
    WHERE seq > ? AND name < '~' ORDER BY seq LIMIT ?`,
  down: `SELECT seq AS place, name AS channel, id, text
    FROM messages CROSS JOIN channels ON key = channel
    WHERE seq < ? AND name < '~' ORDER BY seq DESC LIMIT ?`,
  count: `SELECT count(*) AS count FROM (SELECT 1 ${OF} AND id > ?1 LIMIT ?3)`,
  before: `SELECT id ${OF} AND id < ?1 AND takes IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?3`,
  // By what takes back, and not by what was said since, which may be very much.
  taken: `SELECT 1 FROM messages INDEXED BY messages_taken
    WHERE channel = (SELECT key FROM channels WHERE name = ?2) AND takes IN ('', ?1) AND +id > ?1
    LIMIT 1`,
  rooms: `SELECT substr(name, 2) AS name, coalesce((
      SELECT id FROM messages WHERE channel = key AND id < ? ORDER BY id DESC LIMIT 1
    ), '') AS head FROM channels WHERE NOT empty AND name > ? AND name < '$' ORDER BY name LIMIT ?`,
  roomCount: "SELECT count(*) AS count FROM channels WHERE NOT empty AND name > '#' AND name < '$'",
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
  /** The id of the message that it takes back, or an empty text where it is all before; else nothing. */
  takes?: string | null;
}

/** What is known of a channel: ids, or empty texts. */
export interface Extent {
  /** Of the newest message there ever was. */
  newest: string;
  /** Of the newest message that is not kept any more. */
  lost: string;
  /** Everything after it is kept, or was never said. */
  floor: string;
}

/** Some messages of a channel, oldest first. */
export interface RowPage extends Extent {
  rows: Row[];
  /** Is this everything that is kept between `since` and `before`? */
  whole: boolean;
}

/** Reads what is kept. */
export class Pages {
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  /** @param db a file with the schema */
  constructor(db: DatabaseSync) {
    this.#sql = prepare(db, SQL);
  }

  past(channel: Channel, upTo = END): Extent {
    // Nothing is between an id and the same with something behind it.
    const known = this.#sql.past.get(`${upTo}!`, channel);
    return (known ?? { newest: "", lost: "", floor: this.#floor }) as unknown as Extent;
  }

  page(
    channel: Channel,
    { since, before = END, limit, bytes: most = Infinity }: Query,
    upTo: string,
  ): RowPage {
    const last = `${upTo}!`;
    const end = before < last ? before : last;
    const found = since === undefined
      ? walk(this.#sql.newest, end, limit + 1, channel)
      : walk(this.#sql.oldest, since, limit + 1, channel, end);
    const rows: Row[] = [];
    let bytes = 0;
    let whole = true;
    for (const { id, text } of found) {
      bytes += Buffer.byteLength(text);
      whole = rows.length < limit && (bytes <= most || rows.length === 0);
      if (!whole) break;
      rows.push({ channel, id, text });
    }
    if (since === undefined) rows.reverse();
    return { rows, whole, ...this.past(channel, upTo) };
  }

  count(channel: Channel, since: string, most: number): number {
    return this.#sql.count.get(since, channel, most)!.count as number;
  }

  before(channel: Channel, count: number, upTo: string): string | undefined {
    // The newest place of all is behind what takes something back, too.
    if (count === 0) return this.past(channel, upTo).newest || undefined;
    return this.#sql.before.get(`${upTo}!`, channel, count)?.id as string | undefined;
  }

  /** Was a message of a channel taken back, as far as that is still known? */
  isTakenBack(channel: Channel, id: string): boolean {
    return this.#sql.taken.get(id, channel) !== undefined;
  }

  rooms({ after = "", most }: Part, upTo: string): KeptRoom[] {
    return this.#sql.rooms.all(`${upTo}!`, `#${after}`, most) as unknown as KeptRoom[];
  }

  countRooms(): number {
    return this.#sql.roomCount.get()!.count as number;
  }

  keyOf(channel: Channel): number | undefined {
    return this.#sql.key.get(channel)?.key as number | undefined;
  }

  /** What is known of channels that are not there, as for one of them. */
  get #floor(): string {
    return (this.#sql.floor.get()?.floor ?? "") as string;
  }

  get random(): string {
    return this.#sql.random.get()!.value as string;
  }

  /** The id of the message that was written last, or an empty text. */
  get last(): string {
    return (this.#sql.last.get()?.id ?? "") as string;
  }

  *recent(since: string, most: number): Generator<Row> {
    const { random } = this;
    for (const { channel, id, text } of walk(this.#sql.down, Number.MAX_SAFE_INTEGER, most)) {
      if (id > since) yield { channel, id, text };
      // What was said here ascends; what was imported may be older than what was written before it.
      else if (id.slice(10, -4) === random) return;
    }
  }

  *all(channel?: Channel): Generator<Row> {
    const found = channel === undefined
      ? walk(this.#sql.up, 0, Infinity)
      : walk(this.#sql.oldest, "", Infinity, channel, END);
    for (const { takes, id, text, ...row } of found) {
      if (takes === null) yield { channel: channel ?? row.channel, id, text };
    }
  }
}

/** Reads up to so many rows from a place on, some at once. */
function* walk(
  statement: StatementSync,
  place: string | number,
  most: number,
  ...values: string[]
): Generator<Row> {
  while (most > 0) {
    const count = Math.min(most, AT_ONCE);
    const rows = statement.all(place, ...values, count) as unknown as (Row & { place: string })[];
    yield* rows;
    if (rows.length < count) return;
    most -= count;
    place = rows.at(-1)!.place;
  }
}
