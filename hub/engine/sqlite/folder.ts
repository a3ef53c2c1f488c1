import { fault, StoreError } from "./fault.ts";

/** What SQLite puts beside its file: what is not yet in it, and what it needs while it is open. */
const BESIDE = ["", "-wal", "-shm", "-journal"];

/** The directory that the data is in, and the names of its files. */
export class Folder implements Disposable {
  /** SQLite's file. */
  readonly database: string;
  #path: string;
  #lock?: Deno.FsFile;

  private constructor(path: string, lock?: Deno.FsFile) {
    this.#path = path;
    this.database = `${path}/parley.db`;
    this.#lock = lock;
  }

  /**
   * Takes the directory for this process alone until it is disposed of; it is made if it is missing.
   *
   * @throws {StoreError} another process has it, or it cannot be had
   */
  static take(path: string): Folder {
    try {
      make(path);
      // The system lets go of such a lock when the process ends, however it ends. One of SQLite's own
      // would keep out those who only read, too.
      const lock = Deno.openSync(`${path}/parley.lock`, { create: true, write: true });
      if (lock.tryLockSync(true)) return new Folder(path, lock);
      lock.close();
    } catch (error) {
      throw fault("keep data in", path, error);
    }
    throw new StoreError(
      `Cannot keep data in ${path}: another process does: end that one, or name another directory`,
    );
  }

  /**
   * Looks into the directory, whether or not another process has it.
   *
   * @throws {StoreError} there is nothing
   */
  static look(path: string): Folder {
    const folder = new Folder(path);
    try {
      Deno.statSync(folder.database);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw fault("read", path, error);
      throw new StoreError(`Cannot read ${path}: it holds no data: name another directory`);
    }
    return folder;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#files().reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0);
  }

  /** Gives all files another name, and returns that of the database. @throws {StoreError} */
  setAside(): string {
    // Not every system takes a colon in a name.
    const aside = `${this.database}.corrupt-${new Date().toISOString().replaceAll(":", "")}`;
    try {
      for (const [i, file] of this.#files().entries()) {
        if (sizeOf(file) !== undefined) Deno.renameSync(file, aside + BESIDE[i]);
      }
    } catch (error) {
      throw fault("move aside", this.database, error);
    }
    return aside;
  }

  #files(): string[] {
    return BESIDE.map((end) => this.database + end);
  }

  [Symbol.dispose]() {
    this.#lock?.close();
  }
}

/** Makes a directory that only this user can look into, where there is none. */
function make(path: string) {
  try {
    if (Deno.statSync(path).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    try {
      return Deno.mkdirSync(path, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new StoreError(`Cannot keep data in ${path}: make the directory above it first`);
    }
  }
  throw new StoreError(`Cannot keep data in ${path}: it is a file: name a directory`);
}

/** Bytes of a file; undefined where there is none. */
export function sizeOf(file: string): number | undefined {
  try {
    return Deno.statSync(file).size;
  } catch {
    return undefined;
  }
}
