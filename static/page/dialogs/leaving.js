/// <reference lib="dom" />
/**
 * The question before the chat is left. Loaded when it is asked.
 *
 * @module
 */
import { find, h, write } from "../dom.js";

/** @typedef {import("../model/session.js").Session} Session */

/** What this browser is to forget: `out`, who was here, and `all` that is kept of them. @typedef {{ out: boolean, all: boolean }} Wish */

/** Asks whoever wants to leave whether they do, and what this browser is to keep. */
export class Leaving {
  #session;
  #kept = h("p");
  #unsent = h("p");
  #out = check("Sign out: the invitation is needed to come back");
  #all = check("Forget all of it on this device");
  #dialog = /** @type {HTMLDialogElement} */ (h(
    "dialog",
    { id: "leaving", class: "ask", "aria-labelledby": "leaving-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "leaving-title" }, "Leave the chat?"),
      this.#kept,
      this.#unsent,
      this.#out.label,
      this.#all.label,
      h(
        "div",
        { class: "answers" },
        h("button", { class: "primary", value: "leave", autofocus: true }, "Leave"),
        h("button", { class: "plain", value: "stay" }, "Stay"),
      ),
    ),
  ));

  /**
   * @param {Session} session
   * @param {(wish: Wish) => void} leave called when they do
   * @param {AbortSignal} signal ends it
   */
  constructor(session, leave, signal) {
    this.#session = session;
    const dialog = this.#dialog;
    dialog.setAttribute("closedby", "any");
    find("chat").append(dialog);
    signal.addEventListener("abort", () => dialog.remove());
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "leave") return;
      leave({ out: this.#out.box.checked, all: this.#all.box.checked });
    }, { signal });
  }

  /** Asks. */
  ask() {
    const { shown, unkept, isKnown, conversations } = this.#session;
    write(this.#kept, wordsFor(unkept, shown));
    write(this.#unsent, listUnsent(conversations.every));
    this.#out.label.hidden = !isKnown;
    this.#all.label.hidden = unkept === "forbidden";
    for (const { box } of [this.#out, this.#all]) box.checked = false;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }
}

/** A box to tick. @param {string} words */
function check(words) {
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox" }));
  return { box, label: h("label", {}, box, words) };
}

/** What becomes of what was said. @param {Session["unkept"]} unkept @param {string} name */
function wordsFor(unkept, name) {
  const all = "Your rooms, private messages and drafts";
  if (unkept === "forbidden") return `This browser keeps nothing. ${all} will be gone.`;
  const kept = `${all} stay in this browser, for when you come back as ${name}.`;
  return unkept ? `${kept} It has no room left: the newest may be missing.` : kept;
}

/**
 * What others have not got yet, in words; or nothing.
 *
 * @param {import("../model/conversation.js").Conversation[]} conversations
 */
export function listUnsent(conversations) {
  const messages = conversations.reduce((sum, { unsent }) => sum + unsent.length, 0);
  const drafts = conversations.filter(({ draft }) => draft.trim() !== "").length;
  const parts = [
    messages > 0 && (messages === 1 ? "1 message" : `${messages} messages`),
    drafts > 0 && (drafts === 1 ? "1 draft" : `${drafts} drafts`),
  ].filter(Boolean);
  if (parts.length === 0) return "";
  return `Not sent yet: ${parts.join(" and ")}.`;
}
