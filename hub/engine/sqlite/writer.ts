import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Channel } from "../engine.ts";
import { Index } from "./index.ts";
import type { Row } from "./pages.ts";
import { type Change, Shared } from "./shared.ts";
import { prepare } from "./statements.ts";
import { transaction } from "./transaction.ts";

/** Messages that are added by one statement: that takes a third less time for each. */
const TOGETHER = 16;

const SQL = {
  // The newest message may be gone, and its number must not come again for another.
  seq: `SELECT max(coalesce((SELECT max(seq) FROM messages), 0), coalesce(max(value), 0)) AS seq
    FROM facts WHERE name IN ('indexed', 'counted')`,
  lease: "SELECT value AS lease FROM facts WHERE name = 'lease'",
  extend: "UPDATE facts SET value = ? WHERE name = 'lease'",
  channel: "SELECT key, empty FROM channels WHERE name = ?",
  fill: "UPDATE channels SET empty = 0 WHERE key = ?",
  // It may have been there before, and lost something. What is imported may be older, and is not lost.
  add: `INSERT INTO channels (name, lost)
    VALUES (?, coalesce((SELECT value FROM facts WHERE name = 'floor' AND value < ?), ''))`,
  message: insert(1),
  messages: insert(TOGETHER),
  bury: "UPDATE channels SET name = '~' || key WHERE key = ?",
  anew: "INSERT INTO channels (name, lost) SELECT ?, lost FROM channels WHERE key = ?",
  take: "DELETE FROM messages WHERE channel = ? AND id = ? AND takes IS NULL RETURNING seq",
  uncount: `UPDATE channels SET kept = kept - 1
    WHERE key = ? AND ? <= (SELECT value FROM facts WHERE name = 'counted')`,
};

/** Adds so many messages, but for those that are there already. */
function insert(count: number): string {
  const rows = new Array(count).fill("(?, ?, ?, ?, ?)");
  return `INSERT INTO messages (seq, channel, id, text, takes) VALUES ${rows}
    ON CONFLICT (channel, id) DO NOTHING`;
}

/** Writes what is said. */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;
  readonly #index: Index;
  readonly #shared: Shared;
  #seq: number;
  #lease: number;

  /** @param db a file with the schema, into which nobody else writes messages */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = prepare(db, SQL);
    this.#index = new Index(db);
    this.#shared = new Shared(db);
    this.#seq = this.#sql.seq.get()!.seq as number;
    this.#lease = this.#sql.lease.get()!.lease as number;
  }

  /** Milliseconds since the epoch up to which ids may have been given out. */
  get lease(): number {
    return this.#lease;
  }

  /** What the hub has agreed on. */
  get shared(): Shared {
    return this.#shared;
  }

  /**
   * Writes messages and changes of what the hub has agreed on, all or none. A message that is there already
   * is left as it is; what one of them takes back is gone then.
   *
   * @param lease what the lease is at least then
   * @returns in how many rooms there was nothing before
   */
  write(rows: Row[], lease: number, changes: Change[] = []): number {
    const seq = this.#seq;
    const keys = new Map<Channel, SQLOutputValue>();
    let newRooms = 0;
    transaction(this.#db, () => {
      const values = rows.map(({ channel, id, text, takes = null }, i) => {
        if (takes === "" || !keys.has(channel)) {
          const { key, isNew } = this.#key(channel, id, takes === "");
          if (isNew && channel.startsWith("#")) newRooms++;
          keys.set(channel, key);
        }
        return [seq + i + 1, keys.get(channel)!, id, text, takes];
      });
      this.#insert(values);
      for (const [, key, , , takes] of values) if (takes) this.#take(key!, takes);
      this.#shared.write(changes);
      if (lease > this.#lease) this.#sql.extend.run(lease);
    });
    this.#seq = seq + rows.length;
    this.#lease = Math.max(this.#lease, lease);
    return newRooms;
  }

  /**
   * The key of a channel in which something is to be written, and whether there was nothing.
   *
   * @param clear is all to go that was there? Then it has another key
   */
  #key(channel: Channel, id: string, clear: boolean) {
    const found = this.#sql.channel.get(channel);
    const isNew = found?.empty !== 0;
    if (!found) return { key: this.#sql.add.run(channel, id).lastInsertRowid, isNew };
    if (!clear) {
      if (isNew) this.#sql.fill.run(found.key!);
      return { key: found.key!, isNew };
    }
    this.#sql.bury.run(found.key!);
    return { key: this.#sql.anew.run(channel, found.key!).lastInsertRowid, isNew };
  }

  /** Takes a message out, with its words. */
  #take(key: SQLOutputValue, id: SQLOutputValue) {
    const found = this.#sql.take.get(key, id);
    if (!found) return;
    this.#index.remove(found.seq as number);
    this.#sql.uncount.run(key, found.seq!);
  }

  #insert(rows: SQLOutputValue[][]) {
    const together = rows.length - rows.length % TOGETHER;
    for (let i = 0; i < together; i += TOGETHER) {
      this.#sql.messages.run(...rows.slice(i, i + TOGETHER).flat());
    }
    for (const row of rows.slice(together)) this.#sql.message.run(...row);
  }
}
