/**
 * What is a word, for the index and for whoever looks into a message: the same for both, so that what
 * the index finds is in the message.
 *
 * - A *word* is letters and digits, whatever their case and accents.
 * - A *run* is text in a script that writes without spaces between words, or, as Korean does, with much
 *   hung on to them. Any part of it is found: the index has its pairs of characters.
 * - A *picture* is an emoji, or one part of it.
 *
 * The terms take as much room as a third of English text, and two thirds of Chinese. SQLite's own
 * `unicode61` finds no part of a run; its `trigram` takes as much for Chinese, and nearly three times as
 * much for English, and finds nothing of two characters, as most Chinese words are.
 *
 * @module
 */
import { fold } from "../../../static/names.js";

const SCRIPTS = [
  "Han",
  "Hiragana",
  "Katakana",
  "Bopomofo",
  "Hangul",
  "Thai",
  "Lao",
  "Khmer",
  "Myanmar",
];
const SPACELESS = `[${SCRIPTS.map((script) => `\\p{scx=${script}}`).join("")}]`;
const WRITTEN = "[\\p{L}\\p{N}\\p{M}]";
const PIECES = new RegExp(
  `(?<run>[${WRITTEN}&&${SPACELESS}]+)|(?<word>[${WRITTEN}--${SPACELESS}]+)|` +
    "\\p{RI}{2}|\\p{Extended_Pictographic}",
  "gv",
);
/** Accents of all scripts, but for those that make another letter of a kana. */
const ACCENTS = /[[\p{M}&&\p{Script=Inherited}]--[\u3099\u309A]]+/gv;
const UNWRITTEN = /[^\p{L}\p{N}\p{M}]+/gu;
/** How many UTF-16 units of a word are its head. */
export const HEAD = 2;
/** How many UTF-16 units of a word the index has: it may find too much, and who uses it looks again. */
const INDEXED = 64;

/** A word, a run or a picture in a text. */
export interface Piece {
  kind: "word" | "run" | "picture";
  /** Without its case and accents. */
  text: string;
  /** Where it begins and ends in the text, in UTF-16 units. */
  start: number;
  end: number;
}

/** The words, runs and pictures of a text, in order. */
export function* piecesOf(text: string): Generator<Piece, void, void> {
  for (const { 0: found, index: start, groups } of text.matchAll(PIECES)) {
    const kind = groups!.run ? "run" : groups!.word ? "word" : "picture";
    const folded = kind === "picture" ? found : bare(found);
    if (folded) yield { kind, text: folded, start, end: start + found.length };
  }
}

/**
 * The terms under which the index has a text: each as a head, by which the index is sorted first, a colon
 * and the rest.
 */
export function termsOf(text: string): Set<string> {
  if (/^[\0-\x7f]*$/.test(text)) {
    return new Set(text.toLowerCase().match(/[a-z0-9]+/g)?.map(termOf));
  }
  const terms = new Set<string>();
  for (const piece of piecesOf(text)) {
    if (piece.kind !== "run") terms.add(termOf(piece.text));
    else for (const pair of pairsOf(piece.text)) terms.add(pair);
  }
  return terms;
}

/** The term of a word or a picture. Two words of which one begins the other have terms which do so too. */
export const termOf = (word: string): string =>
  `${word.slice(0, HEAD)}:${word.slice(HEAD, INDEXED)}`.toWellFormed();

/** Terms of each character of a run with the one behind it, and of the last alone: one for each of them. */
export function pairsOf(run: string): string[] {
  const characters = [...run];
  return characters.map((character, i) => `${character}:${characters[i + 1] ?? ""}`);
}

/** A word or a run without its case and accents. */
function bare(written: string): string {
  if (/^[\0-\x7f]*$/.test(written)) return written.toLowerCase();
  return fold(written.normalize("NFKD").replace(ACCENTS, "")).normalize("NFKC")
    .replace(UNWRITTEN, "");
}
