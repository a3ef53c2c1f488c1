/**
 * What was missed in a room and not sent, as it was too much, but is kept all the same. Knows nothing
 * of the page's elements.
 *
 * @module
 */
import { readMessages } from "../server.js";

/**
 * Lets go of what is held before a place, if all that was said since is kept: so the room can be read
 * back from what came after it, without a hole.
 *
 * @param {import("./conversation.js").Conversation} conversation in a room
 * @param {string} since id of the newest message that was not missed
 * @param {string} order of the place
 * @returns {Promise<boolean>} is it kept?
 * @throws {import("../server.js").Unanswered}
 */
export async function mend(conversation, since, order) {
  const { name, held } = conversation;
  const next = await readMessages(name, { limit: 1, since });
  const before = next.messages[0]?.id;
  // What goes is always the oldest: where the first one after it is kept, the others are.
  const { complete } = before ? await readMessages(name, { limit: 1, since, before }) : next;
  if (!complete) return false;
  held.trim(undefined, held.all.length - held.indexOf(order));
  held.start = "unknown";
  conversation.reading = undefined;
  return true;
}
