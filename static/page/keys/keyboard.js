/// <reference lib="dom" />
/**
 * What a key means. Knows nothing of the page.
 *
 * @module
 */

/**
 * What somebody can ask for with a key, wherever they are.
 *
 * @typedef {"finder" | "search" | "help" | "write" | "newest" | "page up" | "page down" |
 *   "previous" | "next" | "previous unread" | "next unread"} Wish
 */

/**
 * Where the focus is: in the message box, in another field, or where nothing is typed.
 *
 * @typedef {"box" | "field" | "page"} Place
 */

/** Keys without a letter that do something in the message box, or elsewhere on the page. */
const PLAIN = /** @type {Record<string, { wish: Wish, place?: Place }>} */ ({
  Escape: { wish: "newest" },
  PageUp: { wish: "page up", place: "box" },
  PageDown: { wish: "page down", place: "box" },
});

/** Is this a machine on which ⌘ takes the part of Ctrl? */
export const isMac = () => /^(Mac|iP)/.test(navigator.platform);

/**
 * Does a key belong to an input method, in which Enter and the arrows choose a word? WebKit tells the
 * Enter that ends it after its end, and knows it by this code alone.
 *
 * @param {KeyboardEvent} event
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/**
 * The letter on a key, also where the keyboard has another alphabet: then it is the one that stands
 * there on a Latin keyboard.
 *
 * @param {KeyboardEvent} event
 */
function letter({ key, code }) {
  const latin = /^[ -~]$/.test(key) ? key : code.replace(/^Key(?=[A-Z]$)/, "");
  return latin.toLowerCase();
}

/**
 * What a key asks for, if it is anything that this page knows.
 *
 * @param {KeyboardEvent} event
 * @param {{ mac: boolean, place: Place }} where `mac`: ⌘ takes the part of Ctrl
 * @returns {Wish | undefined}
 */
export function wishOf(event, { mac, place }) {
  if (isComposing(event)) return;
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  const [command, other] = mac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  if (command && !other && !altKey) {
    if (key === "/") return "help";
    if (letter(event) === "k" && !shiftKey) return "finder";
    return letter(event) === "f" && shiftKey ? "search" : undefined;
  }
  if (altKey && !ctrlKey && !metaKey && place !== "field") {
    if (key === "ArrowUp") return shiftKey ? "previous unread" : "previous";
    if (key === "ArrowDown") return shiftKey ? "next unread" : "next";
  }
  if (!altKey && !ctrlKey && !metaKey && !shiftKey) {
    const plain = PLAIN[key];
    if (plain && (plain.place ?? place) === place) return plain.wish;
  }
  if (place === "page" && isWritten(event, mac)) return key === "?" ? "help" : "write";
}

/**
 * Does a key write something? Space does not count: on the page it scrolls, and presses buttons.
 *
 * @param {KeyboardEvent} event
 * @param {boolean} mac
 */
export function isWritten(event, mac) {
  const { key, altKey, ctrlKey, metaKey } = event;
  // Windows tells the right Alt key, with which many keyboards write @ and €, as Ctrl and Alt.
  const level3 = event.getModifierState("AltGraph") || mac && altKey && !ctrlKey;
  return key !== " " && [...key].length === 1 && !metaKey && (level3 || !altKey && !ctrlKey);
}

/**
 * The item before or after another one, around the end; with `wanted`, the nearest that is wanted.
 *
 * @template T
 * @param {T[]} items
 * @param {T} current
 * @param {1 | -1} direction
 * @param {(item: T) => boolean} [wanted]
 * @returns {T | undefined} nothing where there is no other one
 */
export function beside(items, current, direction, wanted = () => true) {
  const { length } = items;
  const start = items.indexOf(current);
  for (let step = 1; step < length; step++) {
    const item = items[(start + direction * step + length) % length];
    if (item !== undefined && wanted(item)) return item;
  }
}
