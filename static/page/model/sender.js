/**
 * How what a person writes gets to the server: a message stands among the unsent ones of its
 * conversation until it comes back, or until it is known that it will not. Knows nothing of the page.
 *
 * @module
 */
import { token } from "./conversation.js";
import { problem } from "../words.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("../../chat.js").ChatMessage} ChatMessage */

/** The server recognises a message sent again for this many milliseconds, and a little longer. */
const REPEATABLE = 4 * 60_000;

/** Sends one person's messages. */
export class Sender {
  #chat;
  #arrived;
  #changed;
  #refused;

  /**
   * @param {import("../../chat.js").Chat} chat
   * @param {(message: ChatMessage) => void} arrived called with each message as it was accepted
   * @param {() => void} changed called whenever there is something new to show
   * @param {(conversation: Conversation, why: Error) => void} [refused] called when one is not accepted
   */
  constructor(chat, arrived, changed, refused = () => {}) {
    this.#chat = chat;
    this.#arrived = arrived;
    this.#changed = changed;
    this.#refused = refused;
  }

  /** Says something. @param {Conversation} conversation @param {string} content */
  say(conversation, content) {
    const key = token();
    const { username } = this.#chat;
    /** @type {Line} */
    const line = { key, order: key, kind: "chat", username, content, time: Date.now() };
    conversation.unsent.push(line);
    conversation.mark = "";
    this.send(conversation, line);
  }

  /**
   * Sends a message that failed before, or a new one.
   *
   * @param {Conversation} conversation
   * @param {Line} line
   * @param {boolean} [again] may it have been sent before, so that its echo is among what was missed?
   */
  async send(conversation, line, again = false) {
    Object.assign(line, { state: "pending", problem: undefined });
    this.#changed();
    try {
      const options = { ...target(conversation), ref: line.key, again };
      this.#arrived(await this.#chat.send(line.content, options));
    } catch (error) {
      fail(line, problem(/** @type {Error} */ (error)));
      this.#refused(conversation, /** @type {Error} */ (error));
      this.#changed();
    }
  }

  /** Takes note of why a message is not sent yet, which is tried again. @param {Conversation[]} conversations @param {{ ref?: string, error: Error }} waiting */
  wait(conversations, { ref, error }) {
    const line = conversations.flatMap(({ unsent }) => unsent).find(({ key }) => key === ref);
    if (line) line.problem = problem(error);
    this.#changed();
  }

  /**
   * Goes on with what was not sent at another time, unless it has arrived.
   *
   * @param {Conversation} conversation
   * @param {{ lines: Line[], unsent: Line[] }} kept
   */
  resume(conversation, { lines, unsent }) {
    const sent = new Set(lines.map(({ ref }) => ref));
    for (const line of unsent.filter(({ key }) => !sent.has(key))) {
      conversation.unsent.push(line);
      const late = Date.now() - line.time > REPEATABLE;
      if (line.state === "pending" && !late) this.send(conversation, line, true);
      else fail(line, line.problem ?? "the page was closed before it was sent");
    }
  }

  /** Lets the others know that this person is typing. @param {Conversation} conversation */
  typing(conversation) {
    this.#chat.typing(target(conversation));
  }
}

/** @param {Conversation} conversation @returns {{ room?: string, to?: string }} */
const target = ({ kind, name }) => kind === "room" ? { room: name } : { to: name };

/** @param {Line} line @param {string} problem */
const fail = (line, problem) => Object.assign(line, { state: "failed", problem });
