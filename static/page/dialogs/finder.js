/// <reference lib="dom" />
/**
 * The dialog that leads to a room or a person.
 *
 * @module
 */
import { gather, pick } from "./choices.js";
import { avatar, find, h } from "../dom.js";
import { listRooms } from "./lookup.js";
import { Picker } from "./picker.js";

/** @typedef {import("./choices.js").Choice} Choice */

/** Finds a room or a person by a part of the name, or opens a new room. Loaded when first used. */
export class Finder {
  #session;
  /** @type {Picker<Choice>} */
  #picker;
  /**
   * All there is to choose from, as it was when the dialog opened, or when the server answered.
   *
   * @type {Choice[]}
   */
  #choices = [];
  /**
   * What is active, though the server's answer brings others: somebody may be about to press Enter.
   *
   * @type {Choice | undefined}
   */
  #kept;
  /** @type {"asked" | "told" | Error} */
  #server = "asked";

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    this.#picker = new Picker(
      {
        id: "finder",
        title: "Go to a room or person",
        label: "Room or person",
        list: "Rooms and people",
      },
      { look: (text) => this.#look(text), choose: (choice) => this.#go(choice) },
      signal,
    );
  }

  /** Opens the dialog and asks the server which rooms there are. */
  async open() {
    this.#server = "asked";
    this.#choices = gather(this.#session, []);
    this.#picker.open();
    try {
      this.#choices = gather(this.#session, await listRooms());
      this.#server = "told";
    } catch (error) {
      this.#server = /** @type {Error} */ (error);
    }
    this.#kept = this.#picker.active;
    this.#picker.update();
    this.#kept = undefined;
  }

  /** @param {string} text */
  #look(text) {
    const { found, count, problem } = pick(this.#choices, text);
    const rows = found.map((value) => ({ value, content: this.#row(value) }));
    const kept = found.findIndex(({ kind, name }) =>
      kind === this.#kept?.kind && name === this.#kept.name
    );
    const status = [problem, this.#told(), tell(found.length, count)].join(" ").trim();
    this.#picker.show(rows, status, Math.max(0, kept));
  }

  #told() {
    if (this.#server === "asked") return "Asking the server for its rooms…";
    return this.#server === "told" ? "" : `${this.#server.message}.`;
  }

  /** @param {Choice} choice @returns {(Node | string)[]} */
  #row({ kind, name, state, unread, users, here }) {
    const picture = kind === "person"
      ? avatar(name)
      : h("span", { class: "hash", "aria-hidden": "true" }, state === "new" ? "+" : "#");
    // Whether it is there already, only the server knows.
    const verb = this.#server === "told" ? "Create" : "Join";
    const notes = [
      unread > 0 && `${unread} unread`,
      users !== undefined && `${users} here`,
      here && "here now",
      state === "current" && "on screen",
      state === "open" && kind === "room" && "joined",
    ];
    return [
      picture,
      state === "new" ? h("span", {}, `${verb} room`) : "",
      h("bdi", { class: "name" }, name),
      h("span", { class: "note" }, notes.filter(Boolean).join(" · ")),
    ];
  }

  /** @param {Choice} choice */
  #go({ kind, name }) {
    this.#session.open(kind, name);
    find("content").focus();
  }
}

/** @param {number} shown @param {number} count */
const tell = (shown, count) => count > shown ? `The first ${shown} of ${count}.` : "";
