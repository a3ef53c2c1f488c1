/// <reference lib="dom" />
/**
 * What a moderator does about somebody, or about a message.
 *
 * @module
 */
import { h } from "../dom.js";
import { choices, field, OrderForm, reason } from "./form.js";
import { act, remove } from "./orders.js";

/** @typedef {import("./orders.js").Measure} Measure */

/** What each is called: in the menu, in the question before it, on the button, and when it is done. */
export const MEASURES =
  /** @type {Record<Measure, [item: string, verb: string, done: string]>} */ ({
    kick: ["Send away…", "Send away", "sent away"],
    mute: ["Mute…", "Mute", "muted"],
    ban: ["Ban…", "Ban", "banned"],
    unmute: ["Let speak again…", "Unmute", "unmuted"],
    unban: ["Let come back…", "Unban", "unbanned"],
  });

/** For how long, by seconds. */
const TIMES = { 600: "10 minutes", 3600: "1 hour", 86400: "1 day", "": "For ever" };

/** Asks where, for how long and why; then has it done. */
export class Measures {
  #session;
  #where = field("Where", "select", {});
  #time = field("For", "select", {}, ...choices(TIMES));
  #why = reason();
  #address = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
  #guests = h("label", {}, this.#address, "And all guests from their address");
  #form;

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    const fields = [this.#where.label, this.#time.label, this.#why.label, this.#guests];
    this.#form = new OrderForm("measure", signal, ...fields);
  }

  /** Asks about a measure. @param {Measure} measure @param {string} username */
  ask(measure, username) {
    const { current, conversations } = this.#session;
    const [, verb, done] = MEASURES[measure];
    const shown = conversations.shown(username);
    const rooms = current.kind === "room" ? { [current.name]: `In ${current.title}` } : {};
    this.#where.box.replaceChildren(...choices({ ...rooms, "": "Everywhere" }));
    this.#where.label.hidden = current.kind === "person";
    const lasts = measure === "mute" || measure === "ban";
    this.#time.label.hidden = this.#guests.hidden = !lasts;
    this.#time.box.value = "600";
    this.#address.checked = false;
    this.#why.box.value = "";
    this.#form.open(`${verb} ${shown}?`, verb, async () => {
      const room = this.#where.box.value || undefined;
      const terms = {
        for: lasts && Number(this.#time.box.value) || undefined,
        why: this.#reason,
        address: lasts && this.#address.checked || undefined,
      };
      await act(measure, username, { room, ...terms });
      // In a room the server tells everybody.
      if (room === undefined) current.note("note", `${shown} is ${done}, everywhere`);
      this.#session.look();
    });
  }

  /** Asks whether a message is to be deleted. @param {string} room @param {string} id @param {string} username whose it is */
  askToRemove(room, id, username) {
    for (const label of [this.#where.label, this.#time.label, this.#guests]) label.hidden = true;
    this.#why.box.value = "";
    const shown = this.#session.conversations.shown(username);
    const title = `Delete this message of ${shown}?`;
    this.#form.open(title, "Delete", () => remove(room, id, { why: this.#reason }));
  }

  get #reason() {
    return this.#why.box.value.trim() || undefined;
  }
}
