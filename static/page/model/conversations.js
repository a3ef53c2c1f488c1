/**
 * All conversations of one person, and which of them a message belongs to. Knows nothing of the page.
 *
 * @module
 */
import { keyOf } from "../../names.js";
import { Conversation } from "./conversation.js";
import { keyFor } from "./kept.js";
import { toLine } from "./lines.js";
import { Shown } from "./shown.js";
import { mentions } from "../text/text.js";

/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("../../chat.js").ChatMessage} ChatMessage */
/** @typedef {import("../../chat.js").PresenceMessage} PresenceMessage */

/** Rooms and people, in the order in which they were opened, and the one on screen. */
export class Conversations {
  /** @type {Map<string, Conversation>} */
  #all = new Map();
  #shown = new Shown();

  /**
   * @param {import("./kept.js").Kept[]} kept those of another time
   * @param {string} me this person's name
   * @param {string} room the one on screen
   */
  constructor(kept, me, room) {
    for (const record of kept) {
      for (const line of record.lines) this.#shown.learn(line);
      const conversation = this.open(record.kind, record.name);
      conversation.restore(record, ({ username }) => keyOf(username) === keyOf(me));
    }
    this.current = this.open("room", room);
  }

  /** Every conversation, also those that are hidden. */
  get every() {
    return [...this.#all.values()];
  }

  /** Every conversation in the list. */
  get all() {
    return this.every.filter(({ hidden }) => !hidden);
  }

  /** Conversations in rooms. */
  get rooms() {
    return this.all.filter(({ kind }) => kind === "room");
  }

  /** Private conversations in the list, one per person. */
  get people() {
    return this.all.filter(({ kind }) => kind === "person");
  }

  /**
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  get(kind, name) {
    return this.#all.get(keyFor({ kind, name }));
  }

  /** What somebody is shown as. @param {string} name */
  shown(name) {
    return this.#shown.of(name);
  }

  /** Takes note of it. @param {{ username: string, name?: string }} person */
  learn(person) {
    this.#shown.learn(person);
    const { username } = person;
    const conversation = this.get("person", username);
    if (conversation) conversation.title = this.shown(username);
  }

  /**
   * A conversation, in the list; begins it if there is none yet.
   *
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  open(kind, name) {
    const conversation = this.get(kind, name) ?? new Conversation(kind, name);
    if (kind === "person") conversation.title = this.shown(name);
    this.#all.set(conversation.key, conversation);
    conversation.hidden = false;
    return conversation;
  }

  /**
   * Takes a room out of the list, and with it what others said there. What this person began to say
   * is found again when it is opened.
   *
   * @param {Conversation} conversation
   */
  leave({ key, kind, name, draft, unsent }) {
    this.#all.delete(key);
    if (draft.trim() === "" && unsent.length === 0) return;
    Object.assign(this.open(kind, name), { draft, unsent, hidden: true });
  }

  /**
   * Is this person in one of the rooms? Undefined where nobody can tell: in a big room, not everybody
   * is known by name, and without a connection nobody is.
   *
   * @param {string} name
   * @returns {boolean | undefined}
   */
  isHere(name) {
    if (this.rooms.some((room) => room.ready && room.has(name))) return true;
    const isKnown = this.rooms.every(({ ready, presence }) => ready && presence.listed);
    return isKnown ? false : undefined;
  }

  /**
   * Adds something said to its conversation; returns it if it is news from somebody else.
   *
   * @param {ChatMessage} message
   * @param {string} me
   * @returns {{ conversation: Conversation, line: Line, calls: boolean } | undefined} `calls`: is it
   * said to this person, by name or in private?
   */
  hear(message, me) {
    const { room, to, username, ref } = message;
    this.learn(message);
    const own = keyOf(username) === keyOf(me);
    const conversation = room === undefined
      ? this.open("person", own ? to ?? me : username)
      : this.get("room", room);
    if (!conversation) return;
    const line = toLine(message);
    if (own) Object.assign(line, { state: "sent", ref });
    // With the same key it stays the same line on the page, though it is no longer unsent.
    if (own && ref && conversation.settle(ref)) line.key = ref;
    if (!conversation.hear(line)) return;
    if (own) return void conversation.notice(line, own);
    conversation.presence.typed(username, false);
    if (conversation.isHistory(line)) return;
    return { conversation, line, calls: room === undefined || mentions(line.content, me) };
  }

  /**
   * Takes note of who came or went.
   *
   * @param {PresenceMessage} message
   * @param {string} me
   */
  move(message, me) {
    const { type, id, room, username, timestamp } = message;
    this.learn(message);
    // Whoever enters a room is counted in what they are told on entering.
    if (keyOf(username) === keyOf(me)) return;
    const conversation = this.get("room", room);
    conversation?.presence.moved(username, type === "join");
    conversation?.move({ id, username, time: Date.parse(timestamp) }, type === "join");
  }
}
