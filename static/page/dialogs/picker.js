/// <reference lib="dom" />
/**
 * A dialog in which something is written, and one of what is found is chosen.
 *
 * @module
 */
import { makeDialog } from "./dialog.js";
import { h, write } from "../dom.js";
import { isComposing } from "../keys/keyboard.js";
import { Options } from "./options.js";
import { uncover } from "../trail.js";

/**
 * A field, what is found for it, and a line that says how much that is.
 *
 * @template T
 */
export class Picker {
  #look;
  #more;
  #input;
  /** @type {Options<T>} */
  #options;
  #status = h("p", { class: "hint", role: "status" });

  /**
   * @param {{ id: string, title: string, label: string, list: string }} words `label` of the field,
   * `list` of what is found
   * @param {{ look: (text: string) => void, choose: (value: T) => void, more?: () => void }} does
   * `more` is called where the end of what is found is near
   * @param {AbortSignal} signal ends it
   */
  constructor({ id, title, label, list }, { look, choose, more = () => {} }, signal) {
    this.#look = look;
    this.#more = more;
    this.#input = /** @type {HTMLInputElement} */ (h("input", {
      id: `${id}-text`,
      role: "combobox",
      "aria-expanded": "false",
      placeholder: label,
      "aria-label": label,
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: false,
      enterKeyHint: "go",
      maxLength: 200,
    }));
    this.#options = new Options(this.#input, { id: `${id}-list`, label: list }, (value) => {
      uncover();
      choose(value);
    });
    this.dialog = makeDialog(
      { id, title },
      signal,
      this.#input,
      this.#options.element,
      this.#status,
    );
    this.#options.element.addEventListener("scroll", () => this.#reach(), { passive: true });
    this.#input.addEventListener("input", () => this.update());
    this.#input.addEventListener("keydown", (event) => {
      if (!isComposing(event)) this.#options.key(event);
    });
  }

  /** Opens the dialog, with an empty field. */
  open() {
    if (this.dialog.open) return;
    this.#input.value = "";
    this.dialog.showModal();
    this.#input.focus();
    this.update();
  }

  /** What would be chosen, if anything. */
  get active() {
    return this.#options.active;
  }

  /** Looks once more for what is written. */
  update() {
    this.#look(this.#input.value.trim());
  }

  /**
   * Shows what was found.
   *
   * @param {{ value: T, content: (Node | string)[] }[]} rows
   * @param {string} status
   * @param {number} [active] which of them would be chosen
   * @param {boolean} [stay] are they left where they are, as some have only joined them?
   */
  show(rows, status, active, stay) {
    this.#options.show(rows, active, stay);
    this.#input.setAttribute("aria-expanded", String(rows.length > 0));
    write(this.#status, status);
    this.#reach();
  }

  /** Has more found where less than what is in view is left below it. */
  #reach() {
    const { scrollTop, scrollHeight, clientHeight } = this.#options.element;
    if (scrollHeight - scrollTop < 2 * clientHeight) this.#more();
  }
}
