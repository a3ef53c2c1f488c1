import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clock } from "../../base/clock.ts";
import type { Fact } from "../facts.ts";
import { prepare } from "./statements.ts";

const SQL = {
  all: "SELECT name, value, until FROM shared",
  set: "INSERT OR REPLACE INTO shared (name, value, until) VALUES (?, ?, ?)",
  lift: "DELETE FROM shared WHERE name = ?",
  over: "DELETE FROM shared WHERE until <= ?",
};

/** That something is to hold under a name, or nothing. */
export interface Change {
  name: string;
  fact?: Fact;
}

/** What the hub has agreed on, as it is in the file. */
export class Shared {
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  /** @param db a file with the schema */
  constructor(db: DatabaseSync) {
    this.#sql = prepare(db, SQL);
  }

  /** All of it, what is over too. */
  all(): [name: string, fact: Fact][] {
    const rows = this.#sql.all.all() as unknown as {
      name: string;
      value: string;
      until: number | null;
    }[];
    return rows.map((
      { name, value, until },
    ) => [name, until === null ? { value } : { value, until }]);
  }

  /** Writes some changes, as a part of a transaction, and lets go of what is over. */
  write(changes: Change[]) {
    if (changes.length === 0) return;
    for (const { name, fact } of changes) {
      if (fact) this.#sql.set.run(name, fact.value, fact.until ?? null);
      else this.#sql.lift.run(name);
    }
    this.#sql.over.run(clock.date());
  }
}
