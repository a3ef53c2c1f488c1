/// <reference lib="dom" />
/**
 * The button that opens the menu of a message.
 *
 * @module
 */
import { find, h, opensMenu } from "../dom.js";

/** One button, which goes to the message that is pointed at, or that has the focus. */
export class MessageMenu {
  #session;
  #button = h("button", { class: "plain act", "aria-label": "What to do with this message" }, "⋯");

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    const lines = find("lines");
    for (const type of ["pointerover", "focusin"]) {
      lines.addEventListener(type, ({ target }) => {
        const line = target instanceof Element && target.closest("li.message");
        if (line && line !== this.#button.parentElement) {
          this.#go(/** @type {HTMLElement} */ (line));
        }
      }, { signal });
    }
    signal.addEventListener("abort", () => this.#button.remove());
  }

  /** @param {HTMLElement} element */
  #go(element) {
    const { kind, held, lines } = this.#session.current;
    const { order = "" } = element.dataset;
    const line = lines[held.indexOf(order)];
    // What is not sent yet nobody has to take back. And the menu stays where it was opened.
    if (kind !== "room" || line?.order !== order || !line.id) return;
    if (this.#button.matches(":focus") || document.querySelector("#person-menu:popover-open")) {
      return;
    }
    for (const [name, value] of Object.entries(opensMenu(line.username))) {
      this.#button.setAttribute(name, value);
    }
    this.#button.dataset.message = line.id;
    // First, so that Tab leads to it before the name.
    element.prepend(this.#button);
  }
}
