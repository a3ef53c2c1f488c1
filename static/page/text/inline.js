/**
 * What is marked within one line: `*italic*`, `_italic_`, `**bold**`, `~~struck~~`, code between
 * backticks, addresses, and `[words](https://example.org/)`. A backslash takes a sign's meaning. In
 * doubt everything stays as it was typed: snake_case, 2 * 3 * 4, paths, emoticons. Knows nothing of
 * the page.
 *
 * @module
 */
import { isLinkable, reach, trim } from "./addresses.js";

/**
 * A part of a message. `address` is where a link leads, `number` is an item's in a list, and
 * `language` is what stands beside the fence of a block of code.
 *
 * @typedef {object} Mark
 * @property {"a" | "blockquote" | "code" | "em" | "li" | "ol" | "p" | "pre" | "s" | "strong" | "ul"} tag
 * @property {Node[]} children
 * @property {string} [address]
 * @property {number} [number]
 * @property {string} [language]
 */
/** @typedef {string | Mark} Node */
/** @typedef {{ sign: string, start: number, nodes: Node[] }} Begun */

/** Where something may begin or end. */
const SIGN = /\\[*_~`[]|`+|\*+|_+|~+|\[|(?<![a-z0-9])https?:\/\//gi;

/** Most lines have nothing of all this, and are done with at once. */
const SOME = /[\\`*_~[]|:\/\//;

/** @type {Record<string, Mark["tag"] | undefined>} */
const TAGS = { "*": "em", "_": "em", "**": "strong", "~~": "s" };

/** The words of a link, and the bracket before its address. */
const LABEL = /\[([^[\]]+)\]\((?=https?:\/\/)/iy;

/** Something to read, and not only the punctuation of a drawing or a path. */
export const READABLE = /[\p{L}\p{N}\p{Extended_Pictographic}]/u;

/** Scripts that put nothing between words. */
const UNSPACED = ["Han", "Bopo", "Hira", "Kana", "Thai", "Lao", "Khmr", "Mymr"]
  .map((script) => `\\p{Script=${script}}`).join("");
/** Stands on either side of words. */
const BESIDE = `\\s"'*_~–—…\\p{Pi}\\p{Pf}\\p{Extended_Pictographic}\\u3000-\\u303F\\uFF01-\\uFF65` +
  UNSPACED;

// A sign that begins something has these on its left and on its right.
const BEFORE = new RegExp(`^$|[${BESIDE}([{¡¿\\p{Ps}]$`, "u");
const FIRST = /^(?![\s,;:!?)\]}/\\\p{Pe}]|\.[^.]|\.$)./u;
// And one that ends something has these.
const LAST = /[^\s([{\p{Ps}]$/u;
const AFTER = new RegExp(`^$|^[${BESIDE})\\]}.,;:!?\\p{Pe}]`, "u");

/**
 * A line as text and marks, in time that grows with its length.
 *
 * @param {string} line
 * @param {boolean} [linked] may there be links in it?
 * @returns {Node[]}
 */
const inline = (line, linked = true) => SOME.test(line) ? new Reader(line, linked).read() : [line];

/**
 * Lines as text and marks. No mark goes on from one line to the next.
 *
 * @param {string[]} lines
 * @returns {Node[]}
 */
export function inlines(lines) {
  /** @type {Node[]} */
  const nodes = [];
  lines.forEach((line, number) => {
    if (number > 0) add(nodes, "\n");
    for (const node of inline(line)) add(nodes, node);
  });
  return nodes;
}

/** @param {Node[]} nodes @param {Node} node */
function add(nodes, node) {
  const last = nodes.at(-1);
  if (typeof node === "string" && typeof last === "string") nodes[nodes.length - 1] = last + node;
  else if (node !== "") nodes.push(node);
}

/** Reads one line. */
class Reader {
  #line;
  #linked;
  /** Everything before it is among the nodes, or has no meaning but its own. */
  #at = 0;
  /**
   * Where a run of so many backticks begins for the last time.
   *
   * @type {Map<number, number>}
   */
  #ticks = new Map();
  /**
   * What has begun and may yet end, below it the line itself. No sign is there twice, which bounds
   * the depth.
   *
   * @type {Begun[]}
   */
  #begun = [{ sign: "", start: 0, nodes: [] }];
  /** Which signs have begun something, or would have without the backslash: those may end it. */
  #met = new Set();

  /** @param {string} line @param {boolean} linked */
  constructor(line, linked) {
    this.#line = line;
    this.#linked = linked;
    for (const { 0: run, index } of line.matchAll(/`+/g)) this.#ticks.set(run.length, index);
  }

  read() {
    for (const { 0: sign, index } of this.#line.matchAll(SIGN)) {
      // It is part of code or of an address.
      if (index < this.#at) continue;
      this.#text(index);
      if (sign.startsWith("\\")) this.#escape(sign, index);
      else if (sign.startsWith("`")) this.#code(sign, index);
      else if (sign in TAGS || sign === "***") this.#mark(sign, index);
      else if (this.#linked && sign === "[") this.#label(index);
      else if (this.#linked && sign.endsWith("/")) this.#address(index);
    }
    this.#text(this.#line.length);
    this.#drop(1);
    return this.#top.nodes;
  }

  get #top() {
    return /** @type {Begun} */ (this.#begun.at(-1));
  }

  /** @param {Node} node */
  #add(node) {
    add(this.#top.nodes, node);
  }

  /** Takes what comes before `end` as it was typed. @param {number} end */
  #text(end) {
    this.#add(this.#line.slice(this.#at, end));
    this.#at = end;
  }

  /** Takes a mark that ends at `end`. @param {Mark} mark @param {number} end */
  #take(mark, end) {
    this.#add(mark);
    this.#at = end;
  }

  /**
   * A backslash stays where the sign could have no meaning: `C:\*.*`, `¯\_(ツ)_/¯`.
   *
   * @param {string} sign
   * @param {number} index
   */
  #escape(sign, index) {
    const { begins, ends } = this.#flanks(index, index + sign.length);
    const meant = sign === "\\[" ? this.#words(index + 1) : begins || ends && this.#met.has(sign);
    if (!meant && sign !== "\\`") return;
    this.#met.add(sign);
    this.#at = index + 1;
  }

  /** @param {string} ticks @param {number} index */
  #code(ticks, index) {
    const { length } = ticks;
    if ((this.#ticks.get(length) ?? -1) <= index) return;
    const run = /`+/g;
    run.lastIndex = index + length;
    let found = run.exec(this.#line);
    while (found && found[0].length !== length) found = run.exec(this.#line);
    if (!found) return;
    const code = this.#line.slice(index + length, found.index);
    if (code.trim() === "") return;
    // A space on either side keeps backticks apart from those around them.
    const inner = code.startsWith(" ") && code.endsWith(" ") ? code.slice(1, -1) : code;
    this.#take({ tag: "code", children: [inner] }, found.index + length);
  }

  /** @param {number} index */
  #address(index) {
    const end = reach(this.#line, index);
    const address = trim(this.#line.slice(index, end));
    // Where none is, no other is looked for within it: that would take the square of its length.
    if (!isLinkable(address)) return this.#text(end);
    this.#take({ tag: "a", children: [address], address }, index + address.length);
  }

  /** @param {number} index */
  #label(index) {
    const words = this.#words(index);
    // With an exclamation mark it would be a picture.
    if (words === undefined || this.#line[index - 1] === "!") return;
    const start = LABEL.lastIndex;
    const end = reach(this.#line, start);
    const address = this.#line.slice(start, end);
    if (this.#line[end] !== ")" || !isLinkable(address)) return;
    this.#take({ tag: "a", children: inline(words, false), address }, end + 1);
  }

  /** What the link that begins here says, if one does. @param {number} index */
  #words(index) {
    LABEL.lastIndex = index;
    const words = LABEL.exec(this.#line)?.[1];
    return words && READABLE.test(words) ? words : undefined;
  }

  /** @param {string} sign @param {number} index */
  #mark(sign, index) {
    const end = index + sign.length;
    const { begins, ends } = this.#flanks(index, end);
    let left = sign;
    while (ends && left) {
      const closed = this.#close(left, index);
      if (closed === undefined) break;
      left = left.slice(closed.length);
      this.#at = end - left.length;
    }
    if (!begins || left !== sign) return;
    for (const each of sign === "***" ? ["**", "*"] : [sign]) {
      const again = this.#begun.findIndex(({ sign }) => sign === each);
      if (again > 0) this.#drop(again);
      this.#met.add(`\\${each[0]}`);
      this.#begun.push({ sign: each, start: end, nodes: [] });
    }
    this.#at = end;
  }

  /**
   * Ends what was begun with this sign. Of three stars each can end its part.
   *
   * @param {string} sign
   * @param {number} index
   * @returns {string | undefined} the sign that it was begun with
   */
  #close(sign, index) {
    const found = this.#begun.findLastIndex((each) =>
      each.sign === sign || sign === "***" && each.sign.startsWith("*")
    );
    const begun = this.#begun[found];
    if (!begun) return undefined;
    const tag = TAGS[begun.sign];
    if (!tag || !READABLE.test(this.#line.slice(begun.start, index))) {
      this.#drop(found);
      return undefined;
    }
    this.#drop(found + 1);
    this.#begun.pop();
    this.#add({ tag, children: begun.nodes });
    return begun.sign;
  }

  /** Takes back what was begun from number `first` on: it stays as it was typed. @param {number} first */
  #drop(first) {
    while (this.#begun.length > first) {
      const { sign, nodes } = /** @type {Begun} */ (this.#begun.pop());
      for (const node of [sign, ...nodes]) this.#add(node);
    }
  }

  /** Can a sign begin or end something, by what is beside it? @param {number} start @param {number} end */
  #flanks(start, end) {
    const left = this.#line.slice(Math.max(0, start - 2), start);
    const right = this.#line.slice(end, end + 2);
    return {
      begins: BEFORE.test(left) && FIRST.test(right),
      ends: LAST.test(left) && AFTER.test(right),
    };
  }
}
