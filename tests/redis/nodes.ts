import { looksOf } from "../../hub/base/looks.ts";
import type { Guest, Passage, Roster } from "../../hub/engine/company.ts";
import type { Channel } from "../../hub/engine/engine.ts";
import { RedisEngine, type RedisOptions } from "../../hub/engine/redis.ts";
import { presenceOf } from "../../hub/engine/stamped.ts";
import { keyOf } from "../../static/names.js";
import { Glass } from "../engine/contract.ts";
import type { RedisServer } from "./server.ts";
import { Wire } from "./wire.ts";

/** One of several nodes: an engine with a wire of its own to Redis, and a window onto the room `den`. */
export class Node implements AsyncDisposable {
  readonly engine: RedisEngine;
  readonly glass = new Glass();
  readonly #wire: Wire;
  /** Of more people nobody is told who comes and goes. */
  announce: number;

  private constructor(server: RedisServer, announce: number, options: RedisOptions) {
    this.#wire = new Wire(server.port);
    this.announce = announce;
    this.engine = new RedisEngine(this.#wire.url, options);
  }

  static async start(server: RedisServer, announce: number, options: RedisOptions): Promise<Node> {
    const node = new Node(server, announce, options);
    await node.engine.ready();
    await node.engine.open("#den", node.glass);
    return node;
  }

  /** Shows how somebody is here. @returns their name as all see it */
  async show(username: string, how: Partial<Guest> = {}): Promise<string> {
    const guest = {
      ...{ key: keyOf(username), username, looks: looksOf(username) },
      ...{ rooms: [], connections: 1, connectedAt: Date.now() },
      ...how,
    };
    return await this.engine.company.show(guest);
  }

  async enter(username: string, room: Channel = "#den"): Promise<Roster> {
    return await this.engine.company.enter(room, this.#passage("join", room, username));
  }

  async leave(username: string, room: Channel = "#den") {
    return await this.engine.company.leave(room, this.#passage("leave", room, username));
  }

  /** Who came and went in its window, in order, and what was said and counted. */
  get told(): string[] {
    return this.glass.entries.map(({ text }) => {
      const { type, username, content, count, users } = JSON.parse(text);
      if (type === "chat") return content;
      return type === "room" ? `${count}${users ? ` ${users}` : ""}` : `${type} ${username}`;
    });
  }

  /** Keeps it from Redis, and Redis from it, until {@linkcode go}. */
  stop() {
    this.#wire.stop();
  }

  go() {
    this.#wire.go();
  }

  /** Keeps it from Redis for ever, as if it were dead. */
  async kill() {
    await this.#wire.cut();
  }

  async [Symbol.asyncDispose]() {
    this.#wire.go();
    await this.engine.end();
    await this.#wire.cut();
  }

  #passage(type: "join" | "leave", room: Channel, username: string): Passage {
    const notice = presenceOf(room, type, { username });
    return { key: keyOf(username), notice, announce: this.announce };
  }
}

/** Some nodes on one Redis, until they are disposed of. */
export class Nodes extends Array<Node> implements AsyncDisposable {
  /** With what all their keys begin. */
  prefix = "";

  static async start(
    server: RedisServer,
    count: number,
    { announce = 200, ...options }: RedisOptions & { announce?: number } = {},
  ): Promise<Nodes> {
    const all = { prefix: `${crypto.randomUUID()}:`, look: 300, ...options };
    const nodes = new Nodes();
    nodes.prefix = all.prefix;
    for (let i = 0; i < count; i++) nodes.push(await Node.start(server, announce, all));
    return nodes;
  }

  async [Symbol.asyncDispose]() {
    await Promise.all([...this].map((node) => node[Symbol.asyncDispose]()));
  }
}
