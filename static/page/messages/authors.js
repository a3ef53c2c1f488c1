/// <reference lib="dom" />
/**
 * How the names above messages are reached by keyboard.
 *
 * @module
 */
import { find } from "../dom.js";

/**
 * The names above messages, of which Tab reaches the newest only, so that the message box is not
 * hundreds of names away. The arrow keys lead from one to the next.
 */
export class Authors {
  #lines = find("lines");
  /** The one that Tab reaches. @type {Element | undefined} */
  #stop;

  /** @param {AbortSignal} signal ends it */
  constructor(signal) {
    this.#lines.addEventListener("keydown", (event) => this.#walk(event), { signal });
  }

  /** Lets Tab reach the newest name; called at most once per animation frame. */
  render() {
    const newest = [...this.#lines.querySelectorAll("button.name")].at(-1);
    if (newest === this.#stop) return;
    this.#stop?.setAttribute("tabindex", "-1");
    newest?.setAttribute("tabindex", "0");
    this.#stop = newest;
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const names = [...this.#lines.querySelectorAll("button.name")];
    const at = names.indexOf(/** @type {Element} */ (event.target));
    if (step === undefined || at < 0) return;
    event.preventDefault();
    /** @type {HTMLElement | undefined} */ (names[Math.max(0, at + step)])?.focus();
  }
}
