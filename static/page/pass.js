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
 * Whose the invitation is: their username, what they are shown as, and a room that it is for; where it
 * names none, with what its rooms begin.
 *
 * @returns {{ username?: string, name: string, room?: string, beginning?: string }}
 */
export function holder() {
  const claims = claimsOf(invitation());
  const { username = claims.sub, name = username, rooms } = claims;
  const { write = rooms, read } = /** @type {any} */ (rooms) ?? {};
  const all = [write, read].flat().map(textOf);
  const room = all.map(toRoom).find(Boolean);
  const beginning = room ? "" : all.find(Boolean)?.slice(0, -1);
  return { username: toUsername(textOf(username)), name: textOf(name), room, beginning };
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
  remember(slot(username), session ?? "");
}

/** Forgets who was here. @param {string} name */
export function forget(name) {
  remember("token", "");
  remember(slot(name), "");
}

/** Where it is kept what the server gave to somebody of a name: people change theirs, and change back. @param {string} name */
const slot = (name) => `session ${keyOf(name)}`;

/** What the server gave last to somebody of this name. @param {string} name */
const sessionOf = (name) => recall(slot(name)) || undefined;
