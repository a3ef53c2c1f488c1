/// <reference lib="dom" />
/**
 * What the browser remembers for the page: settings for good, and what belongs to a tab until it is
 * closed. Two pages under different paths of a site have nothing in common.
 *
 * @module
 */

/** @typedef {"localStorage" | "sessionStorage"} Where */

/** Begins the name of everything the page stores. The same is in early.js. */
export const PREFIX = `parley${
  new URL(".", globalThis.location?.href ?? "http://localhost/").pathname
}`;

/**
 * What could not be stored, for as long as the page is there.
 *
 * @type {Map<string, string>}
 */
const held = new Map();

/**
 * Something remembered, or null.
 *
 * @param {string} name
 * @param {Where} [where]
 * @returns {string | null}
 */
export function recall(name, where = "localStorage") {
  const known = held.get(where + name);
  if (known !== undefined) return known;
  try {
    return globalThis[where].getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/**
 * Remembers something. Where storage is forbidden or full, only until the page is closed.
 *
 * @param {string} name
 * @param {string} value
 * @param {Where} [where]
 */
export function remember(name, value, where = "localStorage") {
  try {
    globalThis[where].setItem(PREFIX + name, value);
    held.delete(where + name);
  } catch {
    held.set(where + name, value);
  }
}
