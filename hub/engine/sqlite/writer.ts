import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Row } from "./pages.ts";

/** Writes what is said, a transaction at a time. */
export class Writer {
  #db: DatabaseSync;
  #begin: StatementSync;
  #commit: StatementSync;
  #key: StatementSync;
  #channel: StatementSync;
  #message: StatementSync;
  #fact: StatementSync;
  #seq: number;
  #lease: number;

  /** @param seq the greatest there ever was @param lease as it is kept */
  constructor(db: DatabaseSync, { seq, lease }: { seq: number; lease: number }) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#key = db.prepare("SELECT key FROM channels WHERE name = ?");
    this.#channel = db.prepare("INSERT INTO channels (name) VALUES (?)");
    this.#message = db.prepare(
      "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT (channel, id) DO NOTHING",
    );
    this.#fact = db.prepare("UPDATE facts SET value = ? WHERE name = ?");
    this.#seq = seq;
    this.#lease = lease;
  }

  /**
   * Writes messages, all or none; those that are there already are left as they are.
   *
   * @param lease the lease is at least so much then
   * @returns how many rooms are new
   */
  write(rows: Row[], lease: number): number {
    let seq = this.#seq;
    let rooms = 0;
    this.#transact(() => {
      for (const { channel, id, text } of rows) {
        let key = this.#key.get(channel)?.key;
        if (key === undefined) {
          key = this.#channel.run(channel).lastInsertRowid;
          if (channel.startsWith("#")) rooms++;
        }
        this.#message.run(++seq, key, id, text);
      }
      if (lease > this.#lease) this.#fact.run(lease, "lease");
    });
    this.#seq = seq;
    this.#lease = Math.max(this.#lease, lease);
    return rooms;
  }

  /** Keeps a lease. */
  lease(milliseconds: number) {
    this.#fact.run(milliseconds, "lease");
    this.#lease = milliseconds;
  }

  #transact(work: () => void) {
    this.#begin.run();
    try {
      work();
      this.#commit.run();
    } catch (error) {
      // Some failures have rolled it back already.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
