/**
 * What the page reads out of a message: whether it calls somebody, and its beginning in plain words.
 * Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../../names.js";
import { parse } from "./markdown.js";

/** Scripts that put nothing between words, or endings right behind names: `@Annさん`. */
export const UNSPACED = ["Han", "Bopo", "Hira", "Kana", "Hang", "Thai", "Lao", "Khmr", "Mymr"]
  .map((script) => `\\p{Script_Extensions=${script}}`).join("");

/** A letter that makes one word with a letter beside it. */
const WORD = `(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}_]`;

/** No mention begins in a word: `bob@ann.example`. */
const INSIDE = new RegExp(`${WORD}$`, "u");

/** Another name goes on here, or an address or a path: `@annette`, `@ann-x`, `@ann.example`, `@ann/x`. */
const GOES_ON = new RegExp(`^[-.@/\\\\]?${WORD}`, "u");

/** More marks on one letter than a name may have; NFKC takes long for thousands of them. */
const STACKED = /(?<=\p{M}{5})\p{M}+/gu;

/**
 * Does a text call somebody? It does with an `@` before their name, however that is capitalised,
 * when the name is not the beginning of a longer one, and not in code or in an address.
 *
 * @param {string} content
 * @param {string} name in its one form
 */
export function mentions(content, name) {
  if (!/[@＠﹫]/.test(content)) return false;
  const text = keyOf(plain(parse(content), ["a", "code", "pre"]).replace(STACKED, ""));
  const call = `@${keyOf(name)}`;
  for (let at = text.indexOf(call); at >= 0; at = text.indexOf(call, at + 1)) {
    const end = at + call.length;
    const alone = !INSIDE.test(text.slice(Math.max(0, at - 2), at));
    if (alone && !GOES_ON.test(text.slice(end, end + 3))) return true;
  }
  return false;
}

/** UTF-16 units that each grapheme of an excerpt may have, on average. A flag has up to 14. */
const UNITS = 16;

/**
 * The beginning of a message on one line, without the signs that mark it up. Where it is cut it ends
 * with "…", and what looks like one character is never cut in two.
 *
 * @param {string} content
 * @param {number} most graphemes, with the "…"; a text of letters with a hundred accents has fewer
 */
export function excerpt(content, most) {
  const line = plain(parse(content)).replace(/\s+/g, " ").trim();
  const given = line.slice(0, UNITS * most);
  let count = 0;
  let cut = 0;
  for (const { index } of new Intl.Segmenter().segment(given)) {
    if (++count <= most) cut = index;
    else return `${line.slice(0, cut).trimEnd()}…`;
  }
  // The last one that was given may be only a part of one.
  return given.length < line.length ? `${line.slice(0, cut).trimEnd()}…` : line;
}

/** They stand on lines of their own. */
const BLOCKS = ["p", "pre", "blockquote", "li"];

/**
 * A tree as text.
 *
 * @param {import("./inline.js").Node[]} nodes
 * @param {string[]} [without] kinds of marks to pass over
 * @returns {string}
 */
function plain(nodes, without = []) {
  return nodes.map((node) => {
    if (typeof node === "string") return node;
    const { tag, children, number } = node;
    if (without.includes(tag)) return " ";
    const text = plain(children, without);
    if (tag === "blockquote") return `“${text.trim()}”\n`;
    if (tag === "li" && number !== undefined) return `\n${number}. ${text}`;
    return BLOCKS.includes(tag) ? `\n${text}\n` : text;
  }).join("");
}
