/// <reference lib="dom" />
/**
 * Notifications: what the system shows of new messages while the page is not looked at.
 *
 * @module
 */
import { Gathering } from "./gathering.js";
import { excerpt } from "../text/text.js";

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("./gathering.js").Heard} Heard */

/** For how many milliseconds messages are gathered: after an absence, hundreds come at once. */
const GATHERED = 500;

/** How many characters of a message are shown. */
const EXCERPT = 200;

/** One notification per conversation: a new one replaces the one before. */
export class Notices extends Gathering {
  /** @type {Map<Conversation, Notification>} */
  #shown = new Map();
  #open;
  #refused;

  /**
   * @param {object} how
   * @param {() => boolean} how.wanted is asked right before they are shown
   * @param {(conversation: Conversation) => void} how.open called when one is clicked
   * @param {() => void} how.refused called when the browser shows none, though it has allowed them
   * @param {AbortSignal} signal ends it, and takes them away
   */
  constructor({ wanted, open, refused }, signal) {
    super(GATHERED, (all) => {
      if (wanted()) { for (const heard of all) this.#show(heard); }
    }, signal);
    this.#open = open;
    this.#refused = refused;
    signal.addEventListener("abort", () => this.clear(() => true));
  }

  /** Takes away the notifications of some conversations, also those to come. @param {(conversation: Conversation) => boolean} which */
  clear(which) {
    this.drop(which);
    for (const [conversation, notification] of this.#shown) {
      if (!which(conversation)) continue;
      notification.close();
      this.#shown.delete(conversation);
    }
  }

  /** @param {Heard} heard */
  #show({ conversation, line, calls }) {
    // What calls stays in sight until it is read.
    if (!calls && conversation.calls > 0) return;
    try {
      const notification = new Notification(headline({ conversation, line, calls }), {
        body: excerpt(line.content, EXCERPT),
        tag: conversation.key,
        // The page has a sound of its own, for those who want one.
        silent: true,
        .../** @type {object} */ ({ renotify: calls }),
      });
      notification.onclick = () => {
        this.clear((each) => each === conversation);
        globalThis.focus();
        this.#open(conversation);
      };
      this.#shown.set(conversation, notification);
    } catch {
      // On Android only service workers may notify.
      this.#refused();
    }
  }
}

/** Who said something, and where. @param {Heard} heard */
export function headline(
  { conversation: { kind, title }, line: { username, name = username }, calls },
) {
  if (kind === "person") return `${name} (private)`;
  return calls ? `${name} mentioned you in ${title}` : `${name} in ${title}`;
}
