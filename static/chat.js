/**
 * A client of a Parley server that stays in the conversation: it reconnects by itself, resumes
 * every room and the private inbox where it left off, sends again what was not acknowledged, and
 * hands over each message once. For browsers, Deno and Node; it needs `names.js` beside it, and
 * nothing else.
 *
 * ```js
 * const chat = new Chat("ws://localhost:8080/ws", { username: "ann" });
 * await chat.send("Hello!");
 * for await (const message of chat) {
 *   if (message.type === "chat") console.log(`${message.username}: ${message.content}`);
 * }
 * ```
 *
 * How it stays complete: it has a place in every room and in the private messages, the newest id
 * read there or given by the server on entering, and reads on from it after a cut. A message waits
 * in the outbox until its echo, found by its `ref`, comes back; after a cut it is sent again, with
 * the same `ref`, once all that was missed is read and the echo was not in it.
 *
 * Where the server asks who one is, `token` says it: a token, or a function that gives one, and is asked
 * before each connection and before that one expires. What the server gives to come back with, as who
 * one was, is offered where there is no token, or it is refused.
 *
 * @module
 */
import { keyOf, ROOM_RULE, toRoom, toUsername, USERNAME_RULE } from "./names.js";

/** @typedef {{ type: "chat", id: string, username: string, name?: string, content: string, timestamp: string, room?: string, to?: string, ref?: string, file?: unknown }} ChatMessage Something said, in a room or (with `to`) privately; `name`: what is shown in place of the username. */
/** @typedef {{ type: "join" | "leave", id: string, username: string, name?: string, content: string, timestamp: string, room: string }} PresenceMessage Somebody came or went; `content` is a sentence. */
/** @typedef {{ type: "error", username: string, content: string, timestamp: string, code: string, temporary: boolean, ref?: string, room?: string, retryAfter?: number }} ErrorMessage What went wrong; `retryAfter` in ms. */
/** @typedef {{ type: "delete" | "clear", id: string, re?: string, room: string, by: string, why?: string, timestamp: string }} TakenBack Somebody has taken back the message `re`, or all that was said in a room. */
/** @typedef {{ type: "moderated", act: string, username?: string, by: string, content: string, room?: string, why?: string, until?: string, topic?: string, slow?: number, closed?: boolean, id: string, timestamp: string }} ModeratedMessage What a moderator did about somebody or (`set`) in a room; `content` is a sentence. */
/** @typedef {{ content: number, frame: number, rooms: number, rate: number, burst: number, alive?: number }} Limits Characters of a message, bytes of a frame, rooms of a connection, commands per second (0: any number) and at once, seconds of silence at most. */
/** @typedef {{ type: "welcome", username: string, name?: string, admin?: boolean, session: string, limits: Limits, version: string, at: string }} WelcomeMessage The first message of every connection, and the answer to a newer token; `at`: the place in the private messages; `admin`: may this person moderate? */
/** @typedef {{ type: "room", room: string, users?: string[], count: number, resumed?: boolean, head?: string | null, at?: string, topic?: string, slow?: number, closed?: boolean }} RoomMessage Who is in a room, and the place where it is read; of a big room now and then only how many. `slow`: seconds from one message of a person to the next; `closed`: only moderators speak. */
/** @typedef {{ type: "typing", username: string, room?: string, to?: string }} TypingMessage Somebody is writing. */
/** @typedef {ChatMessage | PresenceMessage | TakenBack | ModeratedMessage | ErrorMessage | WelcomeMessage | RoomMessage | TypingMessage} Message What a server says. */
/** @typedef {"connecting" | "online" | "offline" | "closed"} State */
/** @typedef {{ code: number, reason: string }} Ending Why a connection ended, in words, and as a WebSocket close code or, of a refused handshake, an HTTP status. */
/** @typedef {{ last?: number, since?: string }} Resume From where to read a room: its newest `last` (0 to 200) messages, or what came after the place `since`; by default from now on. */
/** @typedef {string | undefined | null} Token */
/** @typedef {{ username?: string, token?: Token | (() => Token | Promise<Token>), session?: string, room?: string, inbox?: string, deadline?: number, outbox?: number, WebSocket?: typeof globalThis.WebSocket, fetch?: typeof globalThis.fetch, random?: () => number, patience?: number, backoff?: { min?: number, max?: number } }} ChatOptions `username`: may be left out where there is a token; `token`: what proves who this is, or gives it; `session`: {@linkcode Chat.session} of another time; `room`: the one to enter (default `lobby`); `inbox`: the place in the private messages (default: as `since`, or from now on); `deadline`: ms a message may wait for its answer (default: any time); `outbox`: messages that may wait (1000); `fetch`: asks why a handshake was refused; `patience`: ms without a sign of life, where one is due, after which a connection is given up (15000); `backoff`: ms between attempts, at random up to `min` (500), doubling up to `max` (20000). */
/** @typedef {{ room?: string, to?: string }} Target A room, or a person. */
/** @typedef {Target & { ref?: string, again?: boolean, deadline?: number, signal?: AbortSignal }} SendOptions `ref`: an own id, 1 to 64 characters; `again`: it may have been sent before, of this `ref`, by a chat of another time; `deadline`: ms to wait, in place of the constructor's; `signal`: gives up waiting when aborted. */
/** @typedef {{ frame: string, sentAt: number, dueAt?: number }} Command Something to be sent; `sentAt`: when it was, on this connection; 0: not yet; -1: it was, and has to be again, as one like it was refused; `dueAt`: not before. */
/** @typedef {Command & { ref: string, room?: string, uncertain: boolean, untold: boolean, resolve: (message: ChatMessage) => void, reject: (error: unknown) => void, release: () => void }} Pending A message without an answer. `uncertain`: it may be kept although there was no echo; `untold`: its echo may be among what is lost. */

/** HTTP status 4xx, alone or as a close code of 4000 and that, after which it is worth connecting again. */
const TEMPORARY = new Set([408, 425, 426, 429]);
/** Milliseconds to stay away after flooding. */
const FLOOD_PAUSE = 5_000;
/** Milliseconds after which a server in trouble is asked again, unless it says when itself. */
const TROUBLE_PAUSE = 5_000;
/** Messages under way at the same time; a server queues 64 frames at most. */
const WINDOW = 32;
/** Messages kept for a loop that does not keep up. */
const UNREAD = 10_000;
/** Milliseconds before it expires in which a newer token is asked for, and that this takes at most. */
const RENEWED = 60_000;
/** Why a connection was given up. */
const SILENT = "the server does not answer";

/** A message was not accepted, or is not known to be. */
export class ChatError extends Error {
  /**
   * @param {string} code an error code of the server, or `closed`, `deadline`, `outbox_full`, or
   * `unconfirmed`: sent before a cut, and no way to tell whether it arrived
   * @param {string} message what was wrong, in words
   * @param {{ temporary?: boolean, retryAfter?: number, room?: string }} [options]
   */
  constructor(code, message, { temporary = false, retryAfter, room } = {}) {
    super(message);
    this.name = "ChatError";
    /** What was wrong. */
    this.code = code;
    /** Is it worth sending again unchanged? */
    this.temporary = temporary;
    /** Milliseconds to wait before that, where the server said so. */
    this.retryAfter = retryAfter;
    /** The room that it is about, and not only the message. */
    this.room = room;
  }
}

/** A room, or the private inbox, and how far it was read. Its `frame` enters it. */
class Room {
  /** The place: everything up to and with this id is read. Empty: not known yet. */
  at;
  /** When it was asked for on this connection, and when it may be, as of any command. */
  sentAt = 0;
  dueAt = 0;
  entered = false;
  /** Until everything missed is read. */
  resuming;
  /** Is nothing lost of what is to be read until then? */
  complete = true;
  /** Did the server say that this person may not be there, or not do something there? */
  refused = false;
  /** Whoever has read this id has caught up. */
  #head = "";
  #last;

  /** @param {string} name @param {Resume} [from] @throws {RangeError} when no server would take it */
  constructor(name, { last = 0, since = "" } = {}) {
    if (!(Number.isInteger(last) && last >= 0 && last <= 200)) {
      throw new RangeError(`Cannot enter room ${name}: last must be 0 to 200`);
    }
    if (since !== "" && !/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(since)) {
      throw new RangeError(`Cannot enter room ${name}: since must be the id of a message`);
    }
    this.name = name;
    this.at = since;
    this.#last = last;
    this.resuming = since !== "";
  }

  /** Takes note that it has yet to be entered, on a new connection. */
  restart() {
    this.sentAt = this.dueAt = 0;
    this.entered = this.refused = false;
    this.resuming = this.at !== "";
  }

  /** From where to read it, in the words of the protocol. @returns {Resume} */
  get from() {
    if (this.at !== "") return { since: this.at };
    return this.#last > 0 ? { last: this.#last } : {};
  }

  get frame() {
    return JSON.stringify({ type: "join", room: this.name, ...this.from });
  }

  /** Takes the server's word on the place: on entering even an older one, if its clock is behind. @param {RoomMessage & { at: string }} state */
  enter({ at, head, resumed }) {
    if (!this.entered || at > this.at) this.at = at;
    this.entered = true;
    this.dueAt = 0;
    this.#head = head ?? "";
    if (resumed === false && this.resuming) this.complete = false;
  }

  /** Moves on to a message. Is it new? @param {string} id */
  take(id) {
    if (id <= this.at) return false;
    this.at = id;
    return true;
  }

  /** Is everything missed read? Says so once. */
  recovered() {
    if (!this.resuming || !this.entered || this.at < this.#head) return false;
    this.resuming = false;
    return true;
  }
}

/** Messages without an answer, in the order in which they were said. */
class Outbox {
  /** @type {Map<string, Pending>} */
  #pending = new Map();

  /** @param {Pending} pending @param {number} most @throws {ChatError | RangeError} when it cannot wait here */
  add(pending, most) {
    if (this.#pending.size >= most) {
      const why = `${most} messages wait already`;
      throw new ChatError("outbox_full", `Cannot send the message: ${why}`, { temporary: true });
    }
    if (pending.ref === "" || pending.ref.length > 64 || this.#pending.has(pending.ref)) {
      throw new RangeError("Cannot send the message: ref must be 1 to 64 characters and new");
    }
    this.#pending.set(pending.ref, pending);
  }

  /** @param {string} [ref] */
  get(ref = "") {
    return this.#pending.get(ref);
  }

  /** Takes a message out. @param {string} ref */
  remove(ref) {
    const pending = this.#pending.get(ref);
    this.#pending.delete(ref);
    pending?.release();
    return pending;
  }

  /** Takes all out. */
  clear() {
    return [...this.#pending.keys()].map((ref) => this.remove(ref));
  }

  /** Those under way. */
  sent() {
    return [...this.#pending.values()].filter(({ sentAt }) => sentAt > 0);
  }

  /** The next to be sent, if any may: nothing in a room that is entered later. Rejects what could be delivered twice by sending it again. @param {Map<string, Room>} rooms */
  next(rooms) {
    let sent = 0;
    for (const pending of this.#pending.values()) {
      if (pending.sentAt > 0) {
        if (++sent === WINDOW) return;
      } else if (rooms.get(`${pending.room}`)?.dueAt) continue;
      else if (!pending.uncertain || !pending.untold) return pending;
      else this.remove(pending.ref)?.reject(unconfirmed());
    }
  }

  /** Whatever is under way is to be sent again: whether it arrives is not known. */
  recall() {
    for (const pending of this.sent()) {
      pending.uncertain = true;
      pending.sentAt = 0;
    }
  }

  /** Takes note that echoes may be lost: of what was sent in a room or, without one, before this connection. @param {string} [room] */
  doubt(room) {
    for (const pending of this.#pending.values()) {
      const sent = pending.uncertain || (room !== undefined && pending.sentAt > 0);
      if (sent && (room ?? pending.room) === pending.room) pending.untold = true;
    }
  }
}

/** What proves who this person is: a token, or else the session that the server gave them. */
class Proof {
  #token;
  /** What was refused since something was accepted. @type {string | undefined} */
  #refused;
  /** What was offered last; empty: nothing. */
  offered = "";

  /** @param {ChatOptions["token"]} token @param {string} [session] @throws {RangeError} when one cannot be one */
  constructor(token, session = "") {
    this.#token = token;
    this.session = asToken(session);
  }

  /** What to offer; empty: nothing; null: all there is was refused. Is there at once, unless a function gives the token. @returns {string | null | Promise<string | null>} @throws {RangeError} when it cannot be one */
  next() {
    const token = this.#token;
    if (typeof token !== "function") return this.#choose(token);
    return (async () => this.#choose(await token()))();
  }

  /** @param {Token} token */
  #choose(token) {
    const refused = this.#refused;
    const offer = asToken([token, this.session].find((each) => each && each !== refused));
    // Whoever has a token does not come in as somebody without one.
    const none = refused !== undefined && (offer === refused || token && offer === "");
    return none ? null : offer;
  }

  /** Takes another token, unless a function gives them. @param {string} token */
  use(token) {
    if (typeof this.#token !== "function") this.#token = token;
  }

  /** Takes note of what came with the server's welcome. @param {string} session */
  accept(session) {
    this.#refused = undefined;
    // This one means nothing: it is what a server gives on which names are nobody's.
    this.session = /^[\da-f-]{36}$/.test(session) ? "" : session;
  }

  /** Takes note that what was offered is refused. May there be something else to offer? */
  refuse() {
    if (this.#refused !== undefined) return false;
    this.#refused = this.offered;
    return typeof this.#token === "function" || this.next() !== null;
  }
}

/** The server's rate limit, kept a little more strictly here than there. */
class Bucket {
  #rate;
  #burst;
  #size;
  #tokens;
  #filledAt = now();

  /** @param {Pick<Limits, "rate" | "burst">} limits */
  constructor({ rate, burst }) {
    this.#rate = rate * 0.9;
    this.#burst = burst;
    this.#tokens = this.#size = Math.max(1, Math.floor(burst * 2 / 3));
  }

  /** Gives nothing for some milliseconds, as the server's is empty. @param {number} ms */
  pause(ms) {
    this.#tokens = Math.min(this.#tokens, 1);
    this.#filledAt = now() + ms;
  }

  /** Milliseconds to wait before a frame may be sent; 0: it may, and is paid for by the KiB. @param {string} frame */
  take(frame) {
    const passed = now() - this.#filledAt;
    if (passed < 0) return Math.ceil(-passed);
    if (this.#rate === 0) return 0;
    this.#tokens = Math.min(this.#size, this.#tokens + passed * this.#rate / 1_000);
    this.#filledAt += passed;
    const cost = Math.min(this.#burst, Math.ceil(bytesOf(frame) / 1_024));
    // What costs more than fits in here is sent when it is full, and owed for.
    const missing = Math.min(this.#size, cost) - this.#tokens;
    if (missing > 0) return Math.ceil(missing * 1_000 / this.#rate);
    this.#tokens -= cost;
    return 0;
  }
}

/** Messages for one loop. */
class Reader {
  /** @type {Message[]} */
  #unread = [];
  #ended = false;
  #wake = () => {};

  /** @param {Message} message */
  push(message) {
    if (message.type === "delete" || message.type === "clear") this.#takeBack(message);
    if (this.#unread.length >= UNREAD) {
      const timestamp = new Date().toISOString();
      const told = { username: "system", content: "This loop reads too slowly", timestamp };
      this.#unread.splice(0, UNREAD / 2, { type: "error", code: "gap", temporary: false, ...told });
    }
    this.#unread.push(message);
    this.#wake();
  }

  /** @param {TakenBack} message */
  #takeBack({ type, re, room }) {
    this.#unread = this.#unread.filter((each) =>
      each.type !== "chat" || (type === "clear" ? each.room !== room : each.id !== re)
    );
  }

  end() {
    this.#ended = true;
    this.#wake();
  }

  /** Gives nothing first: begun before it is read, it knows its end. @param {() => void} done @returns {AsyncGenerator<Message, void, undefined>} */
  async *read(done) {
    try {
      yield /** @type {any} */ (undefined);
      while (true) {
        const message = this.#unread.shift();
        if (message) yield message;
        else if (this.#ended) return;
        else await new Promise((resolve) => this.#wake = () => resolve(undefined));
      }
    } finally {
      done();
    }
  }
}

/**
 * One person's place in any number of rooms, until it is closed.
 *
 * Events: `state` when {@linkcode Chat.state} changed; `message` (`detail`: the message); `gap`
 * (`detail.room`, null: the private inbox) when messages are lost for good; `recovered`
 * (`detail.room`, `detail.complete`: nothing was lost) when a room was resumed and all that was
 * missed is read; `waiting` (`detail.error`: why; `detail.ref`: of a message) when the server cannot
 * keep a message yet, or open a room, and is asked again later. What follows a gap may have smaller
 * ids than what came before it.
 */
export class Chat extends EventTarget {
  #url;
  #options;
  #username;
  #name;
  /** The room to speak in where none is named. */
  #home;
  /** @type {State} */
  #state = "connecting";
  /** @type {Limits | null} */
  #limits = null;
  /** @type {Ending | null} */
  #ending = null;
  #retryAt = 0;
  /** What is told to who sends after the end. @type {ChatError | undefined} */
  #over;
  /** @type {WebSocket | null} */
  #socket = null;
  /** Resolves once all connections have ended. @type {Promise<void>} */
  #ended = Promise.resolve();
  /** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */
  #timers = {};
  /** Ends listening to the browser. */
  #listening = new AbortController();
  /** Attempts since a connection held. */
  #attempt = 0;
  #onlineAt = 0;
  #heardAt = 0;
  /** No attempt before that. */
  #awayUntil = 0;
  /** Ends the question why a handshake was refused. */
  #asking = new AbortController();
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  #inbox;
  #proof;
  /** A newer token without an answer. @type {Command & { token: string } | undefined} */
  #auth;
  #outbox = new Outbox();
  /** Leaves without an answer, by room. @type {Map<string, Command>} */
  #leaving = new Map();
  #bucket = new Bucket({ rate: 0, burst: 0 });
  #typed = { frame: "", at: 0 };
  /** @type {Set<Reader>} */
  #readers = new Set();

  /**
   * Connects at once, and again after every cut.
   *
   * @param {string | URL} url the server's WebSocket, e.g. `wss://chat.example.com/ws`
   * @param {ChatOptions & Resume} options
   * @throws {RangeError} when a name, an id or a token cannot be one
   * @throws {TypeError} where there is no `WebSocket`
   */
  constructor(
    url,
    { username, token, session, room = "lobby", last, since, inbox = since, ...options },
  ) {
    super();
    const { backoff, WebSocket = globalThis.WebSocket } = options;
    if (!WebSocket) throw new TypeError("Cannot connect: there is no WebSocket, pass one in");
    this.#url = new URL(url, globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#options = {
      deadline: Infinity,
      outbox: 1_000,
      patience: 15_000,
      fetch: globalThis.fetch,
      random: Math.random,
      ...options,
      WebSocket,
      backoff: { min: 500, max: 20_000, ...backoff },
    };
    const name = username === undefined && token ? "" : toUsername(username ?? "");
    if (name === undefined) throw new RangeError(`Cannot use this username: ${USERNAME_RULE}`);
    this.#username = this.#name = name;
    this.#proof = new Proof(token, session);
    this.#home = roomName(room);
    this.#inbox = new Room("inbox", { since: inbox });
    this.#rooms.set(this.#home, new Room(this.#home, { last, since }));
    this.#listen();
    this.#connect();
  }

  /** `connecting`; `online`; `offline`, between two attempts; `closed`, for good. */
  get state() {
    return this.#state;
  }

  /** This person's name, as the server writes it; empty: only their token says it yet. */
  get username() {
    return this.#username;
  }

  /** What the others are shown of it. */
  get name() {
    return this.#name;
  }

  /** What lets this person come back as who they are, as a `session` of another time; empty: nothing does. */
  get session() {
    return this.#proof.session;
  }

  /** The token, or session, that was offered last; empty: none was. */
  get token() {
    return this.#proof.offered;
  }

  /** What the server takes; null until it has said so. */
  get limits() {
    return this.#limits;
  }

  /** Names of the rooms this client is in, or will be again once it is back. */
  get rooms() {
    return new Set(this.#rooms.keys());
  }

  /** How far a room was read, or the private messages: its `since`, or the `inbox`, of another time. @param {string} [room] */
  place(room) {
    return (room === undefined ? this.#inbox : this.#rooms.get(roomName(room)))?.at || undefined;
  }

  /** Why the last connection ended; null: none has. */
  get ending() {
    return this.#ending;
  }

  /** When the next attempt to connect is due, in ms since the epoch; null: none is waiting. */
  get retryAt() {
    return this.#state === "offline" ? this.#retryAt : null;
  }

  /**
   * Says something in a room (default: the first one), or privately `to` somebody. Waits while
   * offline, or while the server cannot keep what is said; messages go out in the order of the calls.
   *
   * @param {string} content 1 to 4,000 characters
   * @param {SendOptions} [options] giving up does not take back what is under way
   * @returns {Promise<ChatMessage>} the message as accepted. Rejects with a {@linkcode ChatError}
   * when the server refuses it or would, at the deadline, when the outbox is full or the chat
   * closed; with a `RangeError` when a `ref` or a name of a room cannot be one
   */
  send(content, { room, to, ref = freshRef(), again: uncertain = false, ...options } = {}) {
    const promise = new Promise((resolve, reject) => {
      options.signal?.throwIfAborted();
      if (this.#over) throw this.#over;
      const target = this.#target({ room, to });
      const frame = JSON.stringify({ type: "chat", content, ...target, ref });
      if (this.#limits) checkSize(content, frame, this.#limits);
      const said = { ref, room: target.room, frame, sentAt: 0, uncertain, untold: false };
      const pending = { ...said, resolve, reject, release: () => {} };
      this.#outbox.add(pending, this.#options.outbox);
      pending.release = this.#giveUp(ref, options);
    });
    // Who does not wait for the answer shall not be ended by a refusal.
    promise.catch(() => {});
    this.#pump();
    return promise;
  }

  /**
   * Enters another room, and again after every cut. A `room` message tells that it did, an `error`
   * message with this `room` that it cannot.
   *
   * @param {string} room
   * @param {Resume} [from]
   */
  join(room, from) {
    const name = roomName(room);
    if (this.#state === "closed" || this.#rooms.has(name)) return;
    this.#rooms.set(name, new Room(name, from));
    this.#pump();
  }

  /** Leaves a room and forgets how far it was read. @param {string} room */
  leave(room) {
    const name = roomName(room);
    const left = this.#rooms.get(name);
    this.#rooms.delete(name);
    this.#outbox.doubt(name);
    if (left && left.sentAt !== 0) this.#leaving.set(name, leave(name));
    this.#pump();
  }

  /**
   * Tells the others that this person is writing. Call it at every key: one in 3 s is passed on,
   * none while offline or not in the room.
   *
   * @param {Target} [target]
   */
  typing(target = {}) {
    const where = this.#target(target);
    const frame = JSON.stringify({ type: "typing", ...where });
    if (frame === this.#typed.frame && now() - this.#typed.at < 3_000) return;
    const here = where.room === undefined || this.#rooms.get(where.room)?.entered;
    if (this.#state !== "online" || !here || this.#bucket.take(frame) > 0) return;
    this.#typed = { frame, at: now() };
    this.#socket?.send(frame);
  }

  /**
   * Proves who this person is by a newer token, on this connection and, unless a function gives the
   * tokens, on those to come. A `welcome` tells that it is taken, an `error` that it is not.
   *
   * @param {string} token of the same person
   * @throws {RangeError} when it cannot be one
   */
  auth(token) {
    this.#proof.use(asToken(token));
    if (this.#state !== "online") return;
    this.#auth = { frame: JSON.stringify({ type: "auth", token }), sentAt: 0, token };
    this.#pump();
  }

  /**
   * Ends the chat for good; what waits to be sent is rejected. Loops over the messages end once
   * they have read what has come.
   *
   * @param {number} [code] 1000, or 3000 to 4999
   * @param {string} [reason] at most 123 bytes
   */
  close(code = 1_000, reason = "") {
    if (this.#state === "closed") return;
    this.#socket?.close(code, reason);
    this.#end({ code, reason });
  }

  /** Closes, and waits until the connection has ended (2 s at most). */
  async [Symbol.asyncDispose]() {
    this.close();
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 2_000);
      this.#ended.then(() => resolve(clearTimeout(timer)));
    });
  }

  /**
   * Everything the server says from now on, each message once, until the chat is closed. Only
   * errors that answer a {@linkcode Chat.send} are left out: its promise tells them. A loop that is
   * 10,000 messages behind loses the older half and finds an `error` `gap` in their place.
   *
   * @returns {AsyncGenerator<Message, void, undefined>}
   */
  [Symbol.asyncIterator]() {
    const reader = new Reader();
    if (this.#state === "closed") reader.end();
    else this.#readers.add(reader);
    const loop = reader.read(() => this.#readers.delete(reader));
    loop.next();
    return loop;
  }

  // The connection: made, lost, made again.

  #connect() {
    this.#rest();
    const { signal } = this.#asking = new AbortController();
    this.#after("opening", this.#options.patience, () => this.#cut(1006, SILENT));
    const proof = this.#proof.next();
    if (!(proof instanceof Promise)) return this.#open(proof);
    this.#change("connecting");
    /** @param {() => void} act */
    const unless = (act) => signal.aborted || act();
    proof.then(
      (proof) => unless(() => this.#open(proof)),
      (error) => unless(() => this.#cut(1006, `there is no token: ${error?.message}`)),
    );
  }

  /** @param {string | null} proof null: there is nothing to try */
  #open(proof) {
    if (proof === null) return this.#end(/** @type {Ending} */ (this.#ending));
    const { WebSocket } = this.#options;
    const address = this.#address();
    this.#proof.offered = proof;
    const socket = new WebSocket(address, ["chat.v1", ...(proof ? [`bearer.${proof}`] : [])]);
    this.#socket = socket;
    const before = this.#ended;
    this.#ended = new Promise((resolve) => {
      for (const type of ["close", "error"]) socket.addEventListener(type, () => resolve(before));
    });
    let opened = false;
    let over = false;
    /** @param {{ code?: number, reason?: string }} [ending] */
    const end = async ({ code, reason = "" } = {}) => {
      if (over || socket !== this.#socket) return;
      over = true;
      // One who is told by a token comes so far, and is not told which room it is about.
      const asks = !opened || code === 4403 && this.#state !== "online" && this.#rooms.size > 1;
      const refusal = asks ? await this.#ask(address) : undefined;
      if (socket !== this.#socket) return;
      if (refusal) this.#cut(refusal.code, refusal.reason, refusal);
      else this.#cut(code || 1006, reason);
    };
    socket.addEventListener("open", () => {
      opened = true;
      if (socket !== this.#socket || socket.protocol === "chat.v1") return;
      this.#cut(1002, "the server does not speak chat.v1");
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return;
      for (const message of parse(data)) if (socket === this.#socket) this.#hear(message);
    });
    socket.addEventListener("close", end);
    // No close event follows in Node up to 22 where it cannot connect. Unheard, some throw it.
    socket.addEventListener("error", () => void (opened || end()));
    this.#change("connecting");
  }

  /** The address to connect to: it names the first of the rooms, and the places to read on from. */
  #address() {
    const [first = new Room(this.#home)] = this.#rooms.values();
    const room = this.#rooms.get(this.#home) ?? first;
    room.sentAt = now();
    // Nobody connects without entering a room.
    if (!this.#rooms.has(room.name)) this.#leaving.set(room.name, leave(room.name));
    const url = new URL(this.#url);
    const places = { ...room.from, inbox: this.#inbox.at };
    const query = { username: this.#username, room: room.name, ...places };
    for (const [name, value] of Object.entries(query)) {
      if (value) url.searchParams.set(name, `${value}`);
    }
    return url.href;
  }

  /** Why a handshake was refused, which a WebSocket does not tell: asks the same by HTTP. @param {string} address */
  async #ask(address) {
    const { fetch } = this.#options;
    const { offered } = this.#proof;
    const headers = /** @type {Record<string, string>} */ ({ accept: "application/json" });
    if (offered) headers.authorization = `Bearer ${offered}`;
    const { signal } = this.#asking = new AbortController();
    try {
      const answer = await fetch(address.replace(/^ws/, "http"), { headers, signal });
      const { status, statusText } = answer;
      const { detail = statusText, room } = await answer.json().catch(() => ({}));
      // 426: all is well but for the upgrade, which something on the way must have taken out.
      if (status < 400 || status === 426) return;
      const pause = Number(answer.headers.get("retry-after")) * 1_000;
      return { code: status, reason: `${detail}`, pause: Math.min(pause || 0, 2 ** 30), room };
    } catch {
      // The network is gone, or this page may not ask.
    }
  }

  /** @param {number} code @param {string} reason @param {{ pause?: number, room?: unknown }} [more] `pause`: ms to stay away at least; `room`: the only one that it is about */
  #cut(code, reason, { pause = code === 4429 ? FLOOD_PAUSE : 0, room } = {}) {
    this.#socket?.close();
    const status = code % 4_000;
    const goesOn = status === 403 && typeof room === "string" && this.#goOnWithout(room, reason);
    const refused = status >= 400 && status < 500 && !TEMPORARY.has(status) && !goesOn;
    // Who was not let in yet is refused, as by a handshake.
    const ending = { code: refused && this.#state !== "online" ? status : code, reason };
    if (refused && !(status === 401 && this.#proof.refuse())) return this.#end(ending);
    const { backoff: { min, max }, random } = this.#options;
    if (this.#state === "online" && now() - this.#onlineAt > max) this.#attempt = 0;
    const wait = pause + random() * Math.min(max, min * 2 ** this.#attempt++);
    if (code === 1009) this.#refuseLongest(reason);
    this.#outbox.recall();
    this.#leaving.clear();
    this.#auth = undefined;
    for (const room of this.#rooms.values()) room.restart();
    this.#socket = null;
    this.#ending = ending;
    this.#retryAt = Date.now() + wait;
    this.#awayUntil = now() + pause;
    this.#rest();
    this.#after("retry", wait, () => this.#connect());
    this.#change("offline");
  }

  /** Lets go of a room in which this person may not be, where there are others. @param {string} room @param {string} content */
  #goOnWithout(room, content) {
    if (this.#rooms.size < 2 || !this.#rooms.has(room)) return false;
    const timestamp = new Date().toISOString();
    const about = { code: "forbidden", temporary: false, room };
    this.#fail({ type: "error", username: "system", content, timestamp, ...about });
    return true;
  }

  /** @param {Ending} ending */
  #end(ending) {
    this.#socket = null;
    this.#ending = ending;
    this.#rest();
    this.#listening.abort();
    const why = `the chat is closed (${ending.code} ${ending.reason})`;
    this.#over = new ChatError("closed", `Cannot send the message: ${why}`);
    for (const pending of this.#outbox.clear()) pending?.reject(this.#over);
    for (const reader of this.#readers) reader.end();
    this.#change("closed");
  }

  /** Looks after the connection when the network is back, or the page is looked at again. */
  #listen() {
    const { signal } = this.#listening;
    const wake = () => {
      if (this.#state === "offline" && now() >= this.#awayUntil) this.#connect();
      else this.#check();
    };
    globalThis.addEventListener?.("online", wake, { signal });
    globalThis.addEventListener?.("offline", () => {
      if (this.#socket) this.#cut(1006, "the network is gone");
    }, { signal });
    const page = /** @type {any} */ (globalThis).document;
    page?.addEventListener("visibilitychange", () => {
      if (page.visibilityState === "visible") wake();
    }, { signal });
  }

  /** @param {State} state */
  #change(state) {
    if (this.#state === state) return;
    this.#state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** @param {string} name @param {number} ms @param {() => void} run */
  #after(name, ms, run) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(run, ms);
  }

  /** Ends whatever is waited for. */
  #rest() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#asking.abort();
  }

  // What the server says.

  /** @param {Message} message */
  #hear(message) {
    this.#heardAt = now();
    switch (message.type) {
      case "welcome":
        return this.#greet(message);
      case "room":
        return this.#entered(message);
      case "chat":
      case "join":
      case "leave":
      case "delete":
      case "clear":
        return typeof message.id === "string" ? this.#take(message) : undefined;
      case "error":
        return this.#fail(message);
      case "moderated":
        return this.#room(message.room) ? this.#take(message) : this.#tell(message);
      case "typing":
        return this.#tell(message);
    }
  }

  /** @param {WelcomeMessage} message */
  #greet(message) {
    const { username, name = username, session } = message;
    this.#proof.accept(session);
    this.#username = username;
    this.#name = name;
    if (this.#state === "online") {
      this.#proof.offered = this.#auth?.token ?? this.#proof.offered;
      this.#auth = undefined;
      this.#renew();
      return this.#tell(message);
    }
    this.#rest();
    this.#limits = message.limits;
    this.#bucket = new Bucket(message.limits);
    this.#onlineAt = now();
    const lost = this.#inbox.at !== "" && this.#inbox.at !== message.at;
    // A server that cannot vouch for the old place may not know what it has accepted either.
    if (lost) this.#outbox.doubt();
    this.#inbox.at = message.at;
    this.#inbox.complete = !lost;
    this.#watch();
    this.#renew();
    this.#change("online");
    this.#tell(message);
    // Now, as the error that says so too may never come: the next connection asks from the new place.
    if (lost) this.#announce("gap", { room: null });
    this.#pump();
  }

  /** Asks for a newer token before this one expires, as far as it says when. */
  #renew() {
    const left = Number(claimsOf(this.#proof.offered).exp) * 1_000 - Date.now();
    if (!(left > 0)) return;
    const wait = Math.max(left - RENEWED, left / 2, RENEWED / 12);
    this.#after("renewal", Math.min(wait, 2 ** 31 - 1), async () => {
      let newer;
      try {
        newer = await this.#proof.next();
      } catch {
        // It is asked for again, or else by the next connection.
      }
      if (this.#state !== "online") return;
      if (newer && newer !== this.#proof.offered) this.auth(newer);
      else this.#renew();
    });
  }

  /** @param {RoomMessage} message */
  #entered(message) {
    const { room: name, at, resumed } = message;
    const room = this.#room(name);
    if (!room) return;
    this.#tell(message);
    if (at === undefined) return;
    room.enter({ ...message, at });
    if (resumed === false) {
      this.#outbox.doubt();
      this.#announce("gap", { room: name });
    }
    this.#settle(room);
    this.#pump();
  }

  /** @param {ChatMessage | PresenceMessage | TakenBack | ModeratedMessage} message */
  #take(message) {
    if (message.type === "chat") this.#acknowledge(message);
    const isPrivate = message.type === "chat" && message.to !== undefined;
    const room = isPrivate ? this.#inbox : this.#room(message.room);
    const left = message.type === "leave" && this.#isMe(message);
    if (left && this.#leaving.delete(message.room)) this.#pump();
    if (!room?.take(message.id)) return;
    // Nobody asked for it: this person was sent away.
    if (left && room.refused) this.#rooms.delete(room.name);
    this.#tell(message);
    this.#settle(room);
  }

  /** A room, unless what is told of it was said before it was left. @param {string} [name] */
  #room(name = "") {
    return this.#leaving.has(name) ? undefined : this.#rooms.get(name);
  }

  /** @param {Room} room */
  #settle(room) {
    if (!room.recovered()) return;
    const { name, complete } = room;
    room.complete = true;
    this.#announce("recovered", { room: name, complete });
    this.#pump();
  }

  /** @param {ErrorMessage} message */
  #fail(message) {
    const { code, ref, room: name = "" } = message;
    // One with a room too is about that room alone, which is slow.
    if (code === "rate_limited" && !(ref && name)) return this.#slowDown(message);
    if (code === "unavailable" && this.#wait(message)) return;
    if (ref !== undefined) {
      const early = this.#outbox.get(ref);
      if (early && code === "not_in_room" && this.#rooms.get(`${early.room}`)?.dueAt) {
        // It was sent right behind the join.
        early.sentAt = -1;
        return;
      }
      const refused = this.#outbox.remove(ref);
      // That it is refused here says nothing of the connection before.
      const error = new ChatError(code, message.content, message);
      refused?.reject(refused.uncertain ? unconfirmed() : error);
      return this.#pump();
    }
    if (name === "" && code !== "gap" && this.#auth) {
      this.#auth = undefined;
      this.#renew();
    }
    if (code === "not_in_room") this.#leaving.delete(name);
    if (code === "not_in_room" || this.#leaving.has(name)) return this.#pump();
    const room = this.#room(name);
    if (room && !room.entered) this.#rooms.delete(room.name);
    if (room && code === "forbidden") room.refused = true;
    this.#tell(message);
    if (code === "gap" && name === "") {
      if (this.#inbox.complete) this.#announce("gap", { room: null });
      this.#inbox.complete = true;
    }
    this.#pump();
  }

  /** @param {Message} message */
  #tell(message) {
    for (const reader of this.#readers) reader.push(message);
    this.#announce("message", message);
  }

  /** @param {string} type @param {unknown} detail */
  #announce(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  // What the client says.

  /** Sends what may be sent now, and comes back for the rest. */
  #pump() {
    while (this.#state === "online") {
      const command = this.#next();
      if (!command) return;
      const early = Math.ceil((command.dueAt ?? 0) - now());
      const wait = early > 0 ? early : this.#bucket.take(command.frame);
      if (wait > 0) return this.#after("turn", wait, () => this.#pump());
      this.#socket?.send(command.frame);
      command.sentAt = now();
    }
  }

  /** The next to be sent; no message until what was missed is read, as its echo may be in it. @returns {Command | undefined} */
  #next() {
    if (this.#auth && this.#auth.sentAt <= 0) return this.#auth;
    for (const leaving of this.#leaving.values()) if (leaving.sentAt <= 0) return leaving;
    let resuming = false;
    for (const room of this.#rooms.values()) {
      if (room.sentAt <= 0 && room.dueAt <= now() && !this.#leaving.has(room.name)) return room;
      resuming ||= room.resuming && room.dueAt === 0;
    }
    return resuming ? undefined : this.#outbox.next(this.#rooms);
  }

  /** Resolves what this is the echo of. @param {ChatMessage} echo */
  #acknowledge(echo) {
    const pending = this.#outbox.get(echo.ref);
    if (!pending || pending.room !== echo.room || !this.#isMe(echo)) return;
    this.#outbox.remove(pending.ref)?.resolve(echo);
    this.#pump();
  }

  /** @param {ChatMessage | PresenceMessage} message */
  #isMe({ username }) {
    return typeof username === "string" && keyOf(username) === keyOf(this.#username);
  }

  /** Waits, then sends again what was refused: without a `ref`, any join or leave. @param {ErrorMessage} error */
  #slowDown({ ref, retryAfter = 1_000 }) {
    this.#bucket.pause(retryAfter);
    const refused = ref === undefined ? this.#changes() : [this.#outbox.get(ref)];
    for (const command of refused) if (command) command.sentAt = -1;
    this.#pump();
  }

  /** Asks later for what the server cannot do yet, if that was asked: to keep a message, or, without a `ref`, to open a room. @param {ErrorMessage} error */
  #wait({ ref, room, code, content, retryAfter = TROUBLE_PAUSE, temporary }) {
    const pending = this.#outbox.get(ref);
    const joins = this.#joins().filter(({ name, sentAt }) => sentAt > 0 && name === (room ?? name));
    const asked = ref === undefined ? joins : pending ? [pending] : [];
    if (asked.length === 0) return false;
    for (const command of asked) {
      // It may have kept the message nevertheless.
      Object.assign(command, { sentAt: -1, dueAt: now() + retryAfter, uncertain: true });
    }
    if (!pending) this.#after("joins", retryAfter, () => this.#pump());
    const error = new ChatError(code, content, { temporary, retryAfter });
    this.#announce("waiting", { ref, error });
    this.#pump();
    return true;
  }

  /** Rooms that are not entered yet. */
  #joins() {
    return [...this.#rooms.values()].filter(({ entered }) => !entered);
  }

  /** What is not answered, without a message. */
  #changes() {
    return [...this.#joins(), ...this.#leaving.values(), ...(this.#auth ? [this.#auth] : [])];
  }

  /** @param {string} ref @param {SendOptions} options @returns {() => void} takes it back */
  #giveUp(ref, { deadline = this.#options.deadline, signal }) {
    /** @param {unknown} why */
    const stop = (why) => {
      this.#outbox.remove(ref)?.reject(why);
      this.#pump();
    };
    const late = new ChatError("deadline", `No answer within ${deadline} ms`, { temporary: true });
    const timer = deadline < 2 ** 31 ? setTimeout(stop, deadline, late) : undefined;
    const aborted = () => stop(signal?.reason);
    signal?.addEventListener("abort", aborted);
    return () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
    };
  }

  /** One frame was too long, so the longest was. @param {string} reason */
  #refuseLongest(reason) {
    const [longest] = this.#outbox.sent().sort((a, b) => b.frame.length - a.frame.length);
    if (longest) this.#outbox.remove(longest.ref)?.reject(new ChatError("too_long", reason));
  }

  /** Cuts a connection on which a sign of life is overdue: a dead one may look open for hours. */
  #watch() {
    const { patience } = this.#options;
    const resuming = [...this.#rooms.values()].filter(({ resuming }) => resuming);
    const asked = [...this.#outbox.sent(), ...this.#changes(), ...resuming];
    const oldest = Math.min(...asked.map(({ sentAt }) => sentAt > 0 ? sentAt : Infinity));
    // While others are heard an answer may only be late, but not for ever.
    const answer = Math.min(Math.max(oldest, this.#heardAt) + patience, oldest + 4 * patience);
    const sign = this.#heardAt + (this.#limits?.alive || Infinity) * 1_000 + patience;
    const left = Math.ceil(Math.min(answer, sign) - now());
    if (left <= 0) return this.#cut(1006, SILENT);
    // Looks again before an answer to what is sent meanwhile can be overdue.
    this.#after("watch", Math.min(left, patience), () => this.#watch());
  }

  /** Asks for a sign of life, at once: after sleep the connection may be dead. */
  #check() {
    const room = [...this.#rooms.values()].find(({ entered }) => entered);
    // What is asked for already is waited for. In no room, to leave one is answered with an error.
    if (!room && (this.#rooms.size > 0 || this.#leaving.size > 0)) return;
    const { frame } = room
      ? { frame: JSON.stringify({ type: "join", room: room.name }) }
      : leave(this.#home);
    if (this.#state !== "online" || this.#bucket.take(frame) > 0) return;
    this.#socket?.send(frame);
    const asked = now();
    this.#after("check", this.#options.patience / 3, () => {
      if (this.#heardAt < asked) this.#cut(1006, SILENT);
    });
  }

  /** @param {Target} target */
  #target({ room, to }) {
    return to === undefined ? { room: roomName(room ?? this.#home) } : { to };
  }
}

/** The messages of a frame; passes over what is none. @param {string} frame @returns {Generator<Message>} */
function* parse(frame) {
  for (const line of frame.split("\n")) {
    try {
      const message = JSON.parse(line);
      if (typeof message?.type === "string") yield message;
    } catch {
      // Not of this protocol.
    }
  }
}

/** @param {string} text @throws {RangeError} */
function roomName(text) {
  const name = toRoom(text);
  if (name !== undefined) return name;
  throw new RangeError(`Cannot use this room name: ${ROOM_RULE}`);
}

/** @param {string} content @param {string} frame @param {Limits} limits @throws {ChatError} */
function checkSize(content, frame, limits) {
  const fits = [...content.trim()].length <= limits.content && bytesOf(frame) <= limits.frame;
  if (fits) return;
  const most = `at most ${limits.content} characters, and ${limits.frame} bytes with all about it`;
  throw new ChatError("too_long", `Cannot send the message: it may have ${most}`);
}

/** A token; empty: there is none. @param {Token} token @throws {RangeError} when it cannot be one */
function asToken(token) {
  if (/^[\w.~+-]*$/.test(token || "")) return token || "";
  throw new RangeError("Cannot use this token: it is none");
}

/** What a token says, as far as it can be read: nobody has looked whether that is true. @param {string} token @returns {Record<string, unknown>} */
export function claimsOf(token) {
  try {
    const [, claims = ""] = token.split(".");
    const text = atob(claims.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return Object(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}

/** An id that nobody else has. */
const freshRef = () => crypto.getRandomValues(new Uint32Array(3)).join("-");

/** Bytes of a frame. @param {string} frame */
const bytesOf = (frame) => new TextEncoder().encode(frame).length;

/** Milliseconds since some moment, by a clock that nobody sets. */
const now = () => performance.now();

/** @param {string} room @returns {Command} */
const leave = (room) => ({ frame: JSON.stringify({ type: "leave", room }), sentAt: 0 });

function unconfirmed() {
  const why = "The message may have arrived before a cut: there is no way to tell";
  return new ChatError("unconfirmed", why, { temporary: true });
}
