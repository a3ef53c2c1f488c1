/**
 * What every JavaScript peer stamps a message with, so that all servers send equally long ones. Id
 * and time are computed once per millisecond: a peer shall not lose because of its stamps.
 *
 * @module
 */

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

let instant = 0;
let timestamp = "";
let prefix = "";
let count = 0;

/** @param {number} now milliseconds since the epoch */
function tick(now) {
  instant = now;
  timestamp = new Date(now).toISOString();
  prefix = "";
  for (let i = 0; i < 10; i++) {
    prefix = ALPHABET[now % 32] + prefix;
    now = Math.floor(now / 32);
  }
}

/**
 * A chat message as it is sent to everybody in the room.
 *
 * @param {string} username
 * @param {string} room
 * @param {string} content
 */
export function stamp(username, room, content) {
  const now = Date.now();
  if (now !== instant) tick(now);
  const id = prefix + (count++).toString(32).toUpperCase().padStart(16, "0");
  return { type: "chat", username, content, timestamp, id, room };
}

/**
 * Username and room of a request.
 *
 * @param {string} url
 */
export function seat(url) {
  const { searchParams } = new URL(url, "http://localhost");
  return {
    username: searchParams.get("username") ?? "anonymous",
    room: searchParams.get("room") ?? "lobby",
  };
}
