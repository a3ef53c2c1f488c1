import { Chat } from "../../../static/chat.js";
import type { Told } from "../../support.ts";
import { channelsOf, contentOf, type Ledger } from "./ledger.ts";

/** Who somebody is, and where. */
export interface PersonOptions {
  name: string;
  rooms: readonly string[];
  /** How many messages of each channel they have heard at another time. */
  heard?: Map<string, number>;
  random: () => number;
}

/**
 * Somebody with the client library. All that it hands over is checked with the ledger, and all that
 * the server sends it is looked at.
 */
export class Person implements AsyncDisposable {
  readonly name: string;
  /** Rooms that were read on from a place. */
  resumed = 0;
  /** The first thing that was wrong. */
  fault?: string;
  #chat: Chat;
  #ledger: Ledger;
  #heard: Map<string, number>;
  #out: Set<string>;
  #entered = Promise.withResolvers<void>();
  #said = 0;

  /** Connects at once. */
  constructor(host: string, { name, rooms, heard, random }: PersonOptions, ledger: Ledger) {
    const place = (channel: string) => ledger.order(channel)[(heard?.get(channel) ?? 0) - 1];
    const [home, ...others] = rooms;
    this.name = name;
    this.#ledger = ledger;
    this.#heard = new Map(heard);
    this.#out = new Set(rooms);
    const chat = this.#chat = new Chat(`ws://${host}/ws`, {
      username: name,
      room: home,
      since: place(`#${home}`),
      inbox: place(`@${name}`),
      random,
      backoff: { min: 10, max: 100 },
      WebSocket: overheard(() => this.#overhear()),
    });
    for (const room of others) chat.join(room, { since: place(`#${room}`) });
    const on = <T>(type: string, call: (detail: T) => void) =>
      chat.addEventListener(type, (event) => call((event as CustomEvent<T>).detail));
    on<Told>("message", (message) => this.#hear(message));
    on<{ room: string | null }>("gap", ({ room }) => this.#wrong(`a gap in ${room ?? "private"}`));
    on("state", () => {
      const { state, ending } = chat;
      if (state === "closed" && ending?.code !== 1_000) {
        this.#wrong(`that it ends: ${ending?.reason}`);
      }
    });
  }

  /** Resolves once they have been let into all their rooms. */
  get entered(): Promise<void> {
    return this.#entered.promise;
  }

  /** Where they are, their private messages included. */
  get channels(): string[] {
    return [...[...this.#chat.rooms].map((room) => `#${room}`), `@${this.name}`];
  }

  /** How many messages of a channel they have heard. */
  heard(channel: string): number {
    return this.#heard.get(channel) ?? 0;
  }

  /** Says something, and has it acknowledged. */
  async say(target: { room: string } | { to: string }) {
    const ref = `${this.name}-${this.#said++}`;
    const { newest } = this.#ledger;
    try {
      const told = await this.#chat.send(contentOf(ref), { ...target, ref });
      this.#ledger.acknowledge(told, newest);
    } catch (error) {
      this.#wrong((error as Error).message);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.#chat[Symbol.asyncDispose]();
  }

  #hear(message: Told) {
    const { type, code, room = "", at, resumed } = message;
    if (type === "room" && at !== undefined) {
      if (this.#out.delete(room) && this.#out.size === 0) this.#entered.resolve();
      if (resumed) this.resumed++;
      if (resumed === false) this.#wrong(`that ${room} is not resumed`);
    }
    if (type === "error") this.#wrong(`${code}: ${message.content}`);
    if (type !== "chat") return;
    const channel = this.#channel(message);
    const n = this.heard(channel);
    this.#heard.set(channel, n + 1);
    try {
      this.#ledger.hear(channel, n, message);
    } catch (error) {
      this.#wrong((error as Error).message);
    }
  }

  /**
   * What looks at all messages of one connection. The library passes over what comes once more, but
   * only to whom said it, as an answer, something may be sent once more.
   */
  #overhear() {
    const places = new Map<string, string>();
    return (message: Told) => {
      const { type, id, username } = message;
      if (type !== "chat") return;
      const channel = this.#channel(message);
      const place = places.get(channel) ?? "";
      if (id > place) places.set(channel, id);
      else if (username !== this.name) this.#wrong(`${id} in ${channel}, after ${place}`);
    };
  }

  #channel(message: Told): string {
    const channel = message.to === undefined ? `#${message.room}` : `@${this.name}`;
    if (!channelsOf(message).includes(channel)) this.#wrong(`${message.id}, which is for others`);
    return channel;
  }

  #wrong(what: string) {
    this.fault ??= `${this.name} was told ${what}`;
  }
}

/** A class of WebSockets, all messages of each of which are looked at as well. */
export function overheard(
  begin: () => (message: Told) => void,
  Base = WebSocket,
): typeof WebSocket {
  return class extends Base {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      const look = begin();
      this.addEventListener("message", ({ data }) => {
        for (const line of data.split("\n")) look(JSON.parse(line));
      });
    }
  };
}
