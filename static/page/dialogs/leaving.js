/// <reference lib="dom" />
/**
 * The question before the chat is left.
 *
 * @module
 */
import { find, write } from "../dom.js";

/** @typedef {import("../model/session.js").Session} Session */

/** Asks whoever wants to leave whether they do, and what this browser is to keep. */
export class Leaving {
  #session;
  /** @type {HTMLDialogElement} */
  #dialog = find("leaving");
  /** @type {HTMLInputElement} */
  #forget = find("forget");

  /**
   * @param {Session} session
   * @param {(forget: boolean) => void} leave called when they do
   * @param {AbortSignal} signal ends it
   */
  constructor(session, leave, signal) {
    this.#session = session;
    find("leave-chat").addEventListener("click", () => this.#ask(), { signal });
    this.#dialog.addEventListener("close", () => {
      if (this.#dialog.returnValue === "leave") leave(this.#forget.checked);
    }, { signal });
  }

  #ask() {
    const { name, unkept, conversations } = this.#session;
    write(find("leaving-kept"), wordsFor(unkept, name));
    write(find("leaving-unsent"), listUnsent(conversations.every));
    find("leaving-forget").hidden = unkept === "forbidden";
    this.#forget.checked = false;
    this.#dialog.returnValue = "";
    this.#dialog.showModal();
  }
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
