/**
 * Where the addresses of web pages are in a text, and what may become a link. Knows nothing of the
 * page.
 *
 * @module
 */

/**
 * No part of an address: spaces, quotes, the brackets and punctuation of Chinese and Japanese, and
 * what cannot be seen and may turn around the order of what can.
 */
const END = new RegExp(
  '[\\s<>"“”„‘’«»…\\p{Cc}\\u3000-\\u3004\\u3008-\\u3020\\uFF01-\\uFF0F\\uFF1A-\\uFF20\\uFF3B-\\uFF3D' +
    "\\uFF5B-\\uFF65]|(?![\\u200C\\u200D])\\p{Cf}",
  "u",
);

/** Punctuation that ends a sentence, and not the address before it. */
const TRAILING = ".,;:!?'*_~";

/**
 * Something with a host of at most 255 characters, which is all that DNS knows, and without what
 * serves to hide the host: a password, as in `https://bank.example@evil.example`, or a sign that
 * passes for the slash after it, as in `https://bank.example∕evil.example`.
 */
const LINKABLE = /^https?:\/\/[^/?#@\\\p{Sm}\u2571]{1,255}(?:[/?#]|$)/iu;

/**
 * Where the address that begins at `start` ends, with the punctuation after it. A bracket ends it
 * that was not opened in it.
 *
 * @param {string} text
 * @param {number} start
 */
export function reach(text, start) {
  let round = 0;
  let square = 0;
  let at = start;
  while (at < text.length) {
    const letter = String.fromCodePoint(/** @type {number} */ (text.codePointAt(at)));
    if (letter === "(") round++;
    else if (letter === "[") square++;
    else if (letter === ")" && --round < 0 || letter === "]" && --square < 0) break;
    else if (END.test(letter)) break;
    at += letter.length;
  }
  return at;
}

/**
 * An address without the punctuation after it.
 *
 * @param {string} address
 */
export function trim(address) {
  let end = address.length;
  while (end > 0 && TRAILING.includes(address.charAt(end - 1))) end--;
  return address.slice(0, end);
}

/**
 * Can a link lead to this address?
 *
 * @param {string} address
 */
export const isLinkable = (address) => LINKABLE.test(address) && URL.canParse(address);
