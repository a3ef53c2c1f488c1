/// <reference lib="dom" />
/**
 * Where the page's server is, and what it answers. The page may be one path of a bigger site, so it
 * asks for nothing by a path from the root.
 *
 * @module
 */

/** Milliseconds within which an answer must be there. */
const PATIENCE = 15_000;

/** What is wrong where there is no answer, by the name of the error. */
const FAULTS = /** @type {Record<string, string>} */ ({
  TimeoutError: "the server does not answer",
  SyntaxError: "the server's answer makes no sense",
});

/** Where the server begins, seen from here: this is its `v/VERSION/page/server.js`. */
const ROOT = new URL("../../../", import.meta.url);

/** The address of a path on the server, such as `api/rooms`. @param {string} path */
export const address = (path) => new URL(path, ROOT).href;

/**
 * What the server answers to a `GET`.
 *
 * @param {string} what it is asked to do, such as "list the rooms"
 * @param {string} path
 * @param {number} [patience] milliseconds to wait
 * @returns {Promise<any>} the answer, from JSON
 * @throws {Error} that says to a person what could not be done, and why
 */
export async function ask(what, path, patience = PATIENCE) {
  let why;
  try {
    const answer = await fetch(address(path), { signal: AbortSignal.timeout(patience) });
    if (answer.ok) return await answer.json();
    const problem = await answer.json().catch(() => ({}));
    why = problem.detail ?? `the server says ${answer.status}`;
  } catch (fault) {
    why = FAULTS[/** @type {Error} */ (fault).name] ?? "the server cannot be reached";
  }
  throw new Error(`Cannot ${what}: ${why}`);
}

/**
 * The rooms there are, which the server tells a part at a time.
 *
 * @returns {Promise<{ room: string, users: number }[]>}
 */
export async function listRooms() {
  const rooms = [];
  let next = "";
  while (next !== undefined) {
    const part = await ask("list the rooms", `api/rooms?limit=1000&after=${next}`);
    rooms.push(...part.rooms);
    next = part.next;
  }
  return rooms;
}

/** A part of a room's history, oldest first. @typedef {{ messages: import("../chat.js").ChatMessage[], complete: boolean }} Part */

/**
 * What was said in a room.
 *
 * @param {string} room
 * @param {{ limit: number, before?: string, since?: string }} where ids; with neither, the newest
 * @returns {Promise<Part>} `complete`: nothing else was said there
 */
export function readMessages(room, where) {
  const query = new URLSearchParams(
    Object.entries(where).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]]
    ),
  );
  return ask("read what was said", `api/rooms/${room}/messages?${query}`);
}

/** Seconds since the server was started. @returns {Promise<number>} */
export async function readUptime() {
  return (await ask("ask the server", "api/stats")).uptime;
}
