/// <reference lib="dom" />
/**
 * A list to choose from beside a field that is written in.
 *
 * @module
 */
import { h } from "../dom.js";

/** With these keys the active option moves, by so many. */
const STEPS = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1 });

/**
 * The options of a field. The field keeps the focus; arrows move through the options, one of which is
 * active, and Enter or a click chooses. This is ARIA's combobox.
 *
 * @template T
 */
export class Options {
  #field;
  #choose;
  /** @type {T[]} */
  #values = [];
  #active = -1;

  /**
   * @param {HTMLInputElement | HTMLTextAreaElement} field
   * @param {{ id: string, label: string }} list
   * @param {(value: T) => void} choose
   */
  constructor(field, { id, label }, choose) {
    this.#field = field;
    this.#choose = choose;
    this.element = h("ul", { id, class: "options", role: "listbox", "aria-label": label });
    this.element.hidden = true;
    field.setAttribute("aria-autocomplete", "list");
    // The field keeps the focus, and on a phone its keyboard.
    this.element.addEventListener("mousedown", (event) => event.preventDefault());
    this.element.addEventListener("click", ({ target }) => {
      const option = /** @type {Element} */ (target).closest("[role=option]");
      if (option) this.#take([...this.element.children].indexOf(option));
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** What would be chosen, if anything. */
  get active() {
    return this.#values[this.#active];
  }

  /**
   * Offers options; none closes the list.
   *
   * @param {{ value: T, content: (Node | string)[] }[]} rows
   * @param {number} [active] which of them is active; -1: none until an arrow is pressed
   * @param {boolean} [stay] are they left where they are, as some have only joined them?
   */
  show(rows, active = 0, stay = false) {
    this.#values = rows.map(({ value }) => value);
    this.element.replaceChildren(
      ...rows.map(({ content }, index) =>
        h("li", { id: `${this.element.id}-${index}`, class: "option", role: "option" }, ...content)
      ),
    );
    this.element.hidden = rows.length === 0;
    if (this.isOpen) this.#field.setAttribute("aria-controls", this.element.id);
    else this.#field.removeAttribute("aria-controls");
    if (!stay) this.element.scrollTop = 0;
    this.#activate(rows.length > 0 ? active : -1, stay);
  }

  /**
   * Lets a key move through the options, or choose the active one; says whether it did.
   *
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (!this.isOpen || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
      return false;
    }
    const step = STEPS[event.key];
    const { length } = this.#values;
    if (step !== undefined) {
      const from = this.#active < 0 && step < 0 ? length : this.#active;
      this.#activate((from + step + length) % length);
    } else if (event.key !== "Enter" || !this.take()) return false;
    event.preventDefault();
    return true;
  }

  /**
   * Chooses the active option, if one is; says whether one was.
   *
   * @param {number} [otherwise] which one to choose if none is active
   */
  take(otherwise = -1) {
    return this.#take(this.#active < 0 ? otherwise : this.#active);
  }

  /** @param {number} index */
  #take(index) {
    const value = this.#values[index];
    if (value === undefined) return false;
    this.#choose(value);
    return true;
  }

  /** @param {number} index @param {boolean} [stay] */
  #activate(index, stay = false) {
    this.#active = index;
    [...this.element.children].forEach((option, each) => {
      option.setAttribute("aria-selected", String(each === index));
    });
    const option = this.element.children[index];
    if (option) this.#field.setAttribute("aria-activedescendant", option.id);
    else this.#field.removeAttribute("aria-activedescendant");
    if (!stay) option?.scrollIntoView({ block: "nearest" });
  }
}
