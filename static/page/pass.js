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
  const all = [write, read].flatMap((list) =>
    Array.isArray(list) ? list.filter((each) => typeof each === "string") : []
  );
  const room = all.map(toRoom).find((name) => name);
  const beginning = room || all.includes("*") ? undefined : all[0]?.replace(/\*$/, "");
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
  const key = keyOf(username);
  for (const where of WHERE) {
    const others = sessions(where).filter(([other]) => other !== key);
    const all = session ? [[key, session], ...others] : others;
    remember("session", JSON.stringify(all.slice(0, NAMES)), where);
  }
}

/** Forgets who was here. */
export function forget() {
  remember("token", "");
  for (const where of WHERE) remember("session", "", where);
}

/** Of a tab its own, which may be another person's than that of the newest tab. */
const WHERE = /** @type {const} */ (["sessionStorage", "localStorage"]);

/** Of how many names is kept what the server gave: people change theirs, and change back. */
const NAMES = 8;

/** What the server gave last to somebody of this name. @param {string} name */
function sessionOf(name) {
  for (const where of WHERE) {
    const found = sessions(where).find(([key]) => key === keyOf(name));
    if (found) return `${found[1]}`;
  }
}

/**
 * What the server gave, by name, the newest first.
 *
 * @param {typeof WHERE[number]} where
 * @returns {[key: string, session: string][]}
 */
function sessions(where) {
  try {
    const kept = JSON.parse(recall("session", where) || "[]");
    return kept.filter(Array.isArray);
  } catch {
    // Not of this page.
    return [];
  }
}
