/**
 * Going to a message that was found. Knows nothing of the page's elements.
 *
 * @module
 */
import { PAGE, startOf } from "../model/archive.js";
import { toLine } from "../model/lines.js";
import { readMessages } from "../server.js";

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/lines.js").Line} Line */

/**
 * Shows a message in its conversation. Where it is not held, it is fetched with what was said around
 * it, in place of what is held.
 *
 * @param {import("../model/session.js").Session} session
 * @param {{ conversation: Conversation, line: Line }} hit
 */
export async function jump(session, { conversation: { kind, name }, line }) {
  session.open(kind, name);
  const { current, archive } = session;
  if (!holds(current, line)) await surround(archive, current, line);
  // Somebody who has turned to something else finds it when they come back.
  if (holds(current, line)) current.wanted = line.order;
  else if (current.trouble) current.note("error", current.trouble);
  session.look();
}

/** @param {Conversation} conversation @param {Line} line */
const holds = ({ held, lines }, { order }) => lines[held.indexOf(order)]?.order === order;

/** @param {import("../model/archive.js").Archive} archive @param {Conversation} conversation @param {Line} line */
async function surround(archive, conversation, line) {
  const { name, held } = conversation;
  await archive.idle(conversation);
  await archive.fetch(conversation, { before: line.id }, async (earlier) => {
    const later = { limit: PAGE, since: line.id };
    const [start, { messages }] = await Promise.all([
      startOf(conversation, earlier),
      readMessages(name, later),
    ]);
    held.clear();
    held.start = start;
    conversation.fetch([line, ...messages.map(toLine)]);
  });
}
