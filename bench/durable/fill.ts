/**
 * Makes what a server has kept for a month, without saying all of it.
 *
 * @module
 */
import { Store } from "../../hub/engine/sqlite/store.ts";
import { digitsOf } from "../../hub/log/ids.ts";

/** How much was said. */
export interface Amount {
  rooms: number;
  /** Messages of each room. */
  each: number;
}

/** Over how long it was said, and how long ago the last of it, in milliseconds. */
const SPAN = 30 * 24 * 3_600_000;
const AGO = 600_000;
/** Messages that are written at once. */
const TOGETHER = 10_000;
const WORDS = "shall we meet at six by the river or later in town where there is tea and some cake"
  .split(" ");

/** The name of a room by its number. */
export const roomOf = (number: number) => `room-${String(number).padStart(6, "0")}`;

/**
 * Fills a directory. All rooms talk at the same time, so what is said in one lies scattered over the
 * file; and all words are known to the search.
 *
 * @returns the ids, by when they were said: the nth in the room of number n modulo the rooms
 */
export function fill(directory: string, { rooms, each }: Amount): string[] {
  using store = Store.open(directory);
  const count = rooms * each;
  const begin = Date.now() - AGO - SPAN;
  const ids = Array.from(
    { length: count },
    (_, n) => digitsOf(Math.floor(begin + n * SPAN / count)) + store.random + "0000",
  );
  for (let from = 0; from < count; from += TOGETHER) {
    const rows = ids.slice(from, from + TOGETHER).map((id, i) => {
      const n = from + i;
      const room = roomOf(n % rooms);
      return {
        channel: `#${room}` as const,
        id,
        text: said(n, id, room, begin + n * SPAN / count),
      };
    });
    store.write(rows, Date.now() - AGO);
  }
  while (store.tidy(1_000));
  return ids;
}

/** What was said, as wire JSON. */
function said(n: number, id: string, room: string, time: number): string {
  const username = `person-${n % 97}`;
  const content = Array.from(
    { length: 3 + n % 20 },
    (_, i) => WORDS[(n * 7 + i * 5) % WORDS.length],
  )
    .join(" ");
  const timestamp = new Date(time).toISOString();
  return JSON.stringify({ type: "chat", username, content, id, timestamp, room });
}
