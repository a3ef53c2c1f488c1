/**
 * What the server finds in a room. Knows nothing of the page.
 *
 * @module
 */
import { searchRoom } from "./lookup.js";
import { toLine } from "../model/lines.js";

/** @typedef {import("./hits.js").Hit} Hit */
/** @typedef {import("../server.js").Unanswered} Unanswered */

/** How many messages are fetched at most. */
export const MOST = 500;

/** How often the server is asked for more where it looked for a while and found nothing. */
const AGAIN = 10;

/** One search, a page at a time. */
export class Found {
  #conversation;
  #words;
  #signal;
  #busy = false;
  /** What was found so far, newest first. @type {Hit[]} */
  hits = [];
  /** Before which id it goes on. @type {string | undefined} */
  #next;
  /** Is there nothing else? */
  complete = false;
  /** Why there is no answer. @type {Unanswered | undefined} */
  trouble;

  /** @param {import("../model/conversation.js").Conversation} conversation in a room @param {string} words @param {AbortSignal} signal ends it */
  constructor(conversation, words, signal) {
    this.#conversation = conversation;
    this.#words = words;
    this.#signal = signal;
  }

  /** Is there more to be fetched? */
  get goesOn() {
    return !this.complete && !this.trouble && this.hits.length < MOST;
  }

  /** Fetches the next page, unless one is on its way, or there is none; says whether it did. */
  async more() {
    if (this.#busy || !this.goesOn) return false;
    this.#busy = true;
    const { length } = this.hits;
    try {
      for (let i = 0; i <= AGAIN && !this.complete && this.hits.length === length; i++) {
        await this.#fetch();
      }
      if (this.hits.length === length) this.complete = true;
    } catch (error) {
      this.trouble = /** @type {Unanswered} */ (error);
    }
    this.#busy = false;
    return true;
  }

  async #fetch() {
    const asked = { words: this.#words, before: this.#next, signal: this.#signal };
    const { hits, next } = await searchRoom(this.#conversation.name, asked);
    this.hits.push(...hits.map((match) => this.#toHit(match)));
    this.complete = next === undefined;
    this.#next = next;
  }

  /** @param {import("./lookup.js").Match} match @returns {Hit} */
  #toHit({ message, snippet }) {
    const pieces = snippet.map((text, index) => ({ text, hit: index % 2 === 1 }));
    return { conversation: this.#conversation, line: toLine(message), pieces };
  }
}
