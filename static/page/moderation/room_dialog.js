/// <reference lib="dom" />
/**
 * What a moderator decides about a room.
 *
 * @module
 */
import { find, h } from "../dom.js";
import { choices, field, LINE, OrderForm, reason } from "./form.js";
import { change, clear, read } from "./orders.js";

/** How slow a room may be, by seconds. */
const SLOW = {
  0: "As often as they like",
  5: "Every 5 seconds",
  30: "Every 30 seconds",
  60: "Every minute",
  300: "Every 5 minutes",
};

/** The dialogs that change the room on screen, and clear it. */
export class RoomDialog {
  #session;
  #topic = field("Topic", "input", { maxLength: LINE, autocomplete: "off" });
  #slow = field("Everybody may write", "select", {});
  #closed = h("input", { type: "checkbox" });
  #why = reason();
  #rules;
  #clearing;

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    const closed = h("label", {}, this.#closed, "Closed: only moderators come in and write");
    const emptied = h("button", { type: "button", class: "plain danger" }, "Clear the room…");
    const fields = [this.#topic.label, this.#slow.label, closed, emptied];
    this.#rules = new OrderForm("room-rules", signal, ...fields);
    const words = "All that was said here is deleted, for everybody. It cannot be brought back.";
    this.#clearing = new OrderForm("clearing", signal, h("p", {}, words), this.#why.label);
    emptied.addEventListener("click", () => {
      /** @type {HTMLDialogElement} */ (find("room-rules")).close();
      this.#clear();
    });
  }

  /** Asks what is to hold in the room on screen. */
  async open() {
    const { current } = this.#session;
    const { name, title } = current;
    try {
      const { topic = "", slow = 0, closed = false } = await read(name);
      this.#topic.box.value = topic;
      this.#slow.box.replaceChildren(...choices({ ...SLOW, ...own(slow) }));
      this.#slow.box.value = `${slow}`;
      /** @type {HTMLInputElement} */ (this.#closed).checked = closed;
    } catch (error) {
      current.note("error", /** @type {Error} */ (error).message);
      return this.#session.look();
    }
    this.#rules.open(title, "Save", () =>
      change(name, {
        topic: this.#topic.box.value.trim(),
        slow: Number(this.#slow.box.value),
        closed: /** @type {HTMLInputElement} */ (this.#closed).checked,
      }));
  }

  #clear() {
    const { name, title } = this.#session.current;
    this.#why.box.value = "";
    const terms = () => ({ why: this.#why.box.value.trim() || undefined });
    this.#clearing.open(`Clear ${title}?`, "Clear the room", () => clear(name, terms()));
  }
}

/** What is chosen, where it is none of the usual. @param {number} slow */
const own = (slow) => slow in SLOW ? {} : { [slow]: `Every ${slow} seconds` };
