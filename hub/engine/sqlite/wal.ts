import type { DatabaseSync } from "node:sqlite";
import { Copier } from "./copier.ts";
import { fault, StoreError } from "./fault.ts";

/**
 * SQLite's log of changes (the `-wal` file): brings what was written to the disk, while the event loop
 * goes on.
 *
 * With `synchronous = NORMAL`, SQLite syncs the log's header before it writes from the log's beginning
 * again, and the log and then its file when it copies the one into the other, so that nothing is
 * written over before the file has it for good. `FULL` does one thing more, it syncs the log at each
 * commit: that is done here, on the same log, by a thread of the runtime.
 *
 * A {@linkcode Copier copy} is made in the same order: what is synced in the log goes into the file, and
 * then that is synced.
 */
export class Wal implements Disposable {
  #path: string;
  #db: DatabaseSync;
  #log: Deno.FsFile;
  #file: Deno.FsFile;
  #copier: Copier;
  #relief?: Promise<void>;
  #closed = false;
  #fault?: StoreError;

  /** @param db the file's only connection that writes, which has read something already */
  constructor(path: string, db: DatabaseSync) {
    this.#path = path;
    this.#db = db;
    this.#log = Deno.openSync(`${path}-wal`, { write: true });
    this.#file = Deno.openSync(path, { write: true });
    // Whoever had it before may have ended while making a copy, and others who read know it as made.
    this.#file.syncDataSync();
    this.#copier = new Copier(path, db);
  }

  /**
   * Until what was written before the call is on the disk.
   *
   * @throws {StoreError} also later, once it has failed: the system may have forgotten what it could
   * not write, and then a success says nothing of it
   */
  async sync() {
    this.check();
    const held = this.#copier.isDue && this.#copier.hold();
    try {
      await this.#log.syncData();
      if (held && !this.#closed) await this.#copy();
    } catch (error) {
      this.#fault ??= fault("write", this.#path, error);
    }
    this.#look();
    this.check();
  }

  /**
   * Sees to it that the log does not get much longer, also where nobody syncs. Never fails, as what was
   * written before it has not: whoever writes or syncs next is told of a failure.
   */
  relieve() {
    try {
      if (this.copying || !this.#copier.isOverdue) return;
    } catch {
      return;
    }
    // Whoever waits for it, writes or syncs next is told of a failure.
    this.#relief = this.sync().catch(() => {});
  }

  /** Until the log is relieved, if it is being. @throws {StoreError} */
  async relieved() {
    await this.#relief;
    this.#look();
    this.check();
  }

  /** Is a copy being made? What is written meanwhile makes the log longer. */
  get copying(): boolean {
    return this.#copier.holding;
  }

  /** What was written cannot be brought to the disk any more. */
  get fault(): StoreError | undefined {
    return this.#fault;
  }

  /** Is all well? @throws {StoreError} what was written cannot be brought to the disk */
  check() {
    if (this.#fault) throw this.#fault;
  }

  /**
   * Looks whether the file and the log still have their names: what is written to one that was deleted
   * is gone with this process, and nothing else would tell.
   */
  #look() {
    if (this.#fault || this.#closed || hasName(this.#file) && hasName(this.#log)) return;
    this.#fault = new StoreError(
      `Cannot write ${this.#path}: it was deleted, or what is beside it: start the server again`,
    );
  }

  /** Copies the log, as far as it is held and synced, into the file. */
  async #copy() {
    this.#copier.copy();
    await this.#file.syncData();
    if (!this.#closed) this.#copier.release();
  }

  /** Closes everything, the connection too, in order; what is in the log is copied into the file. */
  [Symbol.dispose]() {
    this.#closed = true;
    // The log is all that can be trusted then: to close would be to throw it away. One that was deleted
    // is gone for good unless it is copied now.
    if (this.#fault && (hasName(this.#log) || !hasName(this.#file))) return;
    try {
      // What is copied SQLite does not sync again before it throws the log away.
      if (this.copying) this.#file.syncDataSync();
    } catch {
      return;
    }
    this.#copier[Symbol.dispose]();
    try {
      // So that what is left is one file, to be copied, and read without leave to write beside it.
      this.#db.exec("PRAGMA journal_mode = DELETE");
    } catch {
      // Somebody reads: then the log stays.
    }
    this.#db.close();
    this.#log.close();
    // Last, as that lets go of all locks on the file that this process has.
    this.#file.close();
  }
}

/** Is an open file still in a directory? Not every system says so. */
function hasName(file: Deno.FsFile): boolean {
  return file.statSync().nlink !== 0;
}
