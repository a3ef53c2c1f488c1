/**
 * What was heard in a short while, put together: busy rooms chatter. Knows nothing of the page.
 *
 * @module
 */

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/lines.js").Line} Line */
/** @typedef {{ conversation: Conversation, line: Line, calls: boolean }} Heard A line, and whether it calls this person. */

/** Hands over once in a while what was heard: of each conversation how much, and the newest line. */
export class Gathering {
  /** @type {Map<Conversation, Heard & { count: number }>} */
  #heard = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #wait;
  #tell;

  /**
   * @param {number} wait milliseconds from the first line until they are handed over
   * @param {(heard: (Heard & { count: number })[]) => void} tell
   * @param {AbortSignal} signal ends it
   */
  constructor(wait, tell, signal) {
    this.#wait = wait;
    this.#tell = tell;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Takes a line. In each conversation, those that call this person win over those that do not. @param {Heard} heard */
  add(heard) {
    const { conversation, calls } = heard;
    const known = this.#heard.get(conversation);
    if (known?.calls && !calls) return;
    const count = known?.calls === calls ? known.count + 1 : 1;
    this.#heard.set(conversation, { ...heard, count });
    this.#timer ??= setTimeout(() => {
      const all = [...this.#heard.values()];
      this.#heard.clear();
      this.#timer = undefined;
      this.#tell(all);
    }, this.#wait);
  }

  /** Forgets what was heard in some conversations. @param {(conversation: Conversation) => boolean} which */
  drop(which) {
    for (const conversation of this.#heard.keys()) {
      if (which(conversation)) this.#heard.delete(conversation);
    }
  }
}
