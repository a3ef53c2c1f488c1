/// <reference lib="dom" />
/**
 * By what this browser proves who is in front of it: an invitation, or what the server gave them to come
 * back with as who they were.
 *
 * @module
 */
import { claimsOf } from "../chat.js";
import { keyOf, toRoom, toUsername } from "../names.js";
import { recall, remember } from "./memory.js";

/** The invitation, or what has taken its place; empty: there is none. */
export const invitation = () => recall("token") ?? "";

/**
 * Whose the invitation is: their username, what they are shown as, and a room that it is for.
 *
 * @returns {{ username?: string, name: string, room?: string }}
 */
export function holder() {
  const claims = claimsOf(invitation());
  const { username = claims.sub, name = username, rooms } = claims;
  const { write = rooms } = /** @type {any} */ (rooms) ?? {};
  const [first] = Array.isArray(write) ? write : [];
  return {
    username: toUsername(textOf(username)),
    name: textOf(name),
    room: toRoom(textOf(first)),
  };
}

/** Anybody can write a link: a claim may be anything. @param {unknown} claim */
const textOf = (claim) => typeof claim === "string" ? claim : "";

/** What to connect with by a name. @param {string} name */
export function proofOf(name) {
  const given = invitation();
  return { token: given && (() => invitation() || given), session: sessionOf(name) };
}

/** Keeps what the server gave. @param {import("../chat.js").Chat} chat */
export function keep({ username, token, session }) {
  // It was taken in the place of an invitation that is good no more.
  if (invitation() && token === sessionOf(username)) remember("token", token);
  const record = session && JSON.stringify([keyOf(username), session]);
  for (const where of WHERE) remember("session", record, where);
}

/** Forgets who was here. */
export function forget() {
  remember("token", "");
  for (const where of WHERE) remember("session", "", where);
}

/** Of a tab its own, which may be another person's than that of the newest tab. */
const WHERE = /** @type {const} */ (["sessionStorage", "localStorage"]);

/** What the server gave last to somebody of this name. @param {string} name */
function sessionOf(name) {
  for (const where of WHERE) {
    try {
      const [key, session] = JSON.parse(recall("session", where) || "[]");
      if (key === keyOf(name)) return `${session}`;
    } catch {
      // Not of this page.
    }
  }
}
