/// <reference lib="dom" />
/**
 * The few things the page does with elements. What people write becomes text nodes here and nothing
 * else: no function of the page takes HTML.
 *
 * @module
 */
import { keyOf } from "../names.js";

/**
 * Makes an element. `role`, `class`, `for` and names with a dash become attributes, the others
 * properties; those that are `undefined` are left out.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children strings become text nodes
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name.includes("-") || ["role", "class", "for"].includes(name)) {
      element.setAttribute(name, value);
    } else {
      /** @type {any} */ (element)[name] = value;
    }
  }
  element.append(...children);
  return element;
}

/**
 * The element of the page with this id.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 * @throws {Error} when the page has none
 */
export function find(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`Cannot find the element #${id}: the page does not have it`);
  return /** @type {T} */ (element);
}

/**
 * Makes `nodes` the children of `parent` and touches only those that differ, so that the others
 * keep their focus, selection and animations.
 *
 * @param {Element} parent
 * @param {Element[]} nodes
 */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
}

/**
 * Sets an element's text if it differs. A live region would speak at every assignment.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Writes a text into a box that has the focus, in the place of what is selected there, as if it was
 * typed.
 *
 * @param {HTMLTextAreaElement} box
 * @param {string} text
 */
export function type(box, text) {
  // Of the ways to write into a box, this is the one that can be undone.
  if (document.execCommand("insertText", false, text)) return;
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** What makes a button open the menu of a person. @param {string} name theirs */
export const opensMenu = (name) => ({
  type: "button",
  "data-person": name,
  "aria-haspopup": "menu",
});

/**
 * The picture of a person: their initial on their colour.
 *
 * @param {string} name
 * @param {string} [shown] what they are shown as
 */
export function avatar(name, shown = name) {
  const [initial] = new Intl.Segmenter().segment(shown);
  const properties = { class: "avatar", "aria-hidden": "true", "data-hue": hue(name) };
  return h("span", properties, initial?.segment.toUpperCase() ?? "?");
}

/** How many hues the style sheet has. */
const HUES = 12;

/**
 * Which of the hues is a person's; the same one however the name is capitalised. It goes into a
 * `data-hue` attribute, so that the page needs no inline styles.
 *
 * @param {string} name
 */
export function hue(name) {
  // FNV-1a, over code points.
  let hash = 0x811c9dc5;
  for (const letter of keyOf(name)) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) % HUES;
}
