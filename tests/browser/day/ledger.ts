import type { ChatMessage, Message } from "../../../static/chat.js";
import { keyOf } from "../../../static/names.js";

/** Something said. */
export interface Said {
  id: string;
  username: string;
  content: string;
}

/** Key of a conversation: that of a room, or of the other one in private. */
export function placeOf({ room, to, username }: ChatMessage, me: string): string {
  if (room !== undefined) return `room:${room}`;
  return `person:${keyOf(keyOf(username) === keyOf(me) ? to ?? me : username)}`;
}

/**
 * Everything said in the rooms, and in private to and by one person, as those around the person know
 * it: who says something is told so, and others listen.
 */
export class Ledger {
  /** When the server was killed, in milliseconds since the epoch: what was said last may not be known. */
  readonly crashes: number[] = [];
  /** Private messages from before this time may be lost; in milliseconds since the epoch. */
  floor = 0;
  #me: string;
  #places = new Map<string, Map<string, Said>>();
  #sorted = new Map<string, Said[]>();

  constructor(me: string) {
    this.#me = me;
  }

  /** How much was said. */
  get size(): number {
    return [...this.#places.values()].reduce((sum, { size }) => sum + size, 0);
  }

  get places(): string[] {
    return [...this.#places.keys()];
  }

  add(message: Message) {
    if (message.type !== "chat") return;
    const { id, username, content, to } = message;
    if (to !== undefined && ![to, username].some((name) => keyOf(name) === keyOf(this.#me))) return;
    const place = placeOf(message, this.#me);
    const known = this.#places.get(place) ?? new Map<string, Said>();
    this.#places.set(place, known);
    if (known.has(id)) return;
    known.set(id, { id, username, content });
    this.#sorted.delete(place);
  }

  /** What was said somewhere, in order. */
  of(place: string): readonly Said[] {
    const known = this.#sorted.get(place);
    if (known) return known;
    const all = [...this.#places.get(place)?.values() ?? []];
    all.sort((a, b) => a.id < b.id ? -1 : 1);
    this.#sorted.set(place, all);
    return all;
  }

  get(place: string, id: string): Said | undefined {
    return this.#places.get(place)?.get(id);
  }

  /** Was this text said somewhere, and how often? */
  count(place: string, content: string): number {
    return this.of(place).filter((said) => said.content === content).length;
  }

  /** May something of this id have been said without anybody here being told? */
  mayHave(id: string): boolean {
    const time = timeOf(id);
    return this.crashes.some((crash) => time > crash - 5_000 && time < crash + 1_000);
  }
}

const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** When an id was given, in milliseconds since the epoch. */
export const timeOf = (id: string): number =>
  [...id.slice(0, 10)].reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
