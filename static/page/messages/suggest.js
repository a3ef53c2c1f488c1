/// <reference lib="dom" />
/**
 * What somebody may be about to write: a name, or an emoji. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../../names.js";
import { UNSPACED } from "../text/text.js";

/** The most that is suggested at once. */
export const SUGGESTED = 8;

/** What a sign may follow: not a letter, so that e-mail addresses, times and `http://` are left alone. */
const BEFORE = `(?<=^|[\\s\\p{Ps}\\p{Pi}"'*>|—–、。，！？：；…${UNSPACED}])`;
/** A name may have spaces, and is 32 characters at most. */
const NAME = new RegExp(`${BEFORE}@([^\\s@][^\\n@]{0,40})$`, "u");
const EMOJI = new RegExp(`${BEFORE}:([a-z0-9_+-]{2,40})(:?)$`, "iu");

/**
 * What is being written at the caret and could be completed.
 *
 * @param {string} text
 * @param {number} caret
 * @returns {{ kind: "name" | "emoji", start: number, query: string, ended: boolean } | undefined}
 * `start`: where its sign is; `ended`: is there a second colon?
 */
export function wanted(text, caret) {
  const before = text.slice(0, caret);
  const found = EMOJI.exec(before) ?? NAME.exec(before);
  if (!found || /^[\p{L}\p{M}\p{N}_]/u.test(text.slice(caret)) || isCode(before)) return;
  const [whole, query = "", end] = found;
  const kind = whole.startsWith(":") ? "emoji" : "name";
  return { kind, start: found.index, query, ended: end === ":" };
}

/** Does a text end inside of code? @param {string} text */
function isCode(text) {
  const fences = text.match(/^ {0,3}```/gm) ?? [];
  const line = text.slice(text.lastIndexOf("\n") + 1);
  const marks = line.match(/`+/g) ?? [];
  return fences.length % 2 === 1 || marks.length % 2 === 1;
}

/**
 * Names that begin with what was written, or in which a later word does.
 *
 * @param {string} query
 * @param {Iterable<string>} names those that are more likely first
 * @returns {{ names: string[], isName: boolean }} `isName`: what was written is one of them already
 */
export function suggestNames(query, names) {
  const wanted = keyOf(query);
  const written = wanted.trimEnd();
  /** @type {Map<string, { name: string, rank: number }>} */
  const found = new Map();
  for (const name of names) {
    const key = keyOf(name);
    const rank = key === written
      ? 0
      : key.startsWith(wanted)
      ? 1
      : key.includes(` ${wanted}`)
      ? 2
      : 3;
    if (rank < 3 && !found.has(key)) found.set(key, { name, rank });
  }
  const isName = found.has(written);
  // There is nothing to complete, or somebody has gone on after a whole name.
  if (isName && (found.size === 1 || query !== query.trimEnd())) found.clear();
  const sorted = [...found.values()].sort((a, b) => a.rank - b.rank).slice(0, SUGGESTED);
  return { names: sorted.map(({ name }) => name), isName };
}
