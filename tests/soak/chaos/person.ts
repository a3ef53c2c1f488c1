import { Chat, type ChatError } from "../../../static/chat.js";
import { Proxy } from "../../chat/proxy.ts";
import type { Told } from "../../support.ts";
import { channelsOf, contentOf } from "../kill/ledger.ts";
import { overheard } from "../kill/person.ts";
import type { Book, Target, View } from "./book.ts";

/** Who somebody is, and where. */
export interface PersonOptions {
  name: string;
  /** Unlike that of all others, also of the same name. */
  mark: string;
  rooms: readonly string[];
  random: () => number;
  /** What becomes of the messages of each connection before anybody looks at them. @default nothing */
  spoil?: typeof WebSocket;
}

/** Milliseconds without a sign of life after which a connection is given up: shorter than a lease. */
const PATIENCE = 3_000;
/** Milliseconds between two attempts to connect. */
const BACKOFF = { min: 20, max: 1_000 };

/** What is told of somebody, and remembered of a room, at most. */
const STORY = 6;
const STORIES = 1_000;

/** Seconds since this process was started, with a digit behind the point. */
const second = () => Math.round(performance.now() / 100) / 10;

/**
 * Somebody with the client library, behind a bad network of their own that leads them to another node
 * at each connection. All that they are told is in the book.
 */
export class Person implements AsyncDisposable {
  readonly name: string;
  readonly mark: string;
  readonly network: Proxy;
  /** Connections that were greeted. */
  greeted = 0;
  /** Answers that something cannot be done yet. */
  refused = 0;
  /** Gaps that they were told. */
  gaps = 0;
  #chat: Chat;
  #book: Book;
  #views = new Map<string, View>();
  #people = new Map<string, Set<string>>();
  /** How what is known of who is in a room came about. */
  #stories = new Map<string, { username?: string; what: string }[]>();
  /** What is said and not answered, by room. */
  #pending = new Map<string, number>();
  #said = 0;

  /** Connects at once. @param node tells where, for each connection */
  constructor(
    node: () => string,
    { name, mark, rooms, random, spoil }: PersonOptions,
    book: Book,
  ) {
    this.name = name;
    this.mark = mark;
    this.#book = book;
    this.network = new Proxy(node, { straggle: 0.5, random });
    const [home, ...others] = rooms;
    for (const channel of [`@${name}`, ...rooms.map((room) => `#${room}`)]) this.#begin(channel);
    this.#chat = new Chat(`ws://${this.network.host}/ws`, {
      username: name,
      room: home,
      random,
      backoff: BACKOFF,
      patience: PATIENCE,
      WebSocket: overheard(() => this.#overhear(), spoil),
    });
    for (const room of others) this.#chat.join(room);
    const on = <T>(type: string, call: (detail: T) => void) =>
      this.#chat.addEventListener(type, (event) => call((event as CustomEvent<T>).detail));
    on<Told>("message", (message) => this.#hear(message));
    on<{ room: string | null }>("gap", ({ room }) => {
      this.gaps++;
      this.#wrong(`a gap in ${room ?? "private"}, where nothing was lost`);
    });
    on<{ ref?: string }>("waiting", ({ ref }) => {
      this.refused++;
      if (ref === undefined) {
        for (const channel of this.#views.keys()) this.#note(channel, "told to wait");
      }
    });
    on("state", () => {
      const { state, ending } = this.#chat;
      for (const channel of this.#views.keys()) this.#note(channel, state);
      if (state === "closed" && ending?.code !== 1_000) {
        this.#wrong(`that it ends: ${ending?.code} ${ending?.reason}`);
      }
    });
  }

  get online(): boolean {
    return this.#chat.state === "online";
  }

  /** Where they are. */
  get rooms(): string[] {
    return [...this.#chat.rooms];
  }

  /** Have they been let into all their rooms? */
  get entered(): boolean {
    return [...this.#views.values()].every(({ from }) => from !== undefined);
  }

  /** How much they said that is not answered. */
  get waiting(): number {
    return [...this.#pending.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Who is in a room, as they were told: sorted. */
  people(room: string): string[] {
    return [...this.#people.get(room) ?? []].sort();
  }

  /** What they were told of somebody in a room, and when. */
  story(room: string, username: string): string {
    const told = this.#stories.get(room)?.filter((one) => (one.username ?? username) === username);
    return told?.slice(-STORY).map(({ what }) => what).join(", ") ?? "";
  }

  /** Says something, and waits until it is acknowledged, or refused. */
  async say(target: Target) {
    const ref = `${this.mark}-${this.#said++}`;
    const where = "room" in target ? `#${target.room}` : `@${this.name}`;
    const before = this.#views.get(where)?.ids.at(-1) ?? "";
    const began = performance.now();
    this.#book.say(ref, target);
    this.#pending.set(where, (this.#pending.get(where) ?? 0) + 1);
    try {
      const told = await this.#chat.send(contentOf(ref), { ...target, ref });
      this.#book.acknowledge(told, before, performance.now() - began);
    } catch (error) {
      const { code, message } = error as ChatError;
      // Who goes does not know what becomes of what they have just said.
      if (this.#chat.state !== "closed") this.#wrong(`${code} of ${ref}: ${message}`);
    }
    this.#pending.set(where, this.#pending.get(where)! - 1);
  }

  /** Enters a room. */
  join(room: string) {
    if (this.rooms.includes(room)) return;
    this.#begin(`#${room}`);
    this.#chat.join(room);
  }

  /** Leaves a room, unless it is not known what becomes of what they have just said in it. */
  leave(room: string) {
    if (!this.rooms.includes(room) || this.#pending.get(`#${room}`)) return;
    this.#end(`#${room}`);
    this.#people.delete(room);
    this.#chat.leave(room);
  }

  /** Goes, in good order or, without a word to anybody, by losing the network. */
  async go(silently: boolean) {
    if (silently) this.network.silence();
    for (const channel of this.#views.keys()) this.#end(channel);
    await this.#chat[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose]() {
    this.#chat.close();
    await this.network[Symbol.asyncDispose]();
    await this.#chat[Symbol.asyncDispose]();
  }

  #begin(channel: string) {
    this.#views.set(channel, this.#book.begin(this.mark, channel));
  }

  #end(channel: string) {
    this.#views.get(channel)!.open = false;
    this.#views.delete(channel);
  }

  #hear(message: Told) {
    const { type, code, room = "", at, users, username, resumed, head } = message;
    switch (type) {
      case "welcome":
        this.greeted++;
        this.#note(`@${this.name}`, `greeted at ${at}`);
        return this.#enter(`@${this.name}`, at!);
      case "room":
        if (users) {
          this.#people.set(room, new Set(users));
          this.#tell(room, `a list of ${users}`);
        }
        if (at === undefined) return;
        this.#note(`#${room}`, `let in at ${at}, resumed ${resumed}, head ${head}`);
        return this.#enter(`#${room}`, at);
      case "join":
        this.#people.get(room)?.add(username);
        return this.#tell(room, `${type} ${message.id}`, username);
      case "leave":
        this.#people.get(room)?.delete(username);
        return this.#tell(room, `${type} ${message.id}`, username);
      case "error":
        if (code !== "gap") this.#wrong(`${code}: ${message.content}`);
        return;
      case "chat": {
        const view = this.#views.get(this.#channel(message));
        // Who has gone is told nothing.
        if (view) this.#book.hear(view, message);
      }
    }
  }

  #note(channel: string, what: string) {
    const view = this.#views.get(channel);
    view?.trail.push(`${view.ids.length} messages and ${second()} s: ${what}`);
  }

  #tell(room: string, what: string, username?: string) {
    const story = this.#stories.get(room) ?? [];
    story.push({ username, what: `${second()} s: ${what}` });
    if (story.length > STORIES) story.splice(0, STORIES / 2);
    this.#stories.set(room, story);
  }

  #enter(channel: string, at: string) {
    const view = this.#views.get(channel);
    if (view) view.from ??= at;
  }

  /**
   * What looks at all messages of one connection: the library passes over what comes once more, but only
   * to whom said it, as an answer, something may be sent once more.
   */
  #overhear() {
    const heard = new Map<string, Set<string>>();
    const places = new Map<string, string>();
    return (message: Told) => {
      const { type, id, username, room, at } = message;
      if (type === "room" && at !== undefined) {
        // It is read from there on.
        places.set(`#${room}`, at);
        heard.delete(`#${room}`);
      }
      if (type !== "chat") return;
      const channel = this.#channel(message);
      const ids = heard.get(channel) ?? new Set();
      const place = places.get(channel) ?? "";
      if (id > place) places.set(channel, id);
      else if (username !== this.name) {
        const kind = ids.has(id) ? "doubled" : "misordered";
        this.#book.fault(kind, `${this.mark} was sent ${id} in ${channel}, after ${place}`);
      }
      heard.set(channel, ids.add(id));
    };
  }

  #channel(message: Told): string {
    const channel = message.to === undefined ? `#${message.room}` : `@${this.name}`;
    if (!channelsOf(message).includes(channel)) {
      this.#book.fault("invented", `${this.mark} was told ${message.id}, which is for others`);
    }
    return channel;
  }

  #wrong(what: string) {
    this.#book.fault("other", `${this.mark} was told ${what}`);
  }
}
