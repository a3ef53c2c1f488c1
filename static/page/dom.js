/// <reference lib="dom" />
/**
 * The few things the page does with elements. Text of people becomes text nodes here and nothing
 * else: no function of the page takes HTML.
 *
 * @module
 */

/**
 * Makes an element. Names with a dash and `role`, `class`, `for` become attributes, the rest
 * properties; `undefined` is left out.
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
 * Makes `nodes` the children of `parent`, moving only what differs: focus, selection and
 * animations of the others stay.
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
 * Sets text only when it differs: a live region speaks at every assignment.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** What ends a sentence is not part of the address in it. */
const TRAILING = /[.,;:!?'"»”’…*_~]$/;

/**
 * A text as nodes, its http and https addresses as links.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function linkify(text) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) {
    const address = trim(found);
    if (!URL.canParse(address)) continue;
    nodes.push(
      text.slice(end, index),
      h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, address),
    );
    end = index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

/**
 * An address without the punctuation after it; a closing bracket stays when it has its partner.
 *
 * @param {string} address
 */
function trim(address) {
  while (true) {
    const bracket = address.endsWith(")") && !address.includes("(") ||
      address.endsWith("]") && !address.includes("[");
    if (!bracket && !TRAILING.test(address)) return address;
    address = address.slice(0, -1);
  }
}

/**
 * The picture of a person: first letter on a colour that follows from the name.
 *
 * @param {string} name
 */
export function avatar(name) {
  const [letter] = new Intl.Segmenter().segment(name);
  const element = h(
    "span",
    { class: "avatar", "aria-hidden": "true" },
    letter?.segment.toUpperCase() ?? "?",
  );
  element.style.setProperty("--hue", String(hue(name)));
  return element;
}

/**
 * A hue in degrees; the same for every spelling of a name, and not too close to its neighbours'.
 *
 * @param {string} name
 */
export function hue(name) {
  let hash = 7;
  for (const letter of name.toLowerCase()) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return hash % 24 * 15;
}
