/**
 * What a moderator has the server do. Knows nothing of the page.
 *
 * @module
 */
import { ask } from "../server.js";

/** How a measure is meant: `for`: seconds, by default for ever; `address`: for all guests from theirs too. @typedef {{ for?: number, why?: string, address?: boolean }} Terms */
/** What holds in a room. @typedef {{ topic?: string, slow?: number, closed?: boolean }} Rules */

/** What can be done about somebody: by which method, at which path. */
const MEASURES = {
  kick: ["DELETE", "users"],
  mute: ["PUT", "mutes"],
  unmute: ["DELETE", "mutes"],
  ban: ["PUT", "bans"],
  unban: ["DELETE", "bans"],
};

/** @typedef {keyof typeof MEASURES} Measure */

/** The path of a room; without one, of everywhere. @param {string} [room] */
const pathOf = (room) => room === undefined ? "api" : `api/rooms/${room}`;

/** @param {string} what @param {string} method @param {string} path @param {object} body */
const order = (what, method, path, body) =>
  ask(what, path, { order: { method, body: JSON.stringify(body) } });

/**
 * Does something about somebody.
 *
 * @param {Measure} measure
 * @param {string} username
 * @param {Terms & { room?: string }} how `room`: where it holds, by default everywhere
 * @throws {import("../server.js").Unanswered}
 */
export function act(measure, username, { room, ...terms }) {
  const [method = "", list = ""] = MEASURES[measure];
  // In an address, dots alone would be steps; a space around a name does not count.
  const name = encodeURIComponent(/^\.\.?$/.test(username) ? `${username} ` : username);
  const path = `${pathOf(room)}/${list}/${name}`;
  return order("do this", method, path, terms);
}

/** Takes back a message. @param {string} room @param {string} id @param {Terms} terms */
export const remove = (room, id, terms) =>
  order("delete the message", "DELETE", `${pathOf(room)}/messages/${id}`, terms);

/** Takes back all that was said in a room. @param {string} room @param {Terms} terms */
export const clear = (room, terms) =>
  order("clear the room", "DELETE", `${pathOf(room)}/messages`, terms);

/** Changes what holds in a room. @param {string} room @param {Rules} rules */
export const change = (room, rules) => order("change the room", "PATCH", pathOf(room), rules);

/** What holds in a room. @param {string} room @returns {Promise<Rules>} */
export const read = (room) => ask("read what holds in the room", pathOf(room));
