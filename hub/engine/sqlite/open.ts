import { DatabaseSync } from "node:sqlite";
import { ulid } from "@std/ulid";
import { fault, StoreError } from "./fault.ts";
import { sizeOf } from "./folder.ts";
import { VERSIONS } from "./schema.ts";
import { transaction } from "./transaction.ts";

/** Says in a file that it is ours: `Parl`. */
const OURS = 0x5061726c;

/** How long to wait for others who have the file, in milliseconds: nothing else happens meanwhile. */
const PATIENCE = 500;

/** Reads the file in a few places, so that most damage is seen before anything is written. */
const CHECKS = [
  "SELECT * FROM facts",
  "SELECT min(key), max(key) FROM channels",
  "SELECT min(name), max(name) FROM channels",
  "SELECT * FROM messages ORDER BY seq LIMIT 1",
  "SELECT * FROM messages ORDER BY seq DESC LIMIT 1",
  "SELECT * FROM messages ORDER BY channel, id LIMIT 1",
  "SELECT * FROM messages ORDER BY channel DESC, id DESC LIMIT 1",
  "SELECT rowid FROM words WHERE words MATCH 'parley' LIMIT 1",
];

export interface OpenOptions {
  /** Only to read it: nothing is made or changed. */
  readonly?: boolean;
  /** Is all of the file read first, to see whether it is damaged? That takes seconds for each GB. */
  thorough?: boolean;
  /** @default VERSIONS */
  versions?: readonly string[];
}

/**
 * Opens SQLite's file, or makes it, and brings it to the newest version. What it throws for is left as it
 * is, the log beside it, too.
 *
 * @throws {DamageError} it is damaged
 * @throws {StoreError} it cannot be had, or is none of ours
 */
export function openDatabase(path: string, options: OpenOptions = {}): DatabaseSync {
  const { readonly = false, thorough = false, versions = VERSIONS } = options;
  let db: DatabaseSync | undefined;
  let version = 0;
  const look = (readOnly: boolean, thorough: boolean) => {
    db = new DatabaseSync(path, { readOnly, timeout: PATIENCE });
    version = versionOf(db, path, versions.length);
    if (version > 0) check(db, thorough);
    return db;
  };
  try {
    // Who could write would copy the log into the file when closing it, whatever that is.
    const looked = hasLog(path) && !readonly;
    if (looked) look(true, thorough).close();
    db = look(readonly, thorough && !looked);
    if (!readonly) prepare(db);
    else if (version < versions.length) {
      throw new StoreError(`Cannot read ${path}: an older Parley wrote it: start the server once`);
    }
    if (version < versions.length) migrate(db, versions, version);
    return db;
  } catch (error) {
    if (db?.isOpen) db.close();
    throw fault(readonly ? "read" : "open", path, error);
  }
}

/** Is there something in the log that may not be in the file? */
function hasLog(path: string): boolean {
  if (!sizeOf(`${path}-wal`)) return false;
  // SQLite would throw the log away.
  if (!sizeOf(path)) throw new Error("malformed: its log is there, and nothing else");
  return true;
}

/** The version of what is in the file, 0 where it is empty. */
function versionOf(db: DatabaseSync, path: string, newest: number): number {
  const number = (pragma: string) =>
    Object.values(db.prepare(`PRAGMA ${pragma}`).get()!)[0] as number;
  const version = number("user_version");
  const ours = number("application_id") === OURS;
  if (!ours && db.prepare("SELECT 1 FROM sqlite_schema").get()) {
    throw new StoreError(`Cannot open ${path}: another program wrote it: name another directory`);
  }
  if (version > newest) {
    throw new StoreError(
      `Cannot open ${path}: a newer Parley wrote it (version ${version}, and this one knows ` +
        `${newest}): start that one`,
    );
  }
  return version;
}

/** Reads so much of it that damage is seen. */
function check(db: DatabaseSync, thorough?: boolean) {
  if (thorough) {
    const [fault] = Object.values(db.prepare("PRAGMA integrity_check(1)").get()!);
    if (fault !== "ok") throw new Error(`malformed: ${fault}`);
  }
  for (const sql of CHECKS) db.prepare(sql).get();
}

/** Settings that a file or a connection needs for being written to. */
function prepare(db: DatabaseSync) {
  // Only a file in which there is nothing yet can be made so that its space can be given back.
  db.exec("PRAGMA auto_vacuum = INCREMENTAL");
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -8192");
  // What is taken back, or let go, is overwritten with zeros.
  db.exec("PRAGMA secure_delete = ON");
}

/** Makes each version of the one before, all or nothing. */
function migrate(db: DatabaseSync, versions: readonly string[], version: number) {
  transaction(db, () => {
    for (const sql of versions.slice(version)) db.exec(sql);
    if (version === 0) {
      db.exec(`PRAGMA application_id = ${OURS}`);
      const fact = db.prepare("INSERT INTO facts VALUES (?, ?)");
      fact.run("random", ulid().slice(10, -4));
      fact.run("lease", 0);
    }
    db.exec(`PRAGMA user_version = ${versions.length}`);
  });
}
