/// <reference lib="dom" />
/**
 * What the dialogs of the page have in common.
 *
 * @module
 */
import { find, h } from "../dom.js";

/**
 * Makes a dialog with a title. Escape, its button and a click outside close it.
 *
 * @param {{ id: string, title: string }} words
 * @param {AbortSignal} signal ends it
 * @param {...(Node | string)} children
 */
export function makeDialog({ id, title }, signal, ...children) {
  const close = h("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
  const element = /** @type {HTMLDialogElement} */ (h(
    "dialog",
    { id, class: "tool", "aria-labelledby": `${id}-title` },
    h("header", {}, h("h2", { id: `${id}-title` }, title), close),
    ...children,
  ));
  close.addEventListener("click", () => element.close());
  element.setAttribute("closedby", "any");
  signal.addEventListener("abort", () => element.remove());
  find("chat").append(element);
  return element;
}
