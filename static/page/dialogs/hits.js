/// <reference lib="dom" />
/**
 * Searching what was said. Knows nothing of the page.
 *
 * @module
 */
import { fold } from "../../names.js";

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/lines.js").Line} Line */
/** A part of a text; `hit`: it is what was looked for. @typedef {{ text: string, hit: boolean }} Piece */
/** A message that was found; `pieces`: an excerpt, where the server made one. @typedef {{ conversation: Conversation, line: Line, pieces?: Piece[] }} Hit */

/** The most hits that are shown. */
export const SHOWN = 100;

/** For how many milliseconds lines are searched at a time. */
const SLICE = 8;

/** How many characters stand before the first hit in an excerpt, and in all of it. */
const BEFORE = 40;
const EXCERPT = 180;

/** The words of a search, folded, each once. @param {string} text */
export const wordsOf = (text) => [...new Set(fold(text).split(/\s+/u).filter(Boolean))];

/**
 * Messages in which all words occur, or in the name of who said them: the newest of them, newest
 * first, and how many there are. Stops now and then, so that keys and messages come through.
 *
 * @param {Conversation[]} conversations
 * @param {string[]} words
 * @param {AbortSignal} signal ends it
 * @returns {Promise<{ hits: Hit[], count: number }>}
 */
export async function search(conversations, words, signal) {
  /** @type {Hit[]} */
  const hits = [];
  let until = performance.now() + SLICE;
  for (const conversation of conversations) {
    for (const line of [...conversation.lines]) {
      if (performance.now() > until) {
        await new Promise((resolve) => setTimeout(resolve));
        signal.throwIfAborted();
        until = performance.now() + SLICE;
      }
      if (line.kind === "chat" && fits(line, words)) hits.push({ conversation, line });
    }
  }
  hits.sort(newestFirst);
  return { hits: hits.slice(0, SHOWN), count: hits.length };
}

/**
 * The hits of two searches, newest first and each once, in the words of the first.
 *
 * @param {Hit[]} some
 * @param {Hit[]} others
 */
export function merge(some, others) {
  const hits = new Map(
    [...others, ...some].map((hit) => [`${hit.conversation.key} ${hit.line.order}`, hit]),
  );
  return [...hits.values()].sort(newestFirst);
}

/** @param {Hit} a @param {Hit} b */
const newestFirst = ({ line: a }, { line: b }) => b.time - a.time || (a.order < b.order ? 1 : -1);

/** @param {Line} line @param {string[]} words */
function fits({ username, name = "", content }, words) {
  const text = fold(`${username}\n${name}\n${content}`);
  return words.every((word) => text.includes(word));
}

/**
 * The part of a text around the first hit, in pieces: what is a hit, and what is between.
 *
 * @param {string} text
 * @param {string[]} words folded
 * @returns {Piece[]}
 */
export function excerptOf(text, words) {
  // As many as seen: an emoji, or a letter with its accents, is one. A line break is a space here.
  const letters = Array.from(
    new Intl.Segmenter().segment(text),
    ({ segment }) => /^\s/.test(segment) ? " " : segment,
  );
  const marked = mark(letters, words);
  const start = Math.max(0, marked.indexOf(true) - BEFORE);
  const end = Math.min(letters.length, start + EXCERPT);
  /** @type {Piece[]} */
  const pieces = [];
  for (let at = start; at < end; at++) {
    const hit = marked[at] === true;
    const last = pieces.at(-1);
    if (last?.hit === hit) last.text += letters[at];
    else pieces.push({ text: letters[at] ?? "", hit });
  }
  if (start > 0) pieces.unshift({ text: "…", hit: false });
  if (end < letters.length) pieces.push({ text: "…", hit: false });
  return pieces;
}

/**
 * Which letters belong to a hit.
 *
 * @param {string[]} letters
 * @param {string[]} words
 */
function mark(letters, words) {
  let folded = "";
  // Folded, a letter may become two or none: which one a place in the folded text belongs to.
  /** @type {number[]} */
  const owners = [];
  letters.forEach((letter, index) => {
    folded += fold(letter);
    while (owners.length < folded.length) owners.push(index);
  });
  const marked = letters.map(() => false);
  for (const word of words) {
    for (let at = folded.indexOf(word); at >= 0; at = folded.indexOf(word, at + word.length)) {
      for (const owner of owners.slice(at, at + word.length)) marked[owner] = true;
    }
  }
  return marked;
}
