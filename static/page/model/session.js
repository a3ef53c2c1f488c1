/// <reference lib="dom" />
/**
 * One person in the chat: what they do goes to the client library, and what the library hears goes
 * into the conversations. Knows nothing of the page's elements.
 *
 * @module
 */
import { Chat } from "../../chat.js";
import { keyOf } from "../../names.js";
import { Absence } from "./absence.js";
import { Archive, PAGE } from "./archive.js";
import { Conversations } from "./conversations.js";
import { later } from "../later.js";
import { invitation, keep, proofOf } from "../pass.js";
import { Sender } from "./sender.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./lines.js").Line} Line */
/** @typedef {import("../../chat.js").Message} Message */

/** Milliseconds after which the page checks whether somebody is still typing. */
const TYPING = 5_100;

/**
 * Milliseconds that missed private messages may come after what was missed in a room: the server does
 * not say which is the last.
 */
const LATE = 500;

/**
 * Errors that need no line in a conversation. A gap has an event of its own. The others answer a
 * `typing` that reaches nobody; if a message follows, its own error says so.
 */
const TOLD_OTHERWISE = new Set(["gap", "no_such_user", "not_in_room", "muted"]);

/**
 * One person's presence on the server. Dispatches `change` whenever there is something new to
 * show, and `heard` (detail `{ conversation, line, calls }`) for each new message of somebody else.
 */
export class Session extends EventTarget {
  #chat;
  #store;
  #absence;
  #sender;
  /** What moderators do is done here; loaded when they do something. @type {import("./acts.js").Acts | undefined} */
  #acts;
  /** May this person moderate? */
  admin = false;
  /** May there be private messages from before that are still to come? */
  #away = true;
  /** Until when that may be. @type {ReturnType<typeof setTimeout> | undefined} */
  #late;

  /**
   * Goes on where this person was when they were here before.
   *
   * @param {import("../entry.js").Place} place `room`: the one to show
   * @param {string} url of the WebSocket endpoint
   * @param {import("./store.js").Store} store
   */
  constructor({ name, room, readsOnly = false }, url, store) {
    super();
    this.readsOnly = readsOnly;
    this.#store = store;
    const { conversations: kept, inbox, time } = store.load();
    this.#absence = new Absence(time);
    this.conversations = new Conversations(kept, name, room);
    const { since } = this.current;
    this.#chat = new Chat(url, {
      ...proofOf(name),
      ...{ username: name, room, last: PAGE, since, inbox: inbox ?? since },
    });
    this.archive = new Archive(
      () => this.#changed(),
      (message) => this.conversations.learn(message),
    );
    this.#sender = new Sender(
      this.#chat,
      (message) => this.#receive(message),
      () => this.#changed(),
      ({ kind, name }, error) => {
        const { message } = error;
        const person = kind === "person" ? name : undefined;
        this.#act({ ...error, message, type: "error", person });
      },
    );
    if (readsOnly) this.#act();
    for (const { name, since } of this.conversations.rooms) {
      this.#chat.join(name, { last: PAGE, since });
    }
    for (const record of kept) {
      const conversation = this.conversations.get(record.kind, record.name);
      if (conversation) this.#sender.resume(conversation, record);
    }
    this.#listen("state", () => this.#turn());
    this.#listen("message", (message) => this.#receive(message));
    this.#listen("waiting", (why) => this.#sender.wait(this.conversations.every, why));
    this.#listen("gap", ({ room }) => this.#tear(room));
    this.#listen("recovered", ({ room }) => this.#settle(this.conversations.get("room", room)));
  }

  get name() {
    return this.#chat.username;
  }

  /** What this person is shown as. */
  get shown() {
    return this.#chat.name;
  }

  /** Have they proven who they are? */
  get isKnown() {
    return this.#chat.token !== "" && invitation() !== "";
  }

  /** Why nothing may be said in the current conversation, or not yet. */
  get hush() {
    return this.#acts?.hush(this.current);
  }

  /** The conversation on screen. */
  get current() {
    return this.conversations.current;
  }

  /**
   * The connection: its `state`, why it ended, when it is tried again (Unix ms, or null), and whether
   * the server was started anew before it, and has forgotten what was said.
   */
  get connection() {
    const { state, ending, retryAt } = this.#chat;
    return { state, ending, retryAt, forgotten: this.#absence.forgotten };
  }

  /** How many characters a message may have. */
  get longest() {
    return this.#chat.limits?.content ?? 4_000;
  }

  /** Why the browser keeps nothing, if it does not. */
  get unkept() {
    return this.#store.problem;
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
    if (!this.current.reading) this.current.mark = "";
    const conversation = this.conversations.open(kind, name);
    if (kind === "room") this.#chat.join(name, { last: PAGE, since: conversation.since });
    this.conversations.current = conversation;
    this.look();
  }

  /** Takes a private conversation out of the list; all of it stays. @param {Conversation} conversation */
  hide(conversation) {
    conversation.hidden = true;
    this.#turnFrom(conversation);
  }

  /** Leaves a room. @param {Conversation} conversation */
  leave(conversation) {
    this.conversations.leave(conversation);
    this.#store.remove(conversation);
    this.#chat.leave(conversation.name);
    this.#turnFrom(conversation);
  }

  /** Whoever sees the page has read the current conversation, once all that was missed is there. */
  look() {
    if (!document.hidden && this.#isTold(this.current)) this.current.read();
    this.#changed();
  }

  /** Has the browser keep what is to be kept. */
  save() {
    const { unkept } = this;
    const time = this.#chat.state === "online" ? Date.now() : this.#absence.metAt;
    this.#store.save(this.conversations.every, { inbox: this.#chat.place(), time });
    if (this.unkept !== unkept) this.#changed();
  }

  /** Takes note of what another tab has kept. @param {StorageEvent} event */
  heed(event) {
    const kept = this.#store.heard(event);
    if (!kept) return;
    this.conversations.get(kept.kind, kept.name)?.readTo(kept.seen);
    this.#changed();
  }

  /** Has the browser keep nothing of this person. */
  forget() {
    this.#store.forget();
  }

  /** Disconnects for good. */
  end() {
    this.#chat.close();
  }

  /** Says something in the current conversation. @param {string} content */
  say(content) {
    this.#sender.say(this.current, content);
  }

  /** Sends a failed message again. @param {Line} line */
  retry(line) {
    this.#sender.send(this.current, line);
  }

  /** Discards a failed message. @param {Line} line */
  discard(line) {
    this.current.settle(line.key);
    this.#changed();
  }

  /** Lets the others know that this person is typing; to be called at every key. */
  typing() {
    this.#sender.typing(this.current);
  }

  /** Shows another conversation than one that is gone. @param {Conversation} conversation */
  #turnFrom(conversation) {
    const [next] = this.conversations.all;
    if (conversation === this.current && next) this.open(next.kind, next.name);
    this.#changed();
  }

  /** The connection is made, or lost. */
  #turn() {
    if (this.#chat.state === "online") {
      this.#absence.end();
    } else {
      clearTimeout(this.#late);
      this.#late = undefined;
      this.#away = true;
      for (const conversation of this.conversations.every) conversation.ready = false;
    }
    this.#changed();
  }

  /** All that was missed in a room is there. @param {Conversation | undefined} conversation */
  #settle(conversation) {
    if (!conversation) return;
    conversation.ready = true;
    this.#late ??= setTimeout(() => {
      this.#away = false;
      this.look();
    }, LATE);
    this.look();
    if (conversation.lines.length < PAGE) this.archive.earlier(conversation);
  }

  /** Is all there that was missed in a conversation? @param {Conversation} conversation */
  #isTold({ kind, ready }) {
    return this.#chat.state !== "online" || (kind === "room" ? ready : !this.#away);
  }

  /** Something was lost, or too much to be sent. @param {string | null} room null: of the private messages */
  async #tear(room) {
    const torn = this.conversations.every.filter(({ kind, name }) =>
      room === null ? kind === "person" : kind === "room" && name === room
    ).map((conversation) => {
      const { held, isSilent, lines, seen } = conversation;
      const since = lines.findLast(({ kind }) => kind === "chat")?.id ?? seen;
      return { conversation, isSilent, since, place: held.after() };
    });
    if (room === null) {
      for (const { conversation } of torn) conversation.rewind(this.#chat.place() ?? "");
    }
    const { forgetful, forgotten } = await this.#absence.ask();
    this.#changed();
    // That the server was started anew is told in the rooms.
    if (room === null && forgotten) return;
    const privately = forgetful ? PRIVATE_FORGOTTEN : PRIVATE_LOST;
    const words = forgotten ? FORGOTTEN : room === null ? privately : LOST;
    for (const { conversation, isSilent, since, place } of torn) {
      // A server that has forgotten what was never said has forgotten nothing.
      if (forgotten && isSilent) continue;
      const mended = room !== null && !forgetful &&
        await import("./mend.js").then(({ mend }) => mend(conversation, since, place))
          .catch(() => false);
      if (!mended) conversation.note("gap", words, place);
    }
    this.#changed();
  }

  /** @param {Message} message */
  #receive(message) {
    switch (message.type) {
      case "welcome":
        this.admin = message.admin === true;
        this.conversations.learn(message);
        keep(this.#chat);
        break;
      case "delete":
      case "clear":
      case "moderated":
        this.#act(message);
        break;
      case "chat":
        this.#hear(message);
        break;
      case "join":
      case "leave":
        this.conversations.move(message, this.name);
        // Somebody else has seen to it.
        if (message.type === "leave" && this.isMe(message.username)) this.#act(message);
        break;
      case "room":
        this.#enter(message);
        break;
      case "typing":
        this.#typed(message);
        break;
      case "error":
        if (!TOLD_OTHERWISE.has(message.code)) this.#note(message);
        this.#act(message);
    }
    this.#changed();
  }

  /** @param {import("../../chat.js").RoomMessage} message */
  #enter(message) {
    const conversation = this.conversations.get("room", message.room);
    const { ready } = conversation ?? {};
    conversation?.enter(message);
    if (conversation?.ready && !ready) this.#settle(conversation);
    if (message.at) this.#act(message);
  }

  /** Has something done that a moderator did, or that follows from it. @param {import("./acts.js").Act} [act] */
  async #act(act) {
    // Most of what the server says has nothing to do with moderators.
    if (act && !this.#acts && !isAct(act)) return;
    try {
      const { Acts } = await later.acts();
      this.#acts ??= new Acts(this, () => this.#changed());
    } catch {
      // The server is gone, and tells it again.
      return;
    }
    if (act) this.#acts.take(act);
    this.#changed();
  }

  /** @param {import("../../chat.js").TypingMessage} message */
  #typed({ room, username }) {
    const conversation = room === undefined
      ? this.conversations.get("person", username)
      : this.conversations.get("room", room);
    conversation?.presence.typed(username, !this.isMe(username));
    setTimeout(() => this.#changed(), TYPING);
  }

  /** @param {import("../../chat.js").ErrorMessage} message */
  #note({ room, content }) {
    const conversation = room === undefined ? undefined : this.conversations.get("room", room);
    (conversation ?? this.current).note("error", content);
  }

  /** @param {import("../../chat.js").ChatMessage} message */
  #hear(message) {
    const heard = this.conversations.hear(message, this.name);
    if (!heard) return;
    const { conversation, line, calls } = heard;
    const seen = conversation === this.current && !document.hidden && this.#isTold(conversation);
    if (seen) conversation.notice(line);
    else conversation.miss(line, calls);
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

/** @param {any} act */
const isAct = ({ type, code, topic, slow, closed }) =>
  type === "error"
    ? code === "muted" || code === "forbidden"
    : type !== "room" || topic || slow || closed;

/** What is said where something was lost. */
const LOST = "Some messages sent while you were away are no longer available";
const PRIVATE_LOST = "Private messages sent while you were away may be missing";
const PRIVATE_FORGOTTEN = `${PRIVATE_LOST}: the server keeps them for ten minutes`;
const FORGOTTEN = "The server was restarted, and has forgotten what was said before";
