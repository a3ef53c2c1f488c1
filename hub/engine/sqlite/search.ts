import type { DatabaseSync, StatementSync } from "node:sqlite";
import { clock } from "../../base/clock.ts";
import type { Search } from "../engine.ts";
import { Index, termsIn } from "./index.ts";
import { snippetOf } from "./snippet.ts";
import { Sought } from "./sought.ts";
import { prepare } from "./statements.ts";
import { transaction } from "./transaction.ts";

/** Milliseconds after which a search ends with what it has. */
const LOOKING = 20;
/** Milliseconds of these that it spends on putting into the index what was said a moment ago. */
const FILLING = 5;
/** Fewer messages than this are sooner looked into than the index is asked for a beginning. */
const FEW = 8;

const SQL = {
  newest: "SELECT seq, id, text FROM messages WHERE channel = ? AND id < ? ORDER BY id DESC",
  volumes: "SELECT first, id FROM volumes WHERE channel = ? AND first <= ? ORDER BY first DESC",
  few: `SELECT count(*) < ${FEW} AS few FROM (
      SELECT 1 FROM words WHERE words MATCH ? AND rowid <= ? LIMIT ${FEW}
    )`,
  having: `SELECT id, text FROM words JOIN messages ON seq = words.rowid
    WHERE words MATCH ? AND words.rowid <= ? ORDER BY words.rowid DESC`,
  lost: "SELECT lost FROM channels WHERE key = ?",
};

/** A message that was found. */
export interface Found {
  id: string;
  /** The message as wire JSON. */
  text: string;
  /** A part of what it says, as in a `Hit`. */
  snippet: string[];
}

/** What a search has found, newest first. */
export interface Findings {
  hits: Found[];
  /** Was everything looked at? */
  whole: boolean;
  /** Where it was not: all from this id on was, so one goes on before it. */
  next?: string;
}

/** A place in a channel, and the message there, if it may be one that is looked for. */
interface Candidate {
  id: string;
  text?: string;
}

/**
 * Finds messages by their words. A message gets into the index some time after it was said, lest speaking
 * take longer; what is not there yet is looked into one by one.
 */
export class Words {
  readonly #db: DatabaseSync;
  readonly #index: Index;
  readonly #sql: Record<keyof typeof SQL, StatementSync>;

  /** @param db a file with the schema @param volume most messages whose terms the index has together */
  constructor(db: DatabaseSync, volume?: number) {
    this.#db = db;
    this.#index = new Index(db, volume);
    this.#sql = prepare(db, SQL);
  }

  /**
   * Puts messages into the index for about so long, one at least, and tidies it.
   *
   * @returns is there more to do?
   */
  index(milliseconds: number): boolean {
    const start = clock.now();
    return transaction(this.#db, () => {
      const more = this.#index.fill(start + milliseconds / 2);
      let merged = this.#index.merge();
      while (merged && clock.now() < start + milliseconds) merged = this.#index.merge();
      return more || merged;
    });
  }

  /**
   * Looks for messages in which all words are, for a bounded time. The last word may go on in a message;
   * where nothing was typed that is a word or a picture, nothing is found.
   *
   * @param channel its key
   * @param upTo only what was said up to this id
   */
  search(channel: number, { words, before, limit }: Search, upTo: string): Findings {
    const sought = new Sought(words);
    if (sought.empty) return { hits: [], whole: true };
    const until = clock.now() + LOOKING;
    this.#catchUp();
    const hits: Found[] = [];
    // Nothing is between an id and the same with something behind it.
    const end = before !== undefined && before <= upTo ? before : `${upTo}~`;
    for (const { id, text } of this.#candidates(channel, sought, end)) {
      const content: string | undefined = text && JSON.parse(text).content;
      const spans = content && sought.find(content);
      if (spans && hits.length === limit) return { hits, whole: false, next: hits.at(-1)!.id };
      if (spans) hits.push({ id, text: text!, snippet: snippetOf(content, spans) });
      if (clock.now() >= until) return { hits, whole: false, next: id };
    }
    return { hits, whole: true };
  }

  #catchUp() {
    try {
      transaction(this.#db, () => this.#index.fill(clock.now() + FILLING));
    } catch {
      // The disk may be full. Who speaks is told so; for a search there is enough without the index.
    }
  }

  /** Newest first: what is not in the index, then what the index has. */
  *#candidates(channel: number, sought: Sought, end: string): Generator<Candidate, void, void> {
    const indexed = this.#index.end;
    let top = 0;
    for (const row of this.#sql.newest.iterate(channel, end)) {
      const candidate = row as unknown as Candidate & { seq: number };
      if (candidate.seq <= indexed) {
        top = candidate.seq;
        break;
      }
      yield candidate;
    }
    const { lost } = this.#sql.lost.get(channel) as { lost: string };
    for (const row of this.#sql.volumes.iterate(channel, top)) {
      const { first, id } = row as unknown as { first: number; id: string };
      yield* this.#having(first, sought, top);
      // What is before it was let go even earlier.
      if (id <= lost) return;
      yield { id };
    }
  }

  /** What the index has in a volume, up to a `seq`. */
  *#having(volume: number, sought: Sought, top: number): Generator<Candidate, void, void> {
    const terms = termsIn(volume, sought.terms).map((term) => `"${term}"`).join(" ");
    const beginnings = termsIn(volume, sought.beginnings).map((term) => ` "${term}"*`).join("");
    const few = terms !== "" && this.#sql.few.get(terms, top)!.few === 1;
    for (const row of this.#sql.having.iterate(few ? terms : terms + beginnings, top)) {
      yield row as unknown as Candidate;
    }
  }
}
