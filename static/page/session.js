/// <reference lib="dom" />
/**
 * One person in the chat: what they do goes to the client library, and what the library hears goes
 * into the conversations. Knows nothing of the page's elements.
 *
 * @module
 */
import { Chat } from "../chat.js";
import { keyOf } from "../names.js";
import { HELD, token } from "./conversation.js";
import { Conversations, toLine } from "./conversations.js";
import { address } from "./server.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("../chat.js").Message} Message */

/** How many messages to ask for when entering a room, and each time when reading back. */
const HISTORY = 50;

/** The server recognises a message sent again for this many milliseconds, and a little longer. */
const REPEATABLE = 4 * 60_000;

/** Milliseconds after which the page checks whether somebody is still typing. */
const TYPING = 5_100;

/**
 * Errors that need no line in a conversation. A gap has an event of its own. The other two answer a
 * `typing` that reaches nobody; if a message follows, its own error says so.
 */
const TOLD_OTHERWISE = new Set(["gap", "no_such_user", "not_in_room"]);

/**
 * One person's presence on the server. Dispatches `change` whenever there is something new to
 * show, and `heard` (detail `{ conversation, line }`) for each new message of somebody else.
 */
export class Session extends EventTarget {
  #chat;
  #loading = false;

  /**
   * @param {{ name: string, room: string, since?: string, inbox?: string }} place everything after
   * the id `since` will be heard in the room, and everything after `inbox` in private
   * @param {string} url of the WebSocket endpoint
   */
  constructor({ name, room, since, inbox }, url) {
    super();
    this.#chat = new Chat(url, { username: name, room, since, inbox, last: HISTORY });
    this.conversations = new Conversations(room);
    if (since) this.earlier();
    this.#listen("state", () => this.#changed());
    this.#listen("message", (message) => this.#receive(message));
    this.#listen("gap", ({ room }) => {
      this.conversations.gap(room);
      this.#changed();
    });
  }

  get name() {
    return this.#chat.username;
  }

  /** How far a room is heard, or the private messages. @param {string} [room] */
  heard(room) {
    return this.#chat.place(room);
  }

  /** The conversation on screen. */
  get current() {
    return this.conversations.current;
  }

  /** The connection: its `state`, why it ended, and when it is tried again (Unix ms, or null). */
  get connection() {
    const { state, ending, retryAt } = this.#chat;
    return { state, ending, retryAt };
  }

  /** How many characters a message may have. */
  get longest() {
    return this.#chat.limits?.content ?? 4_000;
  }

  /** @param {string} name */
  isMe(name) {
    return keyOf(name) === keyOf(this.name);
  }

  /**
   * Shows a conversation, and enters its room if necessary.
   *
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  open(kind, name) {
    this.current.mark = Infinity;
    if (kind === "room") this.#chat.join(name, { last: HISTORY });
    this.conversations.current = this.conversations.open(kind, name);
    this.look();
  }

  /**
   * Leaves a room, or closes a private conversation.
   *
   * @param {Conversation} conversation
   */
  close(conversation) {
    this.conversations.remove(conversation);
    if (conversation.kind === "room") this.#chat.leave(conversation.name);
    const [next] = this.conversations.all;
    if (conversation === this.current && next) this.open(next.kind, next.name);
    this.#changed();
  }

  /** Whoever sees the page has read the current conversation. */
  look() {
    if (!document.hidden) this.current.read();
    this.#changed();
  }

  /** Disconnects for good. */
  end() {
    this.#chat.close();
  }

  /** Says something in the current conversation. @param {string} content */
  say(content) {
    /** @type {Line} */
    const line = { key: token(), kind: "chat", username: this.name, content, time: Date.now() };
    this.current.unsent.push(line);
    this.current.mark = Infinity;
    this.#send(this.current, line);
  }

  /** Sends a failed message again. @param {Line} line */
  retry(line) {
    this.#send(this.current, line);
  }

  /** Discards a failed message. @param {Line} line */
  discard(line) {
    this.current.settle(line.key);
    this.#changed();
  }

  /** Lets the others know that this person is typing; to be called at every key. */
  typing() {
    this.#chat.typing(target(this.current));
  }

  /** Fetches what was said before the lines that are there. */
  async earlier() {
    const conversation = this.current;
    const { kind, name, lines, complete } = conversation;
    if (this.#loading || complete || kind === "person" || lines.length >= HELD) return;
    this.#loading = true;
    try {
      const query = new URLSearchParams({ limit: String(HISTORY) });
      const oldest = lines.find((line) => line.id)?.id;
      if (oldest) query.set("before", oldest);
      const answer = await fetch(address(`api/rooms/${name}/messages?${query}`));
      if (!answer.ok) return;
      const { messages } = await answer.json();
      conversation.prepend(messages.map(toLine));
      conversation.complete = messages.length < HISTORY;
      this.#changed();
    } catch {
      // Offline. The banner says so, and scrolling up again asks again.
    } finally {
      this.#loading = false;
    }
  }

  /**
   * Brings back the conversations from before a reload.
   *
   * @param {Pick<Conversation, "kind" | "name" | "lines" | "unsent" | "unread">[]} kept
   */
  restore(kept) {
    for (const { kind, name, lines, unsent, unread } of kept) {
      const conversation = this.conversations.open(kind, name);
      conversation.unread = unread;
      if (kind === "room") this.#chat.join(name, { last: HISTORY });
      for (const line of lines) conversation.add(line);
      for (const line of unsent) {
        conversation.unsent.push(line);
        const late = Date.now() - line.time > REPEATABLE;
        if (line.state === "pending" && !late) this.#send(conversation, line);
        else fail(line, line.problem ?? "the page was closed before it was sent");
      }
    }
  }

  /** @param {Conversation} conversation @param {Line} line */
  async #send(conversation, line) {
    Object.assign(line, { state: "pending", problem: undefined });
    this.#changed();
    try {
      const options = { ...target(conversation), ref: line.key };
      this.#receive(await this.#chat.send(line.content, options));
    } catch (error) {
      fail(line, /** @type {Error} */ (error).message);
      this.#changed();
    }
  }

  /** @param {Message} message */
  #receive(message) {
    switch (message.type) {
      case "chat":
        this.#hear(message);
        break;
      case "join":
      case "leave":
        this.conversations.come(message, this.name);
        break;
      case "room":
        this.conversations.get("room", message.room)?.present(message);
        break;
      case "typing":
        this.#typed(message);
        break;
      case "error":
        if (!TOLD_OTHERWISE.has(message.code)) this.#note(message);
    }
    this.#changed();
  }

  /** @param {import("../chat.js").TypingMessage} message */
  #typed({ room, username }) {
    const conversation = room === undefined
      ? this.conversations.get("person", username)
      : this.conversations.get("room", room);
    conversation?.typed(username, !this.isMe(username));
    setTimeout(() => this.#changed(), TYPING);
  }

  /** @param {import("../chat.js").ErrorMessage} message */
  #note({ room, content }) {
    const conversation = room === undefined ? undefined : this.conversations.get("room", room);
    (conversation ?? this.current).note("error", content);
  }

  /** @param {import("../chat.js").ChatMessage} message */
  #hear(message) {
    const heard = this.conversations.hear(message, this.name);
    if (!heard) return;
    if (document.hidden || heard.conversation !== this.current) heard.conversation.unread++;
    this.dispatchEvent(new CustomEvent("heard", { detail: heard }));
  }

  /** @param {string} type @param {(detail: any) => void} obey */
  #listen(type, obey) {
    this.#chat.addEventListener(type, (event) => obey(/** @type {CustomEvent} */ (event).detail));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Conversation} conversation @returns {{ room?: string, to?: string }} */
const target = ({ kind, name }) => kind === "room" ? { room: name } : { to: name };

/** @param {Line} line @param {string} problem */
const fail = (line, problem) => Object.assign(line, { state: "failed", problem });
