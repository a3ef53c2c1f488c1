/**
 * What the dialogs ask the server. Knows nothing of the page.
 *
 * @module
 */
import { ask, goesOn, isList, isMessage, isText } from "../server.js";

/**
 * A message that the server found. `snippet`: a part of what it says, in pieces: each second one, from
 * the second on, is what was looked for.
 *
 * @typedef {{ message: import("../../chat.js").ChatMessage, snippet: string[] }} Match
 */

/** How many messages are looked for at a time. */
export const PAGE = 50;

/**
 * The rooms there are, which the server tells a part at a time.
 *
 * @returns {Promise<{ room: string, users: number }[]>}
 */
export async function listRooms() {
  const rooms = [];
  let after = "";
  while (after !== undefined) {
    const part = await ask("list the rooms", `api/rooms?limit=1000&after=${after}`, {
      fits: (part) => isList(part?.rooms, ({ room }) => isText(room)) && goesOn(part.next, after),
    });
    rooms.push(...part.rooms);
    after = part.next;
  }
  return rooms;
}

/**
 * The newest messages of a room in which all of some words are.
 *
 * @param {string} room
 * @param {{ words: string, before?: string, signal: AbortSignal }} what `before`: only what was said
 * before this id
 * @returns {Promise<{ hits: Match[], next?: string }>} newest first; `next`: the id before which it
 * goes on, where there may be others
 * @throws {import("../server.js").Unanswered} with the status 501 where the server searches nothing
 */
export function searchRoom(room, { words, before, signal }) {
  const query = new URLSearchParams({ q: words, limit: String(PAGE), ...before && { before } });
  return ask("search the room", `api/rooms/${room}/search?${query}`, {
    signal,
    fits: (part) =>
      isList(
        part?.hits,
        ({ message, snippet }) =>
          message && isMessage(message) && Array.isArray(snippet) && snippet.every(isText),
      ) && leadsBack(part.next, before),
  });
}

/** Is `next`, if there is one, before the id before which was asked? @param {unknown} next @param {string | undefined} before */
const leadsBack = (next, before) =>
  next === undefined || isText(next) && (before === undefined || next < before);
