/// <reference lib="dom" />
/**
 * The dialog that searches what was said.
 *
 * @module
 */
import { find, h } from "../dom.js";
import { excerptOf, search, wordsOf } from "./hits.js";
import { Picker } from "./picker.js";

/** @typedef {import("./hits.js").Hit} Hit */

const SCOPE = "Searches what this page holds. Older messages are on the server: " +
  "they are found once you have scrolled back to them.";

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Searches all conversations of this page. Loaded when first used. */
export class Search {
  #session;
  /** @type {Picker<Hit>} */
  #picker;
  #running = new AbortController();

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    this.#picker = new Picker(
      { id: "search", title: "Search messages", label: "Words", list: "Messages" },
      { look: (text) => this.#look(text), choose: (hit) => this.#go(hit) },
      signal,
    );
    signal.addEventListener("abort", () => this.#running.abort());
  }

  open() {
    this.#picker.open();
  }

  /** @param {string} text */
  async #look(text) {
    this.#running.abort();
    const { signal } = this.#running = new AbortController();
    const words = wordsOf(text);
    if (words.length === 0) return this.#picker.show([], SCOPE);
    try {
      const { hits, count } = await search(this.#session.conversations.every, words, signal);
      const rows = hits.map((hit) => ({ value: hit, content: row(hit, words) }));
      this.#picker.show(rows, `${tell(hits.length, count)} ${SCOPE}`);
    } catch (error) {
      // Something else is looked for by now.
      if (!signal.aborted) throw error;
    }
  }

  /** @param {Hit} hit */
  #go({ conversation, line }) {
    this.#session.show(conversation, line.order);
    find("content").focus();
  }
}

/** @param {number} shown @param {number} count */
function tell(shown, count) {
  if (count > shown) return `The newest ${shown} of ${count} messages.`;
  return count === 0
    ? "No message has all these words."
    : `${count} message${count === 1 ? "" : "s"}.`;
}

/** @param {Hit} hit @param {string[]} words @returns {(Node | string)[]} */
function row({ conversation, line }, words) {
  const { username, content, time } = line;
  const pieces = excerptOf(content, words);
  return [
    h(
      "span",
      { class: "where" },
      h("bdi", { class: "name" }, username),
      ...(conversation.kind === "room" ? [" in ", h("bdi", {}, conversation.title)] : []),
      " · ",
      h("time", { dateTime: new Date(time).toISOString() }, when.format(time)),
    ),
    h(
      "span",
      { class: "excerpt", dir: "auto" },
      ...pieces.map(({ text, hit }) => hit ? h("mark", {}, text) : text),
    ),
  ];
}
