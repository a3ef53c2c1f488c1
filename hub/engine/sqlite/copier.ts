import { DatabaseSync, type StatementSync } from "node:sqlite";

/** Pages in the log from which on they are copied into the file: that takes some 3 ms. */
const COPY = 1_000;

/**
 * Pages in the log at which SQLite copies them itself at a commit, and blocks until that is synced; beside
 * those that somebody who reads keeps there.
 */
const MOST = 4 * COPY;

/** Bytes to which the log is cut after a copy: it may have grown while somebody read for long. */
const KEPT = 16 * 1024 * 1024;

/**
 * Copies SQLite's log of changes into its file, without syncing either: whoever uses it syncs the log
 * between {@linkcode hold} and {@linkcode copy}, and the file between that and {@linkcode release}.
 *
 * The log is held by reading, for whose sake SQLite copies nothing that came later, and does not go back
 * to the log's beginning.
 */
export class Copier implements Disposable {
  #db: DatabaseSync;
  #reader: DatabaseSync;
  #state: StatementSync;
  /** Pages that are not in the file at which a copy is made. */
  #due = COPY;
  /** Pages that were in the log when it was held. */
  #held = 0;
  #holding = false;

  /** @param db the file's only connection that writes, which has read something already */
  constructor(path: string, db: DatabaseSync) {
    this.#db = db;
    this.#reader = new DatabaseSync(path);
    this.#state = db.prepare("PRAGMA wal_checkpoint(NOOP)");
    db.exec(`PRAGMA wal_autocheckpoint = ${MOST}; PRAGMA journal_size_limit = ${KEPT}`);
  }

  /**
   * Is the log held? What is written meanwhile keeps SQLite from going back to the log's beginning; and
   * once the log is at {@linkcode MOST}, nobody can go on until SQLite has made a copy.
   */
  get holding(): boolean {
    return this.#holding;
  }

  /** Is it time for a copy? */
  get isDue(): boolean {
    return this.#ahead >= this.#due;
  }

  /** Is it high time? */
  get isOverdue(): boolean {
    return this.#ahead >= this.#due + COPY;
  }

  /** Holds the log as it is. @returns could it be? */
  hold(): boolean {
    if (this.#holding) return false;
    try {
      this.#reader.exec("BEGIN; SELECT 1 FROM facts");
      this.#held = this.#pages.log;
      return this.#holding = true;
    } catch {
      if (this.#reader.isTransaction) this.#reader.exec("ROLLBACK");
      return false;
    }
  }

  /** Copies what was there when the log was held. */
  copy() {
    try {
      this.#db.exec("PRAGMA synchronous = OFF; PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // What could not be copied is still in the log: somebody reads, or the disk is full.
    }
    this.#db.exec("PRAGMA synchronous = NORMAL");
  }

  /** Holds the log no longer. */
  release() {
    this.#reader.exec("COMMIT");
    this.#holding = false;
    const { log, checkpointed } = this.#pages;
    // Where somebody reads for long, as an export does, what came later stays in the log: it is not tried
    // each time.
    const stays = checkpointed < this.#held;
    this.#due = COPY + (stays ? log - checkpointed : 0);
    this.#db.exec(`PRAGMA wal_autocheckpoint = ${MOST + (stays ? log : 0)}`);
  }

  /** Ends reading: nothing can be held any more. */
  [Symbol.dispose]() {
    this.#reader.close();
  }

  /** Pages in the log that are not in the file. */
  get #ahead(): number {
    const { log, checkpointed } = this.#pages;
    return log - checkpointed;
  }

  /** Pages in the log, and how many of them are in the file. */
  get #pages() {
    return this.#state.get() as { log: number; checkpointed: number };
  }
}
