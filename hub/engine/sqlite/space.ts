import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clock } from "../../base/clock.ts";
import { prepare } from "./statements.ts";
import { transaction } from "./transaction.ts";

/** Pages that are given back between two looks at the clock: each may take 0.1 ms. */
const SLICE = 16;
/** Free pages that are left to the file, for what comes next, however small it is. */
const SPARE = 1_000;
/** Share of the file that may be free. */
const FREE = 1 / 4;

const SQL = {
  pages:
    "SELECT page_count AS pages, freelist_count AS free FROM pragma_page_count, pragma_freelist_count",
  // Each row is a page.
  give: `PRAGMA incremental_vacuum(${SLICE})`,
};

/** What is free in the file: mostly it is used again, and where it is much, given back to the system. */
export class Space {
  readonly #db: DatabaseSync;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  /** @param db a file with the schema */
  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#sql = prepare(db, SQL);
  }

  /** Gives back for about so long what is too much. @returns is there more? */
  give(milliseconds: number): boolean {
    const until = clock.now() + milliseconds;
    const before = this.#surplus;
    if (before <= 0) return false;
    return transaction(this.#db, () => {
      let left = before;
      do {
        this.#sql.give.all();
        left = this.#surplus;
      } while (left > 0 && clock.now() < until);
      return left > 0 && left < before;
    });
  }

  /** Pages that are free and too many. */
  get #surplus(): number {
    const { pages, free } = this.#sql.pages.get() as { pages: number; free: number };
    return free - Math.max(SPARE, pages * FREE);
  }
}
