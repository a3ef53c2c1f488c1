/// <reference lib="dom" />
/**
 * All conversations of one person, and which of them a message belongs to. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../names.js";
import { Conversation } from "./conversation.js";

/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("../chat.js").ChatMessage} ChatMessage */
/** @typedef {import("../chat.js").PresenceMessage} PresenceMessage */

/** People who come or go within this many milliseconds of each other share one line. */
const TOGETHER = 10 * 60_000;

/** Rooms and people, in the order they were opened, and the one on screen. */
export class Conversations {
  /** @type {Map<string, Conversation>} */
  #all = new Map();

  /** @param {string} room the first one */
  constructor(room) {
    this.current = this.open("room", room);
  }

  /** Every conversation. */
  get all() {
    return [...this.#all.values()];
  }

  /** Conversations in rooms. */
  get rooms() {
    return this.all.filter(({ kind }) => kind === "room");
  }

  /** Private conversations, one per person. */
  get people() {
    return this.all.filter(({ kind }) => kind === "person");
  }

  /**
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  get(kind, name) {
    return this.#all.get(`${kind}:${keyOf(name)}`);
  }

  /**
   * A conversation; begins it if there is none yet.
   *
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  open(kind, name) {
    const known = this.get(kind, name);
    if (known) return known;
    const conversation = new Conversation(kind, name);
    this.#all.set(conversation.key, conversation);
    return conversation;
  }

  /** @param {Conversation} conversation */
  remove(conversation) {
    this.#all.delete(conversation.key);
  }

  /** Is this person in one of the rooms? @param {string} name */
  isHere(name) {
    return this.rooms.some((room) => room.has(name));
  }

  /**
   * Adds something said to its conversation; returns it if it is news from somebody else.
   *
   * @param {ChatMessage} message
   * @param {string} me
   * @returns {{ conversation: Conversation, line: Line } | undefined}
   */
  hear(message, me) {
    const { room, to, username, ref } = message;
    const own = keyOf(username) === keyOf(me);
    const conversation = room === undefined
      ? this.open("person", own ? to ?? me : username)
      : this.get("room", room);
    if (!conversation) return;
    const line = toLine(message);
    if (own) {
      line.state = "sent";
      // With the same key it stays the same line on the page, though it is no longer unsent.
      if (ref && conversation.unsent.some(({ key }) => key === ref)) line.key = ref;
      if (ref) conversation.settle(ref);
    }
    if (!conversation.add(line) || own) return;
    conversation.typed(username, false);
    if (!conversation.isHistory(line)) return { conversation, line };
  }

  /**
   * Takes note of who came or went; several in a row become one line.
   *
   * @param {PresenceMessage} message
   * @param {string} me
   */
  come(message, me) {
    const { type, room, username } = message;
    const conversation = this.get("room", room);
    conversation?.arrived(username, type === "join");
    if (!conversation || keyOf(username) === keyOf(me)) return;
    const line = toLine(message);
    const last = conversation.lines.at(-1);
    if (last && last.kind === type && last.names && line.time - last.time < TOGETHER) {
      if (!last.names.includes(username)) last.names.push(username);
    } else conversation.add({ ...line, names: [username] });
  }

  /**
   * Says in the conversations concerned that messages are missing.
   *
   * @param {string | null} room null for private messages
   */
  gap(room) {
    const torn = room === null ? this.people : [this.get("room", room)];
    for (const conversation of torn) conversation?.note("gap");
  }
}

/**
 * A message of the server as a line.
 *
 * @param {ChatMessage | PresenceMessage} message
 * @returns {Line}
 */
export const toLine = ({ id, type, username, content, timestamp }) => ({
  key: id,
  id,
  kind: type,
  username,
  content,
  time: Date.parse(timestamp),
});
