/**
 * What the server keeps of the rooms, a page at a time. Knows nothing of the page's elements.
 *
 * @module
 */
import { toLine } from "./lines.js";
import { readMessages } from "./server.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */

/** How many messages are fetched at a time. */
export const PAGE = 50;

/** How often the end is looked for, where more is said all the time. */
const TRIES = 5;

/** What is said where something was told as it came, but is not kept, not even by the server. */
const LOST = "What was said next is not available any more";

/** Fetches what is not held of a conversation in a room, one page of each at a time. */
export class Archive {
  /** @type {Set<Conversation>} */
  #busy = new Set();
  #changed;

  /** @param {() => void} changed called whenever there is something new to show */
  constructor(changed) {
    this.#changed = changed;
  }

  /** Is something being fetched? @param {Conversation} conversation */
  busy(conversation) {
    return this.#busy.has(conversation);
  }

  /** Fetches what was said before the lines that are held. @param {Conversation} conversation */
  async earlier(conversation) {
    const { held, lines } = conversation;
    if (held.start !== "unknown") return;
    await this.#fetch(conversation, { before: lines.find(({ id }) => id)?.id }, (part) => {
      if (part.complete) held.start = "nothing";
      else if (part.messages.length < PAGE) held.start = "lost";
    });
  }

  /** Fetches what was said after the lines that are held, where they do not reach the end. @param {Conversation} conversation */
  async later(conversation) {
    const { held, lines } = conversation;
    const { newest } = held;
    if (held.atEnd) return;
    // The last message that is held is asked for once more: where it is, nothing is lost behind it.
    const known = lines.findLast(({ kind }) => kind === "chat")?.order ?? "";
    const since = lines.findLast(({ id }) => id && id < known)?.id ?? known;
    await this.#fetch(conversation, { since }, async ({ messages, complete }) => {
      const fresh = messages.filter(({ id }) => id > known);
      const isWhole = complete || fresh.length < messages.length ||
        await this.#isWhole(conversation, known, fresh[0]?.id);
      if (!isWhole && held.last?.kind !== "gap") conversation.note("gap", LOST);
      const last = messages.at(-1)?.id ?? "";
      if (messages.length < PAGE && last < newest) held.settle(newest);
    });
  }

  /** Fetches the newest messages in place of those that are held, where these do not reach the end. @param {Conversation} conversation */
  async newest(conversation) {
    const { held } = conversation;
    if (held.atEnd) return;
    await this.#fetch(conversation, {}, ({ complete }) => {
      held.clear();
      if (complete) held.start = "nothing";
    });
    // More may have been said while that was on its way.
    for (let tries = 0; tries < TRIES && !held.atEnd && !conversation.trouble; tries++) {
      await this.later(conversation);
    }
  }

  /** Does the server hold all that was said between two messages? @param {Conversation} conversation @param {string} since @param {string} [before] */
  async #isWhole({ name }, since, before) {
    if (before === undefined) return false;
    return (await readMessages(name, { limit: 1, since, before })).complete;
  }

  /**
   * @param {Conversation} conversation
   * @param {{ before?: string, since?: string }} where
   * @param {(part: import("./server.js").Part) => unknown} got called before its messages are taken
   */
  async #fetch(conversation, where, got) {
    if (conversation.kind === "person" || this.#busy.has(conversation)) return;
    this.#busy.add(conversation);
    try {
      const part = await readMessages(conversation.name, { limit: PAGE, ...where });
      conversation.trouble = "";
      await got(part);
      conversation.fetch(part.messages.map(toLine));
    } catch (error) {
      conversation.trouble = /** @type {Error} */ (error).message;
    } finally {
      this.#busy.delete(conversation);
      this.#changed();
    }
  }
}
