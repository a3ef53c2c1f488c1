/// <reference lib="dom" />
/**
 * Offers names and emoji while a message is written.
 *
 * @module
 */
import { avatar, h, type } from "../dom.js";
import { Options } from "../dialogs/options.js";
import { suggestNames, wanted } from "./suggest.js";

/** @typedef {import("../model/session.js").Session} Session */

/** Among how many of the last lines somebody counts as having spoken lately. */
const LATELY = 200;

/** A list above the message box of what may be meant by `@an` or `:sm`. */
export class Completion {
  #session;
  #box;
  /** @type {Options<string>} */
  #options;
  /**
   * What was written when the list was closed, or chosen from: whatever goes on so opens none.
   *
   * @type {{ start: number, query: string } | undefined}
   */
  #closed;
  /** What the list is for. */
  #query = "";
  /** @type {Promise<import("./emoji.js").Emoji> | undefined} */
  #emoji;

  /**
   * @param {Session} session
   * @param {HTMLTextAreaElement} box
   * @param {AbortSignal} signal ends it
   */
  constructor(session, box, signal) {
    this.#session = session;
    this.#box = box;
    const words = { id: "completions", label: "Suggestions" };
    this.#options = new Options(box, words, (text) => this.#complete(`${text} `));
    box.before(this.#options.element);
    signal.addEventListener("abort", () => this.#options.element.remove());
    // Phones compose every word; only keys are an input method's own.
    box.addEventListener("input", (event) => {
      this.#update(/** @type {InputEvent} */ (event).isComposing);
    }, { signal });
    box.addEventListener("compositionend", () => this.#update(), { signal });
    box.addEventListener("selectionchange", () => {
      const left = this.#options.isOpen && this.#wanted()?.query !== this.#query;
      if (left) this.#options.show([]);
    }, { signal });
    box.addEventListener("blur", () => this.#options.show([]), { signal });
    this.#update();
  }

  /** Takes the list away, as something else is written. */
  close() {
    this.#options.show([]);
    this.#closed = undefined;
  }

  /**
   * Lets a key move through the list, choose from it, or close it; says whether it did.
   *
   * @param {KeyboardEvent} event not of an input method
   */
  key(event) {
    if (!this.#options.isOpen) return false;
    if (event.key === "Escape") {
      this.#closed = this.#wanted();
      this.#options.show([]);
    } else if (event.key !== "Tab" || event.shiftKey || !this.#options.take(0)) {
      return this.#options.key(event);
    }
    event.preventDefault();
    return true;
  }

  #wanted() {
    const { value, selectionStart, selectionEnd } = this.#box;
    return selectionStart === selectionEnd ? wanted(value, selectionEnd) : undefined;
  }

  /** @param {boolean} [composing] is an input method at work? */
  async #update(composing = false) {
    const found = this.#wanted();
    const { start = -1, query: before = "" } = this.#closed ?? {};
    if (found?.start !== start || !found.query.startsWith(before)) this.#closed = undefined;
    if (!found || this.#closed) return this.#options.show([]);
    this.#query = found.query;
    if (found.kind === "name") return this.#offerNames(found.query);
    const emoji = await this.#load();
    // Meanwhile, more may have been written.
    const { kind, query, ended } = this.#wanted() ?? {};
    if (!emoji || kind !== "emoji" || query !== found.query || ended !== found.ended) return;
    if (!ended) return this.#offerEmoji(emoji.suggest(query));
    const meant = emoji.get(query);
    if (!meant || composing) this.#options.show([]);
    else this.#complete(meant);
  }

  /** @param {string} query */
  #offerNames(query) {
    const { names, isName } = suggestNames(query, this.#names());
    const rows = names.map((name) => ({
      value: `@${name}`,
      content: [avatar(name), h("bdi", { class: "name" }, name)],
    }));
    // What is a name already need not be another: Enter sends it.
    this.#options.show(rows, isName ? -1 : 0);
  }

  /** @param {import("./emoji.js").Found[]} found */
  #offerEmoji(found) {
    this.#options.show(found.map(({ emoji, name }) => ({
      value: emoji,
      content: [
        h("span", { class: "picture", "aria-hidden": "true" }, emoji),
        h("span", { class: "name" }, `:${name}:`),
      ],
    })));
  }

  /** Who may be meant: those who spoke last first, then everybody else who is here. */
  *#names() {
    const { current } = this.#session;
    const spoken = current.lines.slice(-LATELY).reverse();
    for (const { kind, username } of spoken) {
      if (kind === "chat" && !this.#session.isMe(username)) yield username;
    }
    if (current.kind === "person") yield current.name;
    for (const name of current.people) if (!this.#session.isMe(name)) yield name;
  }

  /** Loads the emoji, once it works. */
  async #load() {
    this.#emoji ??= import("./emoji.js").then(({ Emoji }) => Emoji.load());
    try {
      return await this.#emoji;
    } catch {
      // Offline. The next letter tries again.
      this.#emoji = undefined;
    }
  }

  /** Puts a text in the place of what was being written. @param {string} text */
  #complete(text) {
    const found = this.#wanted();
    this.#options.show([]);
    if (!found) return;
    this.#closed = { start: found.start, query: text.slice(1) };
    this.#box.setSelectionRange(found.start, this.#box.selectionEnd);
    type(this.#box, text);
  }
}
