/// <reference lib="dom" />
/**
 * Going to a conversation.
 *
 * @module
 */
import { find } from "./dom.js";
import { uncover } from "./trail.js";

/**
 * Shows a conversation, closes what covers it, and leads to the message box.
 *
 * @param {import("./model/session.js").Session} session
 * @param {"room" | "person"} kind
 * @param {string} name
 */
export function visit(session, kind, name) {
  uncover();
  session.open(kind, name);
  find("content").focus();
}
