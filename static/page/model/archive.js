/**
 * What the server keeps of the rooms, a page at a time. Knows nothing of the page's elements.
 *
 * @module
 */
import { toLine } from "./lines.js";
import { readMessages } from "../server.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */

/** From where on, by ids. @typedef {{ before?: string, since?: string }} Where */
/** @typedef {import("../server.js").Part} Part */
/** Is called with a page before its messages are taken; false: they do not fit any more. @typedef {(part: Part) => void | false | Promise<void | false>} Got */

/** How many messages are fetched at a time. */
export const PAGE = 50;

/** How often the end is looked for, where more is said all the time. */
const TRIES = 5;

/** What is said where something was told as it came, but is not kept, not even by the server. */
const LOST = "What was said next is not available any more";

/** Fetches what is not held of a conversation in a room, one page of each at a time. */
export class Archive {
  /** What is being fetched. @type {Map<Conversation, Promise<void>>} */
  #busy = new Map();
  #changed;
  #learn;

  /**
   * @param {() => void} changed called whenever there is something new to show
   * @param {(message: import("../../chat.js").ChatMessage) => void} [learn] called with each message
   */
  constructor(changed, learn = () => {}) {
    this.#changed = changed;
    this.#learn = learn;
  }

  /** Fetches what was said before the lines that are held. @param {Conversation} conversation */
  async earlier(conversation) {
    const { held, lines } = conversation;
    if (held.start !== "unknown") return;
    const before = lines.find(({ id }) => id)?.id;
    const { starts } = held;
    await this.fetch(conversation, { before }, async (part) => {
      const start = await startOf(conversation, part);
      if (held.starts !== starts) return false;
      held.start = start;
    });
  }

  /** Fetches what was said after the lines that are held, where they do not reach the end. @param {Conversation} conversation */
  async later(conversation) {
    const { held, lines } = conversation;
    const { newest, ends } = held;
    if (held.atEnd) return;
    // The last message that is held is asked for once more: where it is, nothing is lost behind it.
    const known = lines.findLast(({ kind }) => kind === "chat")?.order ?? "";
    const before = lines.findLast(({ id }) => id && (id < known || known === ""))?.id;
    const since = before ?? (known || undefined);
    await this.fetch(conversation, { since }, async ({ messages, complete }) => {
      const fresh = messages.filter(({ id }) => id > known);
      const isWhole = known === "" || complete || fresh.length < messages.length ||
        await this.#isWhole(conversation, known, fresh[0]?.id);
      if (held.ends !== ends) return false;
      if (!isWhole) tear(conversation);
      const last = messages.at(-1)?.id ?? "";
      const isLast = messages.length === 0 || complete;
      if (isLast && last < newest) held.settle(newest);
    });
  }

  /** Fetches the newest messages in place of those that are held, where these do not reach the end. @param {Conversation} conversation */
  async newest(conversation) {
    const { held } = conversation;
    await this.idle(conversation);
    const { newest } = held;
    if (held.atEnd) return;
    await this.fetch(conversation, {}, ({ messages, complete }) => {
      if (messages.length === 0) {
        // A server that was started anew has nothing in their place.
        tear(conversation);
        held.settle(newest);
        return;
      }
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

  /** Waits until nothing is being fetched of a conversation. @param {Conversation} conversation */
  async idle(conversation) {
    while (this.#busy.has(conversation)) await this.#busy.get(conversation);
  }

  /** Fetches a page, unless another one is being fetched. @param {Conversation} conversation @param {Where} where @param {Got} got */
  async fetch(conversation, where, got) {
    if (conversation.kind === "person" || this.#busy.has(conversation)) return;
    const fetching = take(conversation, where, async (part) => {
      part.messages.forEach(this.#learn);
      return await got(part);
    });
    this.#busy.set(conversation, fetching);
    await fetching;
    this.#busy.delete(conversation);
    this.#changed();
  }
}

/**
 * What was said before a page: one of long messages is short, though others come before it.
 *
 * @param {Conversation} conversation
 * @param {Part} part
 * @returns {Promise<"unknown" | "nothing" | "lost">}
 */
export async function startOf({ name }, { messages, complete }) {
  const [first] = messages;
  if (complete) return "nothing";
  if (!first) return "lost";
  if (messages.length === PAGE) return "unknown";
  const before = await readMessages(name, { limit: 1, before: first.id });
  return before.messages.length === 0 ? "lost" : "unknown";
}

/** Takes a page into a conversation, or note of why it cannot be had. @param {Conversation} conversation @param {Where} where @param {Got} got */
async function take(conversation, where, got) {
  try {
    const part = await readMessages(conversation.name, { limit: PAGE, ...where });
    conversation.trouble = "";
    if (await got(part) !== false) conversation.fetch(part.messages.map(toLine));
  } catch (error) {
    conversation.trouble = /** @type {Error} */ (error).message;
  }
}

/** Says that what came next is gone, unless that is said already. @param {Conversation} conversation */
function tear(conversation) {
  if (conversation.held.last?.kind !== "gap") conversation.note("gap", LOST);
}
