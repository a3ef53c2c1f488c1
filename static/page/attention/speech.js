/// <reference lib="dom" />
/**
 * What screen readers say of new messages.
 *
 * @module
 */
import { find } from "../dom.js";
import { Gathering } from "./gathering.js";
import { excerpt } from "../text/text.js";

/** @typedef {import("./gathering.js").Heard} Heard */

/** For how many milliseconds messages are gathered before they are spoken. */
const GATHERED = 1_500;

/** How many characters of a message are spoken. */
const EXCERPT = 200;

/** Of how many conversations something is said at a time. */
const TOLD = 3;

/** Speaks a line, or of many lines how many they are, and the newest. */
export class Speech extends Gathering {
  /** @param {AbortSignal} signal ends it */
  constructor(signal) {
    super(GATHERED, (all) => {
      const text = all.slice(-TOLD).map(sentence).join(" ");
      // A new node each time: who says the same twice is heard twice.
      find("spoken").replaceChildren(text);
    }, signal);
  }
}

/**
 * What is said of the lines of one conversation. Those that call come from elsewhere, so it is said
 * from where.
 *
 * @param {Heard & { count: number }} heard
 */
export function sentence({ conversation: { kind, title }, line, calls, count }) {
  const { username, name = username, content } = line;
  const said = `${name}: ${excerpt(content, EXCERPT)}`;
  if (!calls) {
    const where = kind === "room" ? `in ${title}` : `from ${title}`;
    return count === 1 ? said : `${count} new messages ${where}. ${said}`;
  }
  if (kind === "person") {
    return count === 1 ? `Private message from ${said}` : `${count} private messages from ${said}`;
  }
  if (count > 1) return `${count} messages for you in ${title}. ${said}`;
  return `${name} mentioned you in ${title}: ${excerpt(content, EXCERPT)}`;
}
