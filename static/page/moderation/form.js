/// <reference lib="dom" />
/**
 * What the dialogs of moderators have in common.
 *
 * @module
 */
import { find, h, write } from "../dom.js";

/** Most characters of a reason, and of what a room is about. */
export const LINE = 200;

/**
 * A field with words above it.
 *
 * @param {string} words
 * @param {string} tag
 * @param {Record<string, any>} properties
 * @param {...Node} children
 */
export function field(words, tag, properties, ...children) {
  const box = /** @type {HTMLInputElement & HTMLSelectElement} */ (h(tag, properties, ...children));
  return { box, label: h("label", { class: "field" }, words, box) };
}

/** The field for why something is done. There one begins, as Enter would not do it from a choice. */
export const reason = () =>
  field("Reason, if it is to be told", "input", {
    ...{ maxLength: LINE, autocomplete: "off", autofocus: true },
  });

/** What can be chosen, by its value. @param {Record<string, string>} choices */
export const choices = (choices) =>
  Object.entries(choices).map(([value, words]) => h("option", { value }, words));

/** A dialog with a form that the server obeys, or says why it does not. */
export class OrderForm {
  #problem = h("p", { class: "problem", role: "alert" });
  #button = /** @type {HTMLButtonElement} */ (h("button", { class: "primary" }));
  #title;
  #dialog;
  /** @type {() => Promise<unknown>} */
  #act = () => Promise.resolve();

  /**
   * @param {string} id
   * @param {AbortSignal} signal ends it
   * @param {...HTMLElement} fields
   */
  constructor(id, signal, ...fields) {
    this.#title = h("h2", { id: `${id}-title` });
    const cancel = h("button", { type: "button", class: "plain" }, "Cancel");
    const answers = h("div", { class: "answers" }, this.#button, cancel);
    const form = h("form", {}, this.#title, ...fields, this.#problem, answers);
    const properties = { id, class: "ask", "aria-labelledby": `${id}-title` };
    const dialog = /** @type {HTMLDialogElement} */ (h("dialog", properties, form));
    this.#dialog = dialog;
    dialog.setAttribute("closedby", "any");
    find("chat").append(dialog);
    signal.addEventListener("abort", () => dialog.remove());
    cancel.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /**
   * Asks.
   *
   * @param {string} title
   * @param {string} button what its button says
   * @param {() => Promise<unknown>} act what is done then
   */
  open(title, button, act) {
    write(this.#title, title);
    write(this.#button, button);
    write(this.#problem, "");
    this.#act = act;
    this.#dialog.showModal();
  }

  async #submit() {
    this.#button.disabled = true;
    write(this.#problem, "");
    try {
      await this.#act();
      this.#dialog.close();
    } catch (error) {
      write(this.#problem, `${/** @type {Error} */ (error).message}.`);
    }
    this.#button.disabled = false;
  }
}
