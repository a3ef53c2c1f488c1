/// <reference lib="dom" />
/**
 * A message as nodes of the page.
 *
 * @module
 */
import { h } from "../dom.js";
import { parse } from "./markdown.js";

/** @typedef {import("./inline.js").Mark} Mark */

/** One to three pictures alone are shown larger. */
const PICTURES = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

/**
 * What was said as nodes. Whatever it is, it adds the elements of `Mark` and links to web pages, and
 * everything else of it as text.
 *
 * @param {string} content
 * @returns {(Node | string)[]}
 */
export function render(content) {
  if (PICTURES.test(content)) return [h("span", { class: "pictures" }, content)];
  const marks = parse(content);
  const [only] = marks;
  return marks.length === 1 && only?.tag === "p" ? only.children.map(show) : marks.map(show);
}

/**
 * @param {Mark | string} mark
 * @returns {Node | string}
 */
function show(mark) {
  if (typeof mark === "string") return mark;
  const { tag, children, number } = mark;
  if (tag === "a") return link(mark);
  if (tag === "pre") return code(mark);
  // People mix languages: each has its own direction. Paragraphs have it by the style sheet.
  const dir = ["ul", "ol", "blockquote"].includes(tag) ? "auto" : undefined;
  const text = number === undefined ? "• " : `${number}. `;
  const sign = tag === "li" ? [h("span", { class: "sign" }, text)] : [];
  return h(tag, { dir }, ...sign, ...children.map(show));
}

/**
 * A link shows where it leads: its words could say something else, and so could letters that look
 * like others (the title has those as the browser understands them).
 *
 * @param {Mark} mark
 */
function link({ address = "", children }) {
  const { protocol, host, href } = new URL(address);
  const named = children[0] !== address;
  const plain = !named && address.toLowerCase().startsWith(`${protocol}//${host}`);
  const properties = {
    href: address,
    target: "_blank",
    rel: "noopener noreferrer",
    title: plain ? undefined : href,
  };
  const element = h("a", properties, ...children.map(show));
  return named ? h("span", {}, element, " ", h("small", { dir: "ltr" }, `(${host})`)) : element;
}

/**
 * Code. Where its lines are longer than there is room, it scrolls, also by keyboard.
 *
 * @param {Mark} mark
 */
function code({ children, language }) {
  const block = h("pre", { dir: "auto" }, h("code", {}, ...children.map(show)));
  new ResizeObserver(() => {
    const wide = block.scrollWidth > block.clientWidth;
    /** @type {const} */ ([["tabindex", "0"], ["role", "group"], ["aria-label", "Code"]])
      .forEach(([name, value]) =>
        wide ? block.setAttribute(name, value) : block.removeAttribute(name)
      );
  }).observe(block);
  return language ? h("div", { class: "code" }, h("small", {}, language), block) : block;
}
