/**
 * The Markdown of chats: what is marked within lines (see inline.js), and lines that belong together:
 * quotes (`> `), lists (`- `, `* `, `1. `), and code between three backticks and three backticks. All
 * else stays as it was typed: headings, tables, pictures, HTML. Whatever a text is, it takes time that
 * grows with its length, nests to a bounded depth, and loses no word. Knows nothing of the page.
 *
 * @module
 */
import { inlines } from "./inline.js";
import { list } from "./lists.js";

/** @typedef {import("./inline.js").Mark} Mark */

/**
 * Lines that are something else than text: what they are, the number of the line after them, and what
 * stands on the first line before it begins.
 *
 * @typedef {{ marks: Mark[], end: number, before?: string }} Block
 */

/** How many quotes there may be within each other. */
const DEPTH = 3;

/** Most lines cannot begin a block, and are done with at once. */
const SOME = /^[>\s*\d-]|```/;
const QUOTE = /^>(?: |$)/;
/** Where code begins: what is before it, and after the backticks its language or its first line. */
const FENCE = /^(|[^`]*\s)(`{3,})([^`]*)$/;
const LANGUAGE = /^[\w+#.-]{1,20}$/;
/** A backslash that keeps a line from being a quote or an item of a list. */
const ESCAPE = /^\\(?=[-*>] )/;

/**
 * A message as a tree of text and marks.
 *
 * @param {string} content
 * @returns {Mark[]} paragraphs, quotes, lists and blocks of code
 */
export const parse = (content) => blocks(content.split(/\r?\n/), 0);

/**
 * @param {string[]} lines
 * @param {number} depth how many quotes they are in
 */
function blocks(lines, depth) {
  const fences = new Fences(lines);
  /** @type {Mark[]} */
  const marks = [];
  /** The first line that is not among the marks yet. */
  let first = 0;
  lines.forEach((line, at) => {
    if (at < first || !SOME.test(line)) return;
    const block = quote(lines, at, depth) ?? fences.code(at) ?? list(lines, at);
    if (!block) return;
    marks.push(...paragraph([...lines.slice(first, at), block.before ?? ""]), ...block.marks);
    first = block.end;
  });
  return [...marks, ...paragraph(lines.slice(first))];
}

/**
 * Lines without the empty ones around them: a block has its own space there.
 *
 * @param {string[]} lines
 * @returns {Mark[]} none where all are empty
 */
function paragraph(lines) {
  const first = lines.findIndex(isFull);
  if (first < 0) return [];
  const full = lines.slice(first, lines.findLastIndex(isFull) + 1);
  return [{ tag: "p", children: inlines(full.map((line) => line.replace(ESCAPE, ""))) }];
}

/**
 * @param {string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {Block | undefined}
 */
function quote(lines, at, depth) {
  // One that began with nothing would be read again and again, to find that it has nothing.
  if (depth === DEPTH || !/^> .*\S/.test(lines[at] ?? "")) return undefined;
  let end = at + 1;
  while (end < lines.length && QUOTE.test(lines[end] ?? "")) end++;
  const inner = lines.slice(at, end).map((line) => line.slice(2));
  return { marks: [{ tag: "blockquote", children: blocks(inner, depth + 1) }], end };
}

/** The code in lines. */
class Fences {
  #lines;
  /** How many backticks each line ends with. */
  #ticks;
  /** The most backticks that a line or one after it ends with. */
  #most;

  /** @param {string[]} lines */
  constructor(lines) {
    this.#lines = lines;
    this.#ticks = lines.map(ticksAfter);
    let most = 0;
    this.#most = this.#ticks.toReversed().map((ticks) => most = Math.max(most, ticks)).reverse();
  }

  /**
   * The code that begins on a line, up to the next that ends with as many backticks.
   *
   * @param {number} at
   * @returns {Block | undefined}
   */
  code(at) {
    const [, before, ticks, info] = FENCE.exec(this.#lines[at] ?? "") ?? [];
    if (!ticks || ticks.length > (this.#most[at + 1] ?? 0)) return undefined;
    const language = info?.trim() ?? "";
    const named = LANGUAGE.test(language);
    if (before && language && !named) return undefined;
    let last = at + 1;
    while ((this.#ticks[last] ?? Infinity) < ticks.length) last++;
    const code = this.#lines.slice(at + 1, last);
    const end = this.#lines[last]?.trimEnd() ?? "";
    const tail = end.slice(0, end.length - ticksAfter(end));
    if (!named && language) code.unshift(language);
    if (isFull(tail)) code.push(tail);
    if (!code.some(isFull)) return undefined;
    /** @type {Mark} */
    const mark = { tag: "pre", children: [code.join("\n")], ...(named && { language }) };
    return { marks: [mark], end: last + 1, before };
  }
}

/** How many backticks a line ends with. @param {string} line */
function ticksAfter(line) {
  const { length } = line.trimEnd();
  let start = length;
  while (line[start - 1] === "`") start--;
  return length - start;
}

/** @param {string} line */
const isFull = (line) => line.trim() !== "";
