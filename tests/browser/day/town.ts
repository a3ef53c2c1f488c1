/**
 * Everybody but the person whose page is looked at, and the server they all meet on.
 *
 * @module
 */
import { Chat, type ChatMessage } from "../../../static/chat.js";
import { Program } from "../../program.ts";
import { until } from "../support.ts";
import { Wire } from "../wire.ts";
import { Ledger } from "./ledger.ts";

/** How many rooms there are. */
const ROOMS = 50;

/** Who listens in the rooms, and talks to the person in private; and who only speaks in rooms. */
const FRIENDS = ["Bob", "Cleo", "Dora", "Emil"];
const GUESTS = 24;

/** Messages held by the server: few, so that who is away for long misses some. */
export const HISTORY = 300;

/** How many posts are under way at the same time. */
const AHEAD = 8;

/** The server as the page reaches it, the people who talk there, and a ledger of all they say. */
export class Town implements AsyncDisposable {
  readonly rooms = Array.from({ length: ROOMS }, (_, n) => n === 0 ? "lobby" : `room-${n}`);
  readonly friends = FRIENDS;
  readonly ledger: Ledger;
  readonly wire: Wire;
  /** Id of the newest private message since the server was started; or empty. */
  newest = "";
  /** How much was said. */
  said = 0;
  #server: Program;
  #chats: Chat[];
  #random: () => number;
  #me: string;
  #words = 0;

  private constructor(server: Program, me: string, random: () => number) {
    this.#server = server;
    this.#me = me;
    this.#random = random;
    this.ledger = new Ledger(me);
    this.wire = new Wire(server.port);
    this.#chats = FRIENDS.map((username, index) => this.#friend(username, index));
  }

  /** @param me the person the ledger is kept for */
  static async open(me: string, random: () => number): Promise<Town> {
    const town = new Town(await begin(0, random), me, random);
    await town.#settle();
    return town;
  }

  /** Kills the server, and starts another in its place some time later. */
  async crash(pause: () => Promise<void>) {
    this.ledger.crashes.push(Date.now());
    const { port } = this.#server;
    await this.#server.crash();
    this.newest = "";
    await pause();
    this.#server = await begin(port, this.#random);
    globalThis.dispatchEvent(new Event("online"));
    await this.#settle();
  }

  /**
   * Says so many things here and there, in private too. What the server does not take is not said.
   *
   * @param pace milliseconds that each of those who speak pauses, on average
   */
  async talk(count: number, { rooms = this.rooms, pace = 0 } = {}) {
    const places = Array.from({ length: count }, () => this.#pick(rooms));
    await Promise.all(Array.from({ length: AHEAD }, async () => {
      for (let room = places.pop(); room !== undefined; room = places.pop()) {
        if (this.#random() < 0.03) await this.whisper(this.#pick(FRIENDS));
        else await this.#post(room);
        const pause = this.#random() * 2 * pace;
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }));
  }

  /** Says something in private, in the name of a friend. */
  async whisper(friend: string) {
    const chat = this.#chats[FRIENDS.indexOf(friend)]!;
    try {
      const options = { to: this.#me, deadline: 5_000 };
      const message = await chat.send(this.#compose(friend), options);
      this.ledger.add(message);
      if (message.id > this.newest) this.newest = message.id;
      this.said++;
    } catch {
      // The server is away, or does not know the person.
    }
  }

  /** What the server holds of a room, in order. */
  async history(room: string): Promise<ChatMessage[]> {
    const held: ChatMessage[] = [];
    while (true) {
      const before = held[0] ? `&before=${held[0].id}` : "";
      const { messages } = await this.#ask(`api/rooms/${room}/messages?limit=200${before}`);
      if (messages.length === 0) return held;
      held.unshift(...messages);
    }
  }

  /** Id of the newest message that the server holds of each room. */
  async heads(): Promise<Map<string, string>> {
    const { rooms } = await this.#ask("api/rooms?limit=1000");
    return new Map(
      rooms.filter(({ head }: { head?: string }) => head).map((
        { room, head }: { room: string; head: string },
      ) => [`room:${room}`, head]),
    );
  }

  async [Symbol.asyncDispose]() {
    await Promise.all(this.#chats.map((chat) => chat[Symbol.asyncDispose]()));
    await this.wire[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }

  /** A friend, who listens in a part of the rooms. */
  #friend(username: string, index: number): Chat {
    const [room, ...more] = this.rooms.filter((_, n) => n % FRIENDS.length === index);
    const backoff = { min: 50, max: 500 };
    const chat = new Chat(`ws://${this.#server.host}/ws`, { username, room, backoff });
    for (const name of more) chat.join(name);
    chat.addEventListener("message", (event) => this.ledger.add((event as CustomEvent).detail));
    return chat;
  }

  /** Waits until the friends are in all rooms. */
  async #settle() {
    await until("everybody is there", async () => {
      const { rooms } = await this.#ask("api/rooms?limit=1000");
      const users = rooms.filter(({ users }: { users: number }) => users > 0);
      return users.length >= ROOMS;
    });
  }

  async #post(room: string) {
    const username = `guest-${Math.floor(this.#random() * GUESTS)}`;
    try {
      const url = `${this.#server.url}api/rooms/${room}/messages`;
      const body = JSON.stringify({ username, content: this.#compose(username) });
      const answer = await fetch(url, { method: "POST", body });
      const message = await answer.json();
      if (!answer.ok) return;
      this.ledger.add({ ...message, room });
      this.said++;
    } catch {
      // The server is away.
    }
  }

  /** Words that nobody has said before, some of them long. */
  #compose(username: string) {
    const more = " and so on".repeat(Math.floor(this.#random() ** 4 * 40));
    return `${username} says word ${this.#words++}.${more}`;
  }

  #pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.#random() * among.length)]!;
  }

  // deno-lint-ignore no-explicit-any
  async #ask(path: string): Promise<any> {
    return await (await fetch(this.#server.url + path)).json();
  }
}

/** Starts a server that holds little, with or without a limit of its rate. */
function begin(port: number, random: () => number): Promise<Program> {
  const rate = random() < 0.5 ? ["--rate", "0"] : [];
  return Program.start(["--history", `${HISTORY}`, "--port", `${port}`, ...rate]);
}
