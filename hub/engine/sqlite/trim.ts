import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clock } from "../../base/clock.ts";
import { Index } from "./index.ts";
import { prepare } from "./statements.ts";
import { transaction } from "./transaction.ts";

/** Messages that are let go between two looks at the clock. */
const SLICE = 32;
/** Messages that are counted between two looks at the clock. */
const COUNTED = 250;
/** Channels of which is known what they lost, with nothing left in them. */
const EMPTY = 10_000;

const SQL = {
  used: `SELECT (page_count - freelist_count) * page_size AS bytes
    FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
  oldest: `SELECT seq, channel, id, text FROM messages ORDER BY seq LIMIT ${SLICE}`,
  over: "SELECT key, kept FROM channels WHERE kept > ? LIMIT 1",
  first: "SELECT seq, channel, id FROM messages WHERE channel = ? ORDER BY id LIMIT ?",
  delete: "DELETE FROM messages WHERE seq = ?",
  lose: `UPDATE channels SET lost = max(lost, ?), kept = kept - ? WHERE key = ?
    RETURNING name, lost`,
  empty: `UPDATE channels SET empty = 1
    WHERE key = ? AND NOT EXISTS (SELECT 1 FROM messages WHERE channel = key)`,
  forget: `DELETE FROM channels WHERE key IN (
      SELECT key FROM channels WHERE empty ORDER BY lost DESC LIMIT -1 OFFSET ?
    ) RETURNING key, lost`,
  volumes: "DELETE FROM volumes WHERE channel = ?",
  buried: "SELECT key FROM channels WHERE name >= '~' LIMIT 1",
  drop: "DELETE FROM channels WHERE key = ?",
  floor: `INSERT INTO facts VALUES ('floor', ?)
    ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`,
  newest: "SELECT max(seq) AS seq FROM messages",
  counted: "SELECT value AS seq FROM facts WHERE name = 'counted'",
  count: `UPDATE channels SET kept = kept + new.messages FROM (
      SELECT channel, count(*) AS messages FROM messages NOT INDEXED
      WHERE seq > ? AND seq <= ? GROUP BY channel
    ) AS new WHERE key = new.channel`,
  advance: "INSERT OR REPLACE INTO facts VALUES ('counted', ?)",
};

/** Where a message is. */
interface Row {
  seq: number;
  channel: number;
  id: string;
}

/** What is kept; without a bound everything is. */
export interface Bounds {
  /** For how long a message is kept, and how many of each channel are. */
  keep?: { milliseconds?: number; messages?: number };
  /** Bytes that everything may take in the file; then the oldest of all messages go first. */
  size?: number;
}

/** Lets go of the oldest messages, once they are over the bounds, and of what was in rooms that were cleared. */
export class Trim {
  /** Channels that lost something, and the id of the newest message that went: to be told, and taken out. */
  readonly losses = new Map<string, string>();
  readonly #db: DatabaseSync;
  readonly #bounds: Bounds;
  readonly #most: number;
  #emptied = 0;
  readonly #index: Index;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  /** @param db a file with the schema @param most channels that are known with nothing left in them */
  constructor(db: DatabaseSync, bounds: Bounds, most: number = EMPTY) {
    this.#db = db;
    this.#bounds = bounds;
    this.#most = most;
    this.#index = new Index(db);
    this.#sql = prepare(db, SQL);
  }

  /** How often a room was left with nothing in it. */
  get emptied(): number {
    return this.#emptied;
  }

  /**
   * Lets go of messages for about so long, of a few at least.
   *
   * @returns is there more to do?
   */
  step(milliseconds: number): boolean {
    const until = clock.now() + milliseconds;
    const losses = new Map<string, string>();
    let emptied = 0;
    const more = transaction(this.#db, () => {
      let more: boolean;
      do {
        const burying = this.#bury();
        const counting = this.#bounds.keep?.messages !== undefined && this.#count();
        const rows = this.#due();
        emptied += this.#letGo(rows, losses);
        more = burying || counting || rows.length > 0;
      } while (more && clock.now() < until);
      return more;
    });
    for (const [name, id] of losses) this.losses.set(name, id);
    this.#emptied += emptied;
    return more;
  }

  /** Lets go of some of what was in a room that was cleared. @returns was there any? */
  #bury(): boolean {
    const key = this.#sql.buried.get()?.key;
    if (key === undefined) return false;
    const rows = this.#sql.first.all(key, SLICE) as unknown as Row[];
    for (const { seq } of rows) {
      this.#index.remove(seq);
      this.#sql.delete.run(seq);
    }
    if (rows.length > 0) this.#index.merge();
    if (rows.length === SLICE) return true;
    this.#sql.volumes.run(key);
    this.#sql.drop.run(key);
    return true;
  }

  /** Some of the messages that are over the bounds. */
  #due(): Row[] {
    const { size, keep: { milliseconds, messages } = {} } = this.#bounds;
    if (size !== undefined && Number(this.#sql.used.get()!.bytes) > size) return this.#oldest();
    if (milliseconds !== undefined) {
      const since = clock.date() - milliseconds;
      // Where the clock was set back, ids are ahead of it.
      const old = this.#oldest().filter(({ text }) =>
        Date.parse(JSON.parse(text).timestamp) < since
      );
      if (old.length > 0) return old;
    }
    const over = messages !== undefined && this.#sql.over.get(messages);
    if (!over) return [];
    const most = Math.min(SLICE, Number(over.kept) - messages);
    return this.#sql.first.all(over.key!, most) as unknown as Row[];
  }

  /** The oldest messages of all, as they came in. */
  #oldest(): (Row & { text: string })[] {
    return this.#sql.oldest.all() as unknown as (Row & { text: string })[];
  }

  /** @returns in how many rooms nothing is left */
  #letGo(rows: Row[], losses: Map<string, string>): number {
    const counted = this.#counted;
    const gone = new Map<number, { id: string; messages: number }>();
    for (const { seq, channel, id } of rows) {
      this.#index.remove(seq);
      this.#sql.delete.run(seq);
      const messages = (gone.get(channel)?.messages ?? 0) + (seq <= counted ? 1 : 0);
      gone.set(channel, { id, messages });
    }
    const emptied: string[] = [];
    for (const [channel, { id, messages }] of gone) {
      const { name, lost } = this.#sql.lose.get(id, messages, channel)! as Record<string, string>;
      losses.set(name!, lost!);
      if (this.#sql.empty.run(channel).changes > 0) emptied.push(name!);
    }
    if (emptied.length > 0) this.#forget();
    // At once: merging takes the longer the more of the index is gone.
    if (rows.length > 0) this.#index.merge();
    return emptied.filter((name) => name.startsWith("#")).length;
  }

  /** Forgets of too many channels that they were there: whatever is empty then may have lost something. */
  #forget() {
    for (const { key, lost } of this.#sql.forget.all(this.#most)) {
      this.#sql.volumes.run(key!);
      this.#sql.floor.run(lost!);
    }
  }

  /** Counts some of the messages that nobody counted yet. @returns are there more? */
  #count(): boolean {
    const newest = Number(this.#sql.newest.get()!.seq);
    const end = Math.min(newest, this.#counted + COUNTED);
    if (end <= this.#counted) return false;
    this.#sql.count.run(this.#counted, end);
    this.#sql.advance.run(end);
    return end < newest;
  }

  /** The `seq` up to which messages are counted. */
  get #counted(): number {
    return Number(this.#sql.counted.get()?.seq ?? 0);
  }
}
