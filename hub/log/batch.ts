import { Buffer } from "node:buffer";
import { type Chat, encode, type Message, PLAIN, type Presence } from "../../messages.ts";

/** One message in a log, encoded once for all its readers. */
export interface Entry {
  /** ULID: the order of the log, and a reader's place in it. */
  readonly id: string;
  readonly type: Message["type"] | "taken";
  /** Whom it is from; empty where it is from nobody. */
  readonly username: string;
  /** The id of the message that it takes back. */
  readonly re?: string;
  /** The message as wire JSON. */
  readonly text: string;
  /** Length of `text` in UTF-8. */
  readonly bytes: number;
  /** Bytes of memory that it takes. */
  readonly held: number;
}

/** What an entry takes beside the characters of its text: two objects, an id and a place in a list. */
const BESIDE = 160;

/** Is it kept, as what is said and what takes that back? All else is told and forgotten. */
export function isKept({ type }: Pick<Entry, "type">): boolean {
  return type === "chat" || isAct({ type });
}

/** Does it take back what was said? */
export function isAct({ type }: Pick<Entry, "type">): boolean {
  return type === "delete" || type === "clear";
}

/** Makes the entry of a message; `id` where the message carries none itself. */
export function entryOf(message: Message, id: string = (message as Chat | Presence).id): Entry {
  const username = "username" in message ? message.username ?? "" : "";
  const re = message.type === "delete" ? message.re : undefined;
  return entryOfText(encode(message), { id, type: message.type, username, re });
}

/** Makes the entry of a message whose text there is already. */
export function entryOfText(
  text: string,
  { id, type, username, re }: Pick<Entry, "id" | "type" | "username" | "re">,
): Entry {
  const bytes = Buffer.byteLength(text);
  // The runtime keeps two bytes for each character of a text where one of them does not fit into one.
  const wide = bytes > text.length && /[^\0-\xff]/.test(text);
  const held = BESIDE + text.length * (wide ? 2 : 1);
  return { id, type, username, re, text, bytes, held };
}

/** A reader's place in a log: what it has read, as the ids of the newest. */
export interface Place {
  /** Chat messages up to this id are read. */
  after: string;
  /** Notices up to this id are read, or left out. */
  heard: string;
}

/** Is it to be told to everybody but whom it is from? */
const isPersonal = ({ type }: Entry) => type === "typing" || type === "leave";

const encoder = new TextEncoder();

const eventOf = ({ type, text, id }: Entry) => `event:${type}\ndata:${text}\nid:${id}\n\n`;

/** What a batch is made of. */
type Contents = Pick<Batch, "room" | "entries" | "at" | "next" | "gap" | "missed">;

/**
 * What a log has for its readers at one place: as much as fits into one frame. Readers at the same
 * place share it, so what is made of it for one is made for all.
 */
export class Batch {
  /** The room's name; absent for an inbox. */
  readonly room: string | undefined;
  readonly entries: readonly Entry[];
  /** The chat message after which it begins. */
  readonly at: string;
  /** Where a reader is once it has read this. */
  readonly next: Place;
  /** Were chat messages before these lost to the log's bounds? */
  readonly gap: boolean;
  /** Were notices of who came and went lost before these? Then it must be told anew who is there. */
  readonly missed: boolean;
  /** Is anybody's writing or leaving among them? Then it is not the same for all. */
  readonly personal: boolean;
  #text?: string;
  #plain?: string[];
  #events?: Uint8Array;

  constructor({ room, entries, at, next, gap, missed }: Contents) {
    this.room = room;
    this.entries = entries;
    this.at = at;
    this.next = next;
    this.gap = gap;
    this.missed = missed;
    this.personal = entries.some(isPersonal);
  }

  /** The entries as NDJSON. */
  get text(): string {
    return this.#text ??= this.entries.map(({ text }) => text).join("\n");
  }

  /** The texts of what a plain client is told, which knows four types only. */
  get plain(): readonly string[] {
    return this.#plain ??= this.#told.map(({ text }) => text);
  }

  /** What a plain client is told as Server-Sent Events, in UTF-8. */
  get events(): Uint8Array {
    return this.#events ??= encoder.encode(this.#told.map(eventOf).join(""));
  }

  get #told(): Entry[] {
    return this.entries.filter(({ type }) => PLAIN.has(type));
  }

  /**
   * The same for somebody who is not told of their own writing; nor of their leaving, which is of before
   * they came, and was told to who asked for it.
   */
  for(username: string): Batch {
    if (!this.personal) return this;
    const entries = this.entries.filter((entry) =>
      entry.username !== username || !isPersonal(entry)
    );
    // The others share what is made of it.
    return entries.length < this.entries.length ? new Batch({ ...this, entries }) : this;
  }
}
