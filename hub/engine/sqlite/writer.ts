import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Row } from "./pages.ts";
import { prepare } from "./statements.ts";
import { transaction } from "./transaction.ts";

const SQL = {
  // The newest message may be gone, and its number must not come again for another.
  seq: `SELECT max(coalesce((SELECT max(seq) FROM messages), 0), coalesce(max(value), 0)) AS seq
    FROM facts WHERE name IN ('indexed', 'counted')`,
  lease: "SELECT value AS lease FROM facts WHERE name = 'lease'",
  extend: "UPDATE facts SET value = ? WHERE name = 'lease'",
  key: "SELECT key FROM channels WHERE name = ?",
  channel: "INSERT INTO channels (name) VALUES (?)",
  message: `INSERT INTO messages (seq, channel, id, text) VALUES (?, ?, ?, ?)
    ON CONFLICT (channel, id) DO NOTHING`,
};

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
   * @returns how many rooms are new
   */
  write(rows: Row[], lease: number): number {
    let seq = this.#seq;
    let rooms = 0;
    transaction(this.#db, () => {
      for (const { channel, id, text } of rows) {
        let key = this.#sql.key.get(channel)?.key;
        if (key === undefined) {
          key = this.#sql.channel.run(channel).lastInsertRowid;
          if (channel.startsWith("#")) rooms++;
        }
        this.#sql.message.run(++seq, key, id, text);
      }
      if (lease > this.#lease) this.#sql.extend.run(lease);
    });
    this.#seq = seq;
    this.#lease = Math.max(this.#lease, lease);
    return rooms;
  }
}
