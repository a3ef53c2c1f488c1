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
  #input;
  /** @type {Options<T>} */
  #options;
  #status = h("p", { class: "hint", role: "status" });

  /**
   * @param {{ id: string, title: string, label: string, list: string }} words `label` of the field,
   * `list` of what is found
   * @param {{ look: (text: string) => void, choose: (value: T) => void }} does
   * @param {AbortSignal} signal ends it
   */
  constructor({ id, title, label, list }, { look, choose }, signal) {
    this.#look = look;
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
   */
  show(rows, status, active) {
    this.#options.show(rows, active);
    this.#input.setAttribute("aria-expanded", String(rows.length > 0));
    write(this.#status, status);
  }
}
