/**
 * Lists in a message: lines that begin with `- `, `* ` or a number, and what is indented below them.
 * Knows nothing of the page.
 *
 * @module
 */
import { inlines, READABLE } from "./inline.js";

/** @typedef {import("./inline.js").Mark} Mark */
/** @typedef {import("./inline.js").Node} Node */
/** @typedef {{ indent: number, number?: number, lines: string[] }} Item */

/** How many lists there may be within each other. */
const DEPTH = 3;

const ITEM = /^([ \t]*)(?:[-*]|(0|[1-9]\d{0,2})\.) +(\S.*)$/;
/** Goes on with the item above it. */
const CONTINUED = /^(?: {2}|\t)\s*\S/;

/**
 * The lists that begin on a line. One dash alone is what it looks like, and makes no list.
 *
 * @param {string[]} lines
 * @param {number} at
 * @returns {import("./markdown.js").Block | undefined}
 */
export function list(lines, at) {
  /** @type {Item[]} */
  const items = [];
  let end = at;
  for (; end < lines.length; end++) {
    const line = lines[end] ?? "";
    const [, space = "", digits, text = ""] = ITEM.exec(line) ?? [];
    if (READABLE.test(text)) {
      const indent = space.replaceAll("\t", "    ").length;
      items.push({ indent, number: digits ? Number(digits) : undefined, lines: [text] });
    } else if (items.length > 0 && CONTINUED.test(line)) items.at(-1)?.lines.push(line.trim());
    else break;
  }
  return items.length > 1 ? { marks: nest(items), end } : undefined;
}

/**
 * Items as lists: one that is indented by two or more is in a list of the item above it.
 *
 * @param {Item[]} items
 */
function nest(items) {
  /** @type {Mark[]} */
  const marks = [];
  /**
   * Where the lists of each depth go, and how far their items are indented.
   *
   * @type {{ indent: number, nodes: Node[] }[]}
   */
  const levels = [];
  /** @type {Node[]} */
  let inner = marks;
  for (const { indent, number, lines } of items) {
    while (indent < (levels.at(-1)?.indent ?? 0)) levels.pop();
    const deeper = indent >= (levels.at(-1)?.indent ?? 0) + 2;
    if (levels.length === 0) levels.push({ indent, nodes: marks });
    else if (deeper && levels.length < DEPTH) levels.push({ indent, nodes: inner });
    inner = inlines(lines);
    append(levels.at(-1)?.nodes ?? marks, { tag: "li", children: inner, number });
  }
  return marks;
}

/**
 * Adds an item to the list at the end, or to a new one when that is of another kind.
 *
 * @param {Node[]} nodes
 * @param {Mark} item
 */
function append(nodes, item) {
  const tag = item.number === undefined ? "ul" : "ol";
  const last = nodes.at(-1);
  if (typeof last === "object" && last.tag === tag) last.children.push(item);
  else nodes.push({ tag, children: [item] });
}
