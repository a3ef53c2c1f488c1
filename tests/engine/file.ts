import { DatabaseSync } from "node:sqlite";
import { ulid } from "@std/ulid";
import { clock } from "../../hub/base/clock.ts";
import { VERSIONS } from "../../hub/engine/sqlite/schema.ts";

/** Milliseconds since the epoch at which the first message of a file was said. */
export const START = Date.parse("2026-01-01T00:00:00Z");

/** A file in which messages are put as the engine does. */
export class File implements Disposable {
  readonly db: DatabaseSync;
  readonly #keys = new Map<string, number>();
  #said = 0;

  constructor(path = ":memory:") {
    this.db = new DatabaseSync(path);
    for (const version of VERSIONS) this.db.exec(version);
  }

  /** Says something. @param ahead milliseconds by which its id is ahead of the clock @returns its id */
  say(
    channel: string,
    content: string,
    milliseconds: number = START + this.#said * 1_000,
    ahead: number = 0,
  ): string {
    const seq = ++this.#said;
    const timestamp = new Date(milliseconds).toISOString();
    const id = ulid(milliseconds + ahead).slice(0, 10) + String(seq).padStart(16, "0");
    const text = JSON.stringify({ type: "chat", username: "ann", content, id, timestamp });
    this.db.prepare("INSERT INTO messages (seq, channel, id, text) VALUES (?, ?, ?, ?)").run(
      seq,
      this.key(channel),
      id,
      text,
    );
    return id;
  }

  /** The key of a channel, which is there then. */
  key(name: string): number {
    const key = this.#keys.get(name) ??
      Number(this.db.prepare("INSERT INTO channels (name) VALUES (?)").run(name).lastInsertRowid);
    this.#keys.set(name, key);
    return key;
  }

  /** The number that a query has. */
  count(sql: string): number {
    return Number(Object.values(this.db.prepare(sql).get()!)[0]);
  }

  [Symbol.dispose]() {
    this.db.close();
  }
}

/** A clock that goes on by a millisecond each time that somebody looks at it. */
export class Steps implements Disposable {
  readonly #now = clock.now;
  /** How often somebody looked. */
  count = 0;

  constructor() {
    clock.now = () => ++this.count;
  }

  [Symbol.dispose]() {
    clock.now = this.#now;
  }
}
