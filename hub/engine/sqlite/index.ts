import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clock } from "../../base/clock.ts";
import { prepare } from "./statements.ts";
import { termsOf } from "./terms.ts";

/**
 * Most messages of a volume. To look for the beginning of a word puts together all messages of a volume
 * that have it: 4 ms where half of them do. To look for a rare word takes 0.05 ms for each volume.
 */
const VOLUME = 32_768;
/** Pages that are merged at a time: up to 5 ms, where many of their messages are gone. */
const MERGED = 4;

const SQL = {
  indexed: "SELECT value FROM facts WHERE name = 'indexed'",
  advance: "INSERT OR REPLACE INTO facts VALUES ('indexed', ?)",
  next: "SELECT seq, channel, id, text, takes FROM messages WHERE seq > ? ORDER BY seq",
  add: "INSERT INTO words (rowid, terms) VALUES (?, ?)",
  volume: "SELECT first, messages, id FROM volumes WHERE channel = ? ORDER BY first DESC LIMIT 1",
  save: "INSERT OR REPLACE INTO volumes (channel, first, messages, id) VALUES (?, ?, ?, ?)",
  remove: "DELETE FROM words WHERE rowid = ?",
  merge: `INSERT INTO words (words, rank) VALUES ('merge', ${MERGED})`,
  changes: "SELECT total_changes() AS count",
};

/** Some messages of a channel. */
interface Volume {
  /** The `seq` of the first of them, and its id. */
  first: number;
  id: string;
  /** How many they are. */
  messages: number;
}

/** What is kept, and not in the index yet. */
interface Unindexed {
  seq: number;
  channel: number;
  id: string;
  text: string;
  takes: string | null;
}

/** Puts messages into the index of words. Each method is a part of a transaction. */
export class Index {
  readonly #sql: Record<keyof typeof SQL, StatementSync>;
  readonly #volume: number;

  /** @param db a file with the schema @param volume most messages of a volume */
  constructor(db: DatabaseSync, volume: number = VOLUME) {
    this.#volume = volume;
    this.#sql = prepare(db, SQL);
  }

  /** The `seq` up to which messages are in the index. */
  get end(): number {
    return Number(this.#sql.indexed.get()?.value ?? 0);
  }

  /** Puts messages in until a moment, one at least. @returns are there perhaps more? */
  fill(until: number): boolean {
    const volumes = new Map<number, Volume>();
    let end = 0;
    let more = false;
    for (const row of this.#sql.next.iterate(this.end)) {
      const { seq, channel, id, text, takes } = row as unknown as Unindexed;
      end = seq;
      // What takes something back has no words.
      if (takes !== null) continue;
      let volume = volumes.get(channel) ?? this.#newest(channel);
      if (volume?.messages === this.#volume) {
        this.#save(channel, volume);
        volume = undefined;
      }
      volume ??= { first: seq, id, messages: 0 };
      volumes.set(channel, volume);
      volume.messages++;
      this.#sql.add.run(seq, termsIn(volume.first, termsOf(JSON.parse(text).content)).join(" "));
      more = clock.now() >= until;
      if (more) break;
    }
    for (const [channel, volume] of volumes) this.#save(channel, volume);
    if (end > 0) this.#sql.advance.run(end);
    return more;
  }

  /** Takes out a message, if it is in. */
  remove(seq: number) {
    this.#sql.remove.run(seq);
  }

  /**
   * Merges a little, so that a search has fewer places to look at, and what was taken out is gone.
   *
   * @returns was there anything to do?
   */
  merge(): boolean {
    const before = this.#changes;
    this.#sql.merge.run();
    return this.#changes - before >= 2;
  }

  get #changes(): number {
    return Number(this.#sql.changes.get()!.count);
  }

  /** The volume of a channel that was begun last. */
  #newest(channel: number): Volume | undefined {
    return this.#sql.volume.get(channel) as Volume | undefined;
  }

  #save(channel: number, { first, messages, id }: Volume) {
    this.#sql.save.run(channel, first, messages, id);
  }
}

/** Terms as the index has them for a volume. */
export const termsIn = (first: number, terms: Iterable<string>): string[] =>
  Array.from(terms, (term) => term.replace(":", `:${first.toString(36)}:`));
