/// <reference lib="dom" />
/**
 * What the browser remembers: settings for good, and the place in the chat until the tab is closed.
 *
 * @module
 */

/** @typedef {import("./session.js").Session} Session */

/** How many lines of a private conversation survive a reload. */
const KEPT = 100;

/** For how many milliseconds a server keeps private messages for somebody who is away. */
const AWAY = 10 * 60_000;

/**
 * A setting, or null. Some browsers forbid storage; the page then works without it.
 *
 * @param {string} name
 * @param {"localStorage" | "sessionStorage"} [where]
 * @returns {string | null}
 */
export function recall(name, where = "localStorage") {
  try {
    return globalThis[where].getItem(name);
  } catch {
    return null;
  }
}

/**
 * Remembers a setting.
 *
 * @param {string} name
 * @param {string} value
 * @param {"localStorage" | "sessionStorage"} [where]
 */
export function remember(name, value, where = "localStorage") {
  try {
    globalThis[where].setItem(name, value);
  } catch {
    // Forbidden or full: the setting lasts until the page is closed.
  }
}

/**
 * The place in the chat before a reload, if it was under the same name. Rooms get their history
 * back from the server; private conversations come back as this tab knew them.
 *
 * @param {string} name
 * @returns {{ conversations: Parameters<Session["restore"]>[0], since?: string, inbox?: string }}
 * `since` is how far the room was heard, `inbox` how far the private messages were, as long as the
 * server still has those after it
 */
export function recallPlace(name) {
  try {
    const place = JSON.parse(recall("place", "sessionStorage") ?? "null");
    if (place?.name !== name) return { conversations: [] };
    const { conversations, since, inbox, time } = place;
    return Date.now() - time < AWAY ? { conversations, since, inbox } : { conversations };
  } catch {
    return { conversations: [] };
  }
}

/**
 * Remembers the place in the chat.
 *
 * @param {Session} session
 * @param {string} room the one that will be entered first
 */
export function rememberPlace(session, room) {
  const { name, conversations } = session;
  const place = {
    name,
    time: Date.now(),
    since: session.heard(room),
    inbox: session.heard(),
    conversations: conversations.all.map(({ kind, name, lines, unsent, unread }) => ({
      kind,
      name,
      lines: kind === "person" ? lines.slice(-KEPT) : [],
      unsent,
      unread,
    })),
  };
  remember("place", JSON.stringify(place), "sessionStorage");
}

/** Forgets the place in the chat. */
export function forgetPlace() {
  remember("place", "null", "sessionStorage");
}
