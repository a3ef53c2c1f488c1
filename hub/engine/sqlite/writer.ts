import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { Channel } from "../engine.ts";
import type { Row } from "./pages.ts";
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
};

/** Adds so many messages, but for those that are there already. */
function insert(count: number): string {
  const rows = new Array(count).fill("(?, ?, ?, ?)");
  return `INSERT INTO messages (seq, channel, id, text) VALUES ${rows}
    ON CONFLICT (channel, id) DO NOTHING`;
}

/** Writes what is said. */
export class Writer {
  readonly #db: DatabaseSync;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;
  #seq: number;
  #lease: number;

  /** @param db a file with the schema, into which nobody else writes messages */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = prepare(db, SQL);
    this.#seq = this.#sql.seq.get()!.seq as number;
    this.#lease = this.#sql.lease.get()!.lease as number;
  }

  /** Milliseconds since the epoch up to which ids may have been given out. */
  get lease(): number {
    return this.#lease;
  }

  /**
   * Writes messages, all or none; one that is there already is left as it is.
   *
   * @param lease what the lease is at least then
   * @returns in how many rooms there was nothing before
   */
  write(rows: Row[], lease: number): number {
    const seq = this.#seq;
    const keys = new Map<Channel, SQLOutputValue>();
    let newRooms = 0;
    transaction(this.#db, () => {
      for (const { channel, id } of rows) {
        if (keys.has(channel)) continue;
        const found = this.#sql.channel.get(channel);
        const key = found?.key ?? this.#sql.add.run(channel, id).lastInsertRowid;
        if (found?.empty === 1) this.#sql.fill.run(key);
        if (found?.empty !== 0 && channel.startsWith("#")) newRooms++;
        keys.set(channel, key);
      }
      this.#insert(
        rows.map(({ channel, id, text }, i) => [seq + i + 1, keys.get(channel)!, id, text]),
      );
      if (lease > this.#lease) this.#sql.extend.run(lease);
    });
    this.#seq = seq + rows.length;
    this.#lease = Math.max(this.#lease, lease);
    return newRooms;
  }

  #insert(rows: SQLOutputValue[][]) {
    const together = rows.length - rows.length % TOGETHER;
    for (let i = 0; i < together; i += TOGETHER) {
      this.#sql.messages.run(...rows.slice(i, i + TOGETHER).flat());
    }
    for (const row of rows.slice(together)) this.#sql.message.run(...row);
  }
}
