/// <reference lib="dom" />
/**
 * All conversations of one person, and which of them a message of the server belongs to. No element
 * of the page in here.
 *
 * @module
 */
import { Conversation, fold } from "./conversation.js";

/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("../chat.js").ChatMessage} ChatMessage */
/** @typedef {import("../chat.js").PresenceMessage} PresenceMessage */

/** Milliseconds between two who came or went after which they are told in lines of their own. */
const TOGETHER = 10 * 60_000;

/** Rooms and people, in the order they were opened, and the one that is looked at. */
export class Conversations {
  /** @type {Map<string, Conversation>} */
  #all = new Map();

  /** @param {string} room the one to begin with */
  constructor(room) {
    this.current = this.open("room", room);
  }

  /** Every conversation. */
  get all() {
    return [...this.#all.values()];
  }

  /** Rooms one is in. */
  get rooms() {
    return this.all.filter(({ kind }) => kind === "room");
  }

  /** Private conversations. */
  get people() {
    return this.all.filter(({ kind }) => kind === "person");
  }

  /**
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  get(kind, name) {
    return this.#all.get(`${kind}:${fold(name)}`);
  }

  /**
   * A conversation, begun when there is none yet.
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

  /** Is this person in a room that one is in? @param {string} name */
  isHere(name) {
    return this.rooms.some((room) => room.has(name));
  }

  /**
   * Takes in something said; what is new and of somebody else comes back.
   *
   * @param {ChatMessage} message
   * @param {string} me
   * @returns {{ conversation: Conversation, line: Line } | undefined}
   */
  hear(message, me) {
    const { room, to, username, ref } = message;
    const own = fold(username) === fold(me);
    const conversation = room === undefined
      ? this.open("person", own ? to ?? me : username)
      : this.get("room", room);
    if (!conversation) return;
    const line = toLine(message);
    if (own) {
      line.state = "sent";
      // The line keeps its name while it changes from unsent to accepted, and so its place.
      if (ref && conversation.unsent.some(({ key }) => key === ref)) line.key = ref;
      if (ref) conversation.settle(ref);
    }
    if (!conversation.add(line) || own) return;
    conversation.typed(username, false);
    if (!conversation.isHistory(line)) return { conversation, line };
  }

  /**
   * Takes in who came or went; several in a row are one line.
   *
   * @param {PresenceMessage} message
   * @param {string} me
   */
  come(message, me) {
    const { type, room, username } = message;
    const conversation = this.get("room", room);
    conversation?.arrived(username, type === "join");
    if (!conversation || fold(username) === fold(me)) return;
    const line = toLine(message);
    const last = conversation.lines.at(-1);
    if (last && last.kind === type && last.names && line.time - last.time < TOGETHER) {
      if (!last.names.includes(username)) last.names.push(username);
    } else conversation.add({ ...line, names: [username] });
  }

  /**
   * Notes that messages were lost.
   *
   * @param {string | null} room null: private ones
   */
  gap(room) {
    const torn = room === null ? this.people : [this.get("room", room)];
    for (const conversation of torn) conversation?.note("gap");
  }
}

/**
 * A message as the conversations have it.
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
