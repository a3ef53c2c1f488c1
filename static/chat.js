/**
 * A client of a Parley server that stays in the conversation: it reconnects by itself, resumes
 * every room and the private inbox where it left off, sends again what was not acknowledged, and
 * hands over each message once. One file without dependencies, for browsers, Deno and Node.
 *
 * ```js
 * const chat = new Chat("ws://localhost:8080/ws", { username: "ann" });
 * await chat.send("Hello!");
 * for await (const message of chat) {
 *   if (message.type === "chat") console.log(`${message.username}: ${message.content}`);
 * }
 * ```
 *
 * How it stays complete: ids strictly increase in a room, so the newest one read says where to go
 * on and what came twice. A message waits in the outbox until its echo, found by its `ref`, comes
 * back; after a cut it is sent again with the same `ref`, which the server lets pass once.
 *
 * @module
 */

/** @typedef {{ type: "chat", id: string, username: string, content: string, timestamp: string, room?: string, to?: string, ref?: string, file?: unknown }} ChatMessage Something said, in a room or (with `to`) privately. */
/** @typedef {{ type: "join" | "leave", id: string, username: string, content: string, timestamp: string, room: string }} PresenceMessage Somebody came or went; `content` is a sentence. */
/** @typedef {{ type: "error", username: string, content: string, timestamp: string, code: string, temporary: boolean, ref?: string, room?: string, retryAfter?: number }} ErrorMessage What went wrong; `retryAfter` in ms. */
/** @typedef {{ content: number, frame: number, rooms: number, rate: number, burst: number }} Limits Characters of a message, bytes of a frame, rooms of a connection, commands per second (0: any number) and at once. */
/** @typedef {{ type: "welcome", username: string, session: string, limits: Limits, version: string }} WelcomeMessage The first message of every connection. */
/** @typedef {{ type: "room", room: string, users?: string[], count: number, resumed?: boolean, head?: string | null }} RoomMessage Who is in a room, on entering it; of a big room later only how many. */
/** @typedef {{ type: "typing", username: string, room?: string, to?: string }} TypingMessage Somebody is writing. */
/** @typedef {ChatMessage | PresenceMessage | ErrorMessage | WelcomeMessage | RoomMessage | TypingMessage} Message What a server says. */
/** @typedef {"connecting" | "online" | "offline" | "closed"} State */
/** @typedef {{ code: number, reason: string }} Ending Why a connection ended: a WebSocket close code and words for it. */
/** @typedef {{ last?: number, since?: string }} Resume From where to read a room: its newest `last` (0 to 200) messages, or what came after the id `since`; by default from now on. */
/** @typedef {{ username: string, room?: string, deadline?: number, outbox?: number, WebSocket?: typeof globalThis.WebSocket, random?: () => number, patience?: number, backoff?: { min?: number, max?: number } }} ChatOptions */
/** @typedef {{ room?: string, to?: string }} Target A room, or a person. */
/** @typedef {Target & { ref?: string, deadline?: number, signal?: AbortSignal }} SendOptions */
/** @typedef {{ ref: string, room?: string, frame: string, firstSentAt: number, sentAt: number, uncertain: boolean, resolve: (message: ChatMessage) => void, reject: (error: unknown) => void, release: () => void }} Pending A message without an answer. `sentAt` is 0 unless it is under way on this connection; `uncertain`: an earlier connection may have brought it. */

/** Close codes after which connecting again would only repeat the refusal. */
const FINAL = new Set([4400, 4401, 4403, 4409]);
/** Milliseconds to stay away after flooding. */
const FLOOD_PAUSE = 5_000;
/** Messages under way at the same time; a server queues 64 frames at most. */
const WINDOW = 32;
/** Milliseconds a server remembers a `ref`, less a margin. */
const REMEMBERED = 290_000;
/** Milliseconds by which a private message may come later than a newer one of a room. */
const SKEW = 30_000;
/** Messages kept for a loop that does not keep up. */
const UNREAD = 10_000;

/** A message was not accepted, or is not known to be. */
export class ChatError extends Error {
  /**
   * @param {string} code an error code of the server, or `closed`, `deadline`, `outbox_full`, or
   * `unconfirmed`: sent before a cut, and no longer any way to tell whether it arrived
   * @param {string} message what was wrong, in words
   * @param {{ temporary?: boolean, retryAfter?: number }} [options]
   */
  constructor(code, message, { temporary = false, retryAfter } = {}) {
    super(message);
    this.name = "ChatError";
    /** What was wrong. */
    this.code = code;
    /** Is it worth sending again unchanged? */
    this.temporary = temporary;
    /** Milliseconds to wait before that, where the server said so. */
    this.retryAfter = retryAfter;
  }
}

/** A room, or the private inbox, and how far it was read. */
class Room {
  /** Id of the newest message read. @type {string | null} */
  newest;
  /** Id of the newest message there was on entering; undefined: never entered. @type {string | null | undefined} */
  head;
  /** The id it is read on from, on this connection. @type {string | null} */
  asked = null;
  askedAt = 0;
  entered = false;
  /** Until everything missed was read again. */
  resuming = false;
  /** Was nothing lost? Undefined while not known. @type {boolean | undefined} */
  complete;
  /** Is the server's word on a loss still to come? This class finds out by itself. */
  gapDue = false;
  #last;
  /** @type {Set<string>} */
  #early = new Set();

  /** @param {string} name @param {Resume} [from] @throws {RangeError} when no server would take it */
  constructor(name, { last = 0, since } = {}) {
    if (!(Number.isInteger(last) && last >= 0 && last <= 200)) {
      throw new RangeError(`Cannot enter room ${name}: last must be 0 to 200`);
    }
    if (since !== undefined && !/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(since)) {
      throw new RangeError(`Cannot enter room ${name}: since must be the id of a message`);
    }
    this.name = name;
    this.newest = since ?? null;
    this.#last = last;
    this.restart();
  }

  /** Takes note of a new connection, where the room has yet to be entered. */
  restart() {
    this.asked = this.newest;
    this.askedAt = 0;
    this.entered = false;
    this.resuming = this.gapDue = this.asked !== null || this.head !== undefined;
    this.complete = undefined;
  }

  /** From where to read it, in the words of the protocol. @returns {Resume} */
  get from() {
    if (this.asked !== null) return { since: this.asked };
    // It was empty then: all that is in it now is new.
    if (this.head === null) return { last: 200 };
    return this.#last > 0 ? { last: this.#last } : {};
  }

  /** @param {string | null} head @param {boolean} [resumed] */
  enter(head, resumed) {
    this.entered = true;
    this.head = head;
    if (!this.resuming) {
      if (this.#last === 0) this.newest ??= head;
    } else if (resumed !== false) {
      this.gapDue = false;
      this.complete = resumed ?? head === null;
    } else if (this.asked === this.newest || head === null || head <= (this.newest ?? "")) {
      this.complete = head !== null && head === this.newest;
    } // Else it was asked from further back than it was read: the first message will tell.
  }

  /**
   * Is this message new? Moves on to it if so; but the answer to a message sent again may come
   * `early`, and what it has overtaken must still be let in.
   *
   * @param {string} id
   * @param {boolean} early
   */
  take(id, early) {
    const known = this.newest !== null && id <= this.newest;
    // Where something known comes again, nothing after it is missing.
    if (this.resuming) this.complete ??= known;
    if (known) return false;
    const seen = this.#early.delete(id);
    if (early && !seen) {
      this.#early.add(id);
      return true;
    }
    this.newest = id;
    for (const other of this.#early) if (other < id) this.#early.delete(other);
    return !seen;
  }

  /** Is everything missed read again? Says so once. */
  recovered() {
    if (!this.resuming || !this.entered) return false;
    if (this.head && (this.newest ?? "") < this.head) return false;
    this.resuming = false;
    return true;
  }
}

/** Messages without an answer, in the order in which they were said. */
class Outbox {
  /** @type {Map<string, Pending>} */
  #pending = new Map();
  #capacity;

  /** @param {number} capacity */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /** @param {Pending} pending @throws {ChatError | RangeError} when it cannot wait here */
  add(pending) {
    if (this.#pending.size >= this.#capacity) {
      const why = `${this.#capacity} messages wait already`;
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
  *sent() {
    for (const pending of this.#pending.values()) if (pending.sentAt > 0) yield pending;
  }

  /**
   * The next to be sent, if any may. Rejects what could be delivered twice by sending it again.
   *
   * @param {boolean} intact was nothing lost that would have told whether it arrived?
   */
  next(intact) {
    let sent = 0;
    for (const pending of this.#pending.values()) {
      const { ref, uncertain, sentAt, firstSentAt } = pending;
      if (sentAt > 0 && ++sent === WINDOW) return;
      if (sentAt > 0) continue;
      if (!uncertain || (intact && Date.now() - firstSentAt < REMEMBERED)) return pending;
      const why = "The message may have arrived before a cut: there is no way to tell";
      this.remove(ref)?.reject(new ChatError("unconfirmed", why, { temporary: true }));
    }
  }

  /** Whatever is under way is to be sent again: whether it arrives is not known. */
  recall() {
    for (const pending of this.sent()) {
      pending.uncertain = true;
      pending.sentAt = 0;
    }
  }
}

/** The server's rate limit, kept a little more strictly here than there. */
class Bucket {
  #rate = 0;
  #size = 0;
  #tokens = 0;
  #filledAt = 0;
  #pausedUntil = 0;

  /** @param {Limits} limits */
  reset({ rate, burst }) {
    this.#rate = rate * 0.9;
    this.#tokens = this.#size = Math.max(1, Math.floor(burst * 2 / 3));
    this.#filledAt = Date.now();
    this.#pausedUntil = 0;
  }

  /** Gives nothing for some milliseconds. @param {number} ms */
  pause(ms) {
    this.#pausedUntil = Date.now() + ms;
  }

  /** Milliseconds to wait before one command may be sent; 0: it may, and is counted. */
  take() {
    const now = Date.now();
    if (now < this.#pausedUntil) return this.#pausedUntil - now;
    if (this.#rate === 0) return 0;
    const refill = (now - this.#filledAt) * this.#rate / 1_000;
    this.#tokens = Math.min(this.#size, this.#tokens + refill);
    this.#filledAt = now;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * 1_000 / this.#rate);
    this.#tokens--;
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
    if (this.#unread.length >= UNREAD) {
      this.#unread.splice(0, UNREAD / 2, failure("gap", "This loop reads too slowly"));
    }
    this.#unread.push(message);
    this.#wake();
  }

  end() {
    this.#ended = true;
    this.#wake();
  }

  /** @param {() => void} done @returns {AsyncGenerator<Message, void, undefined>} */
  async *read(done) {
    try {
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
 * missed is read.
 */
export class Chat extends EventTarget {
  #url;
  #options;
  #username;
  /** The room to speak in where none is named. */
  #home;
  /** @type {State} */
  #state = "connecting";
  /** @type {Limits | null} */
  #limits = null;
  /** @type {Ending | null} */
  #ending = null;
  /** @type {number | null} */
  #retryAt = null;
  /** @type {WebSocket | null} */
  #socket = null;
  /** One for each connection that has not ended yet. @type {Set<Promise<unknown>>} */
  #open = new Set();
  /** @type {Record<string, ReturnType<typeof setTimeout> | undefined>} */
  #timers = {};
  /** Ends listening to the browser. */
  #listening = new AbortController();
  /** Attempts since a connection held. */
  #attempt = 0;
  #onlineAt = 0;
  #heardAt = 0;
  /** @type {Map<string, Room>} */
  #rooms = new Map();
  /** The one this connection was made with. @type {Room} */
  #entry;
  #inbox = new Room("inbox");
  /** Every private message still to come is newer than this id. @type {string | null} */
  #base;
  /** What `#base` becomes once it is old enough. @type {{ id: string, at: number } | null} */
  #nextBase = null;
  #outbox;
  /** Joins and leaves waiting for their turn. @type {object[]} */
  #commands = [];
  #bucket = new Bucket();
  /** Was nothing lost in any room, with this connection? */
  #intact = true;
  #typed = { where: "", at: 0 };
  #prefix = crypto.getRandomValues(new Uint32Array(2)).join("-");
  #count = 0;
  /** @type {Set<Reader>} */
  #readers = new Set();

  /**
   * Connects at once, and again after every cut.
   *
   * @param {string | URL} url the server's WebSocket, e.g. `wss://chat.example.com/ws`
   * @param {ChatOptions & Resume} options `room`: the one to enter (default `lobby`), with `last`
   * or `since`; `deadline`: ms a message may wait for its answer (default: any time); `outbox`:
   * messages that may wait (1000); `patience`: ms without a sign of life, where one is due, after
   * which a connection is given up (15000); `backoff`: ms between attempts, at random up to `min`
   * (500), doubling up to `max` (20000)
   * @throws {RangeError} when a name or an id cannot be one
   * @throws {TypeError} where there is no `WebSocket`
   */
  constructor(url, { username, room = "lobby", last, since, ...options }) {
    super();
    const { backoff, WebSocket = globalThis.WebSocket } = options;
    if (!WebSocket) throw new TypeError("Cannot connect: there is no WebSocket, pass one in");
    this.#url = new URL(url, globalThis.location?.href);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#options = {
      deadline: Infinity,
      patience: 15_000,
      random: Math.random,
      ...options,
      WebSocket,
      backoff: { min: 500, max: 20_000, ...backoff },
    };
    this.#username = personName(username);
    this.#home = roomName(room);
    this.#outbox = new Outbox(options.outbox ?? 1_000);
    this.#base = since ?? null;
    this.#entry = new Room(this.#home, { last, since });
    this.#rooms.set(this.#home, this.#entry);
    this.#listen();
    this.#connect();
  }

  /** `connecting`; `online`; `offline`, between two attempts; `closed`, for good. */
  get state() {
    return this.#state;
  }

  /** This person's name, as the server writes it. */
  get username() {
    return this.#username;
  }

  /** What the server takes; null until it has said so. */
  get limits() {
    return this.#limits;
  }

  /** Names of the rooms this client is in, or will be again once it is back. */
  get rooms() {
    return new Set(this.#rooms.keys());
  }

  /** Why the last connection ended; null: none has. */
  get ending() {
    return this.#ending;
  }

  /** When the next attempt to connect is due, in ms since the epoch; null: none is waiting. */
  get retryAt() {
    return this.#retryAt;
  }

  /**
   * Says something in a room (default: the first one), or privately `to` somebody. Waits while
   * offline; messages go out in the order of the calls.
   *
   * @param {string} content 1 to 4,000 characters
   * @param {SendOptions} [options] `ref`: an own id, 1 to 64 characters; `deadline`: ms to wait, in
   * place of the constructor's; `signal`: gives up waiting when aborted. Giving up does not take
   * back what is under way.
   * @returns {Promise<ChatMessage>} the message as accepted. Rejects with a {@linkcode ChatError}
   * when the server refuses it, at the deadline, when the outbox is full or the chat closed; with a
   * `RangeError` when it is over the server's limits
   */
  send(content, { room, to, ref = `${this.#prefix}-${++this.#count}`, ...options } = {}) {
    const promise = new Promise((resolve, reject) => {
      options.signal?.throwIfAborted();
      if (this.#state === "closed") throw this.#closed();
      const target = this.#target({ room, to });
      const frame = JSON.stringify({ type: "chat", content, ...target, ref });
      if (this.#limits) checkSize(content, frame, this.#limits);
      const pending = { ref, room: target.room, frame, resolve, reject };
      const release = this.#giveUp(ref, options);
      this.#outbox.add({ ...pending, release, firstSentAt: 0, sentAt: 0, uncertain: false });
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
    const entered = new Room(name, from);
    this.#rooms.set(name, entered);
    if (this.#state === "online") this.#enter(entered);
  }

  /** Leaves a room and forgets how far it was read. @param {string} room */
  leave(room) {
    const name = roomName(room);
    if (!this.#rooms.delete(name) || this.#state !== "online") return;
    this.#commands.push({ type: "leave", room: name });
    this.#pump();
  }

  /**
   * Tells the others that this person is writing. Call it at every key: one in 3 s is passed on,
   * none while offline.
   *
   * @param {Target} [target]
   */
  typing(target = {}) {
    const where = JSON.stringify(this.#target(target));
    if (where === this.#typed.where && Date.now() - this.#typed.at < 3_000) return;
    if (this.#state !== "online" || this.#commands.length > 0 || this.#bucket.take() > 0) return;
    this.#typed = { where, at: Date.now() };
    this.#socket?.send(JSON.stringify({ type: "typing", ...this.#target(target) }));
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
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((resolve) => timer = setTimeout(resolve, 2_000));
    await Promise.race([Promise.all(this.#open), late]);
    clearTimeout(timer);
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
    return reader.read(() => this.#readers.delete(reader));
  }

  // The connection: made, lost, made again.

  #connect() {
    this.#clearTimers();
    this.#retryAt = null;
    const socket = new this.#options.WebSocket(this.#address(), ["chat.v1"]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const ended = new Promise((resolve) => socket.addEventListener("close", resolve));
    this.#open.add(ended);
    ended.then(() => this.#open.delete(ended));
    this.#after(
      "opening",
      this.#options.patience,
      () => this.#cut(1006, "the server does not answer"),
    );
    socket.addEventListener("open", () => {
      if (socket !== this.#socket || socket.protocol === "chat.v1") return;
      this.#cut(1002, "the server does not speak chat.v1");
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") return;
      for (const message of parse(data)) if (socket === this.#socket) this.#hear(message);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket === this.#socket) this.#cut(code || 1006, reason);
    });
    // A close event follows; where nobody listens to errors, some implementations throw them.
    socket.addEventListener("error", () => {});
    this.#change("connecting");
  }

  /** The address to connect to: it names the first of the rooms, and from where to read it. */
  #address() {
    this.#intact = true;
    for (const room of this.#rooms.values()) room.restart();
    const [first = new Room(this.#home)] = this.#rooms.values();
    const room = this.#entry = this.#rooms.get(this.#home) ?? first;
    // The server reads the inbox from there too, so that is the older of the two.
    const inbox = newer(this.#inbox.newest, this.#base);
    if (room.asked !== null && inbox !== null && inbox < room.asked) room.asked = inbox;
    const url = new URL(this.#url);
    const query = { username: this.#username, room: room.name, ...room.from };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, `${value}`);
    return url.href;
  }

  /** @param {number} code @param {string} reason */
  #cut(code, reason) {
    this.#socket?.close();
    if (FINAL.has(code)) return this.#end({ code, reason });
    const { backoff: { min, max }, random } = this.#options;
    if (this.#state === "online" && Date.now() - this.#onlineAt > max) this.#attempt = 0;
    const wait = random() * Math.min(max, min * 2 ** this.#attempt++) +
      (code === 4429 ? FLOOD_PAUSE : 0);
    if (code === 1009) this.#refuseLongest(reason);
    this.#outbox.recall();
    this.#commands = [];
    this.#socket = null;
    this.#ending = { code, reason };
    this.#retryAt = Date.now() + wait;
    this.#clearTimers();
    this.#after("retry", wait, () => this.#connect());
    this.#change("offline");
  }

  /** @param {Ending} ending */
  #end(ending) {
    this.#socket = null;
    this.#ending = ending;
    this.#retryAt = null;
    this.#clearTimers();
    this.#listening.abort();
    for (const pending of this.#outbox.clear()) pending?.reject(this.#closed());
    for (const reader of this.#readers) reader.end();
    this.#change("closed");
  }

  /** Tries at once when the network is back, or the page is looked at again. */
  #listen() {
    const { signal } = this.#listening;
    const retry = () => {
      if (this.#state === "offline" && this.#ending?.code !== 4429) this.#connect();
    };
    globalThis.addEventListener?.("online", retry, { signal });
    globalThis.addEventListener?.("offline", () => {
      if (this.#socket) this.#cut(1006, "the network is gone");
    }, { signal });
    const page = /** @type {any} */ (globalThis).document;
    page?.addEventListener("visibilitychange", () => {
      if (page.visibilityState === "visible") retry();
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
    this.#timers[name] = setTimeout(() => {
      this.#timers[name] = undefined;
      run();
    }, ms);
  }

  #clearTimers() {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#timers = {};
  }

  // What the server says.

  /** @param {Message} message */
  #hear(message) {
    this.#heardAt = Date.now();
    switch (message.type) {
      case "welcome":
        return this.#greet(message);
      case "room":
        return this.#entered(message);
      case "chat":
      case "join":
      case "leave":
        return typeof message.id === "string" ? this.#take(message) : undefined;
      case "error":
        return this.#fail(message);
      case "typing":
        return this.#tell(message);
    }
  }

  /** @param {WelcomeMessage} message */
  #greet(message) {
    this.#clearTimers();
    this.#username = message.username;
    this.#limits = message.limits;
    this.#bucket.reset(message.limits);
    this.#onlineAt = this.#entry.askedAt = Date.now();
    this.#tell(message);
    const { name } = this.#entry;
    if (!this.#rooms.has(name)) this.#commands.push({ type: "leave", room: name });
    for (const room of this.#rooms.values()) if (room !== this.#entry) this.#enter(room);
    this.#change("online");
    this.#watch();
    this.#pump();
  }

  /** @param {RoomMessage} message */
  #entered(message) {
    const room = this.#rooms.get(message.room);
    if (!room) return;
    this.#tell(message);
    if (room.entered || message.head === undefined) return;
    this.#base ??= message.head;
    room.enter(message.head, message.resumed);
    if (room.complete === false) this.#lose(room);
    this.#settle(room);
    this.#pump();
  }

  /** @param {ChatMessage | PresenceMessage} message */
  #take(message) {
    const isPrivate = message.type === "chat" && message.to !== undefined;
    const early = message.type === "chat" && this.#acknowledge(message);
    const room = isPrivate ? this.#inbox : this.#rooms.get(message.room ?? "");
    if (!room) return;
    const doubtful = room.complete === undefined;
    const fresh = room.take(message.id, early);
    if (doubtful && room.complete === false) this.#lose(room);
    if (fresh) this.#tell(message);
    this.#settle(room);
    this.#rebase(message.id);
  }

  /** Moves on the id from which the inbox is asked for, if nobody writes there. @param {string} id */
  #rebase(id) {
    this.#base ??= id;
    if (this.#nextBase && Date.now() - this.#nextBase.at < SKEW) return;
    this.#base = newer(this.#base, this.#nextBase?.id ?? null);
    this.#nextBase = { id, at: Date.now() };
  }

  /** @param {Room} room */
  #lose({ name }) {
    this.#intact = false;
    this.#tell(failure("gap", `Some messages of ${name} are no longer held`, name));
    this.#announce("gap", { room: name });
  }

  /** @param {Room} room */
  #settle(room) {
    if (!room.recovered()) return;
    this.#announce("recovered", { room: room.name, complete: room.complete });
    this.#pump();
  }

  /** @param {ErrorMessage} message */
  #fail(message) {
    const { code, ref, room: name } = message;
    if (code === "rate_limited") return this.#slowDown(message);
    if (ref !== undefined) {
      this.#outbox.remove(ref)?.reject(new ChatError(code, message.content, message));
      return this.#pump();
    }
    const room = this.#rooms.get(name ?? "");
    if (code === "gap" && room?.gapDue) return void (room.gapDue = false);
    if (room && !room.entered) this.#rooms.delete(room.name);
    this.#tell(message);
    if (code === "gap") this.#announce("gap", { room: name ?? null });
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

  /** Sends what may be sent now, joins and leaves first, and comes back for the rest. */
  #pump() {
    while (this.#socket && this.#state === "online") {
      const command = this.#commands[0];
      const pending = command ? undefined : this.#next();
      if (!command && !pending) return;
      const wait = this.#bucket.take();
      if (wait > 0) return this.#after("turn", wait, () => this.#pump());
      this.#commands.shift();
      if (pending) pending.sentAt = Date.now();
      if (pending) pending.firstSentAt ||= pending.sentAt;
      this.#socket.send(pending?.frame ?? JSON.stringify(command));
      if (!this.#timers.watch) this.#watch();
    }
  }

  /** The next message to be sent. None until what was missed is read: an echo may be in it. */
  #next() {
    for (const room of this.#rooms.values()) if (room.resuming) return;
    return this.#outbox.next(this.#intact);
  }

  /** Asks for a room. @param {Room} room */
  #enter(room) {
    room.askedAt = Date.now();
    this.#commands.push({ type: "join", room: room.name, ...room.from });
    this.#pump();
  }

  /** Resolves what this is the echo of. Is it perhaps ahead of its turn? @param {ChatMessage} echo */
  #acknowledge(echo) {
    const pending = this.#outbox.get(echo.ref);
    if (!pending || pending.room !== echo.room) return false;
    if (echo.username.toLowerCase() !== this.#username.toLowerCase()) return false;
    this.#outbox.remove(pending.ref)?.resolve(echo);
    this.#pump();
    return pending.uncertain && pending.sentAt > 0;
  }

  /** Waits, then sends again what was refused: without a `ref`, all that is unanswered. @param {ErrorMessage} error */
  #slowDown({ ref, retryAfter = 1_000 }) {
    this.#bucket.pause(retryAfter);
    const refused = this.#outbox.get(ref);
    if (refused) refused.sentAt = 0;
    if (ref === undefined) {
      this.#outbox.recall();
      for (const room of this.#rooms.values()) if (!room.entered) this.#enter(room);
    }
    this.#pump();
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
    const [longest] = [...this.#outbox.sent()].sort((a, b) => b.frame.length - a.frame.length);
    if (longest) this.#outbox.remove(longest.ref)?.reject(new ChatError("too_long", reason));
  }

  /** Cuts a connection on which an answer is overdue: a dead one may look open for hours. */
  #watch() {
    const due = [...this.#outbox.sent()].map(({ sentAt }) => sentAt);
    for (const { askedAt, entered, resuming } of this.#rooms.values()) {
      if (askedAt > 0 && (!entered || resuming)) due.push(askedAt);
    }
    if (due.length === 0) return;
    const oldest = Math.min(...due);
    const { patience } = this.#options;
    // While others are heard the answer may only be late, but not for ever.
    const until = Math.min(Math.max(oldest, this.#heardAt) + patience, oldest + 4 * patience);
    if (Date.now() >= until) return this.#cut(1006, "the server does not answer");
    this.#after("watch", until - Date.now(), () => this.#watch());
  }

  /** @param {Target} target */
  #target({ room, to }) {
    return to === undefined ? { room: roomName(room ?? this.#home) } : { to };
  }

  #closed() {
    const { code, reason } = this.#ending ?? {};
    return new ChatError(
      "closed",
      `Cannot send the message: the chat is closed (${code} ${reason})`,
    );
  }
}

/** Reads the messages of a frame; passes over what is none. @param {string} frame */
function parse(frame) {
  /** @type {Message[]} */
  const messages = [];
  for (const line of frame.split("\n")) {
    try {
      const message = JSON.parse(line);
      if (typeof message?.type === "string") messages.push(message);
    } catch {
      // Not of this protocol.
    }
  }
  return messages;
}

/** The newer of two ids. @param {string | null} a @param {string | null} b */
function newer(a, b) {
  return a === null || (b !== null && b > a) ? b : a;
}

/** @param {string} text @throws {RangeError} */
function personName(text) {
  const name = text.normalize("NFKC").trim();
  if (name === "" || [...name].length > 32 || /\p{C}/u.test(name) || /^[@#]/.test(name)) {
    const rule = "1 to 32 characters, without control characters, not starting with @ or #";
    throw new RangeError(`Cannot use this username: it must be ${rule}`);
  }
  return name;
}

/** @param {string} text @throws {RangeError} */
function roomName(text) {
  const name = text.toLowerCase();
  if (!/^[a-z0-9._-]{1,64}$/.test(name)) {
    throw new RangeError("Cannot use this room name: it must be 1 to 64 of a-z 0-9 . _ -");
  }
  return name;
}

/** @param {string} content @param {string} frame @param {Limits} limits @throws {RangeError} */
function checkSize(content, frame, limits) {
  const characters = content.length > limits.content ? [...content.trim()].length : 0;
  if (characters > limits.content) {
    throw new RangeError(`Cannot send ${characters} characters: at most ${limits.content}`);
  }
  const bytes = frame.length * 3 > limits.frame ? new TextEncoder().encode(frame).length : 0;
  if (bytes > limits.frame) {
    throw new RangeError(`Cannot send a frame of ${bytes} bytes: at most ${limits.frame}`);
  }
}

/** An error as the server would tell it. @param {string} code @param {string} content @param {string} [room] @returns {ErrorMessage} */
function failure(code, content, room) {
  const timestamp = new Date().toISOString();
  return { type: "error", username: "system", content, timestamp, code, temporary: false, room };
}
