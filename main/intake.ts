import { decodeTime } from "@std/ulid";
import type { Channel } from "../hub/engine/engine.ts";
import type { Row, Store } from "../hub/engine/sqlite/store.ts";
import { type Chat, ChatError, encode, LIMITS, parseChat } from "../messages.ts";
import { keyOf } from "../static/names.js";

/** A line that cannot be taken in. The message says which, and what to do. */
export class IntakeError extends Error {
  override name = "IntakeError";
}

/** Rows that are written in one transaction. */
const AT_ONCE = 1_000;
/** Milliseconds by which an id may be ahead of the clock: all that are given after it are, too. */
const AHEAD = 100 * 365 * 24 * 60 * 60_000;

/**
 * Takes messages in, of each channel in the order of their ids. What is there already is passed over,
 * and so is what the bounds of its channel have let go: taking all in again changes nothing.
 */
export class Intake {
  /** Messages that were not there. */
  added = 0;
  /** Messages that were. */
  known = 0;
  #store: Store;
  /** What is to be written. */
  #rows: Row[] = [];
  /** What is known of the channels that were looked at since, as if these were written. */
  #pasts = new Map<Channel, { newest: string; lost: string }>();

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Takes in one message of each line that is not empty. Those before a wrong line are in then.
   *
   * @throws {IntakeError}
   */
  async take(lines: AsyncIterable<Uint8Array>) {
    let number = 0;
    try {
      for await (const line of lines) {
        number++;
        const text = decode(line);
        if (text.trim() !== "") this.#add(parseChat(text));
      }
      this.#write();
    } catch (error) {
      if (!(error instanceof ChatError || error instanceof IntakeError)) throw error;
      this.#write();
      const noJson = error instanceof ChatError && error.code === "bad_json";
      throw new IntakeError(
        `Cannot import line ${number}. ${noJson ? "It is no JSON" : error.message}. ` +
          "What is before it is in: mend it and import all again, which takes nothing in twice",
      );
    }
  }

  #add(message: Chat) {
    const { id, timestamp } = message;
    const time = decodeTime(id);
    // Where the clock was set back, ids go on ahead of it.
    if (time < Date.parse(timestamp)) {
      throw new IntakeError('"timestamp" is after the time that is in "id"');
    }
    if (time > Date.now() + AHEAD) throw new IntakeError('"id" is more than a hundred years ahead');
    const text = encode(message);
    const rows = channelsOf(message).map((channel) => ({ channel, id, text }))
      .filter((row) => !this.#has(row));
    if (rows.length > 0) this.added++;
    else this.known++;
    for (const { channel } of rows) this.#past(channel).newest = id;
    this.#rows.push(...rows);
    if (this.#rows.length >= AT_ONCE || this.#pasts.size >= AT_ONCE) this.#write();
  }

  /** Is it there, or was it let go, or taken back? */
  #has({ channel, id, text }: Row): boolean {
    const { newest, lost } = this.#past(channel);
    if (id > newest) return false;
    if (id <= lost) return true;
    if (this.#rows.length > 0) this.#write();
    const [row] = this.#store.page(channel, { limit: 1 }, id).rows;
    if (row?.id !== id) {
      if (this.#store.isTakenBack(channel, id)) return true;
      throw new IntakeError(
        `${channel} has newer ones already, but not this one: import all that there is of it, ` +
          "sorted by id, into a new directory",
      );
    }
    if (row.text === text) return true;
    throw new IntakeError(`${channel} has another message with this id`);
  }

  #past(channel: Channel): { newest: string; lost: string } {
    let past = this.#pasts.get(channel);
    if (!past) {
      const { newest, lost } = this.#store.past(channel);
      this.#pasts.set(channel, past = { newest, lost });
    }
    return past;
  }

  #write() {
    if (this.#rows.length > 0) {
      // What a server says here next comes after all of them.
      this.#store.write(this.#rows, Math.max(...this.#rows.map(({ id }) => decodeTime(id))));
    }
    this.#rows = [];
    this.#pasts.clear();
  }
}

/** Where a message belongs: to a room, or to the inboxes of two people, who may be one. */
function channelsOf({ room, to, username }: Chat): Channel[] {
  if (to === undefined) return [`#${room!}`];
  return [...new Set([to, username].map((name): Channel => `@${keyOf(name)}`))];
}

/** Reads a line. @throws {IntakeError} where it is too long for a message, or no UTF-8 */
function decode(line: Uint8Array): string {
  if (line.length > LIMITS.frame) {
    throw new IntakeError(`It is over ${LIMITS.frame} bytes, which no message is`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    throw new IntakeError("It is no UTF-8");
  }
}
