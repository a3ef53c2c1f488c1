/** What the tests share: a server to talk to, and a client that speaks the bare protocol. */
import { assert } from "@std/assert";
import { setTimeout } from "node:timers";
import { Hub, type HubOptions } from "../hub.ts";
import type { Soon } from "../hub/base/soon.ts";
import { keyOf } from "../static/names.js";
import { type Config, routes } from "../routes.ts";
import { chosen } from "./engine/chosen.ts";
import { within } from "./within.ts";

export { within };

/** Is this process allowed something, so that a test that needs it can run? */
export function granted(...names: ("net" | "read" | "run" | "write")[]): boolean {
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}

/** Milliseconds after which a test has failed, whatever it waits for. */
export const timeout = 120_000;
/** For tests that open sockets: without the permission they are ignored, not failed. */
export const network = { ignore: !granted("net"), timeout };
/** For tests that start programs. */
export const programs = { ignore: !granted("net", "read", "run"), timeout };

/** Does the engine keep what is said for longer than the hub remembers it? */
export const keeps = chosen.engine !== "memory";
/** For tests of what is lost or forgotten where it does not. */
export const forgetful = { ignore: network.ignore || keeps, timeout };

/** For tests of what goes by this process's clock, also where its engine has another. */
export const timely = { ignore: network.ignore || chosen.engine === "redis", timeout };

/** For tests of what is told together where the engine does not take its time. */
export const prompt = timely;

/** A hub on the engine that is chosen, until it is disposed of. */
export function makeHub(options: HubOptions = {}): Hub & AsyncDisposable {
  const made = options.engine ? undefined : chosen.make?.();
  const hub = new Hub({ ...options, engine: options.engine ?? made?.engine });
  return Object.assign(hub, {
    async [Symbol.asyncDispose]() {
      await hub.end();
      await calm(hub);
      made?.remove?.();
    },
  });
}

/** The hubs that are served by this process, by host. */
const served = new Map<string, Hub>();

/**
 * A server on a free port of the loopback device, until it is disposed of. All clients have the same
 * address here, so it has no limit.
 */
export function serve(options: Partial<Config> & HubOptions & { port?: number; hub?: Hub } = {}) {
  const made = options.hub ? undefined : makeHub(options);
  const hub = options.hub ?? made!;
  const { handle, drain } = routes(hub, { version: "test", rateAddress: 0, ...options });
  const server = Deno.serve(
    { port: options.port ?? 0, hostname: "127.0.0.1", onListen: () => {} },
    handle,
  );
  const host = `127.0.0.1:${server.addr.port}`;
  served.set(host, hub);
  return {
    host,
    hub,
    drain,
    async [Symbol.asyncDispose]() {
      served.delete(host);
      drain();
      await server.shutdown();
      await calm(hub);
      await made?.[Symbol.asyncDispose]();
    },
  };
}

/** Waits until all that a room was asked for is brought to its readers' log. */
export async function brought({ engine }: Hub, room = "lobby") {
  await engine.stamp(`#${room}`);
}

/** Until nothing rests in a hub any more: the timer of a rest would outlive a test. */
export const calm = ({ ticker }: Hub): Promise<void> =>
  within(new Promise<void>((resolve) => ticker.soon(resolve, false)), "a calm hub");

/** What there is nothing to wait for. @throws {Error} where there is */
export function now<T>(soon: Soon<T>): T {
  if (soon instanceof Promise) throw new Error("Cannot go on: there is something to wait for");
  return soon;
}

/**
 * Says things in a room without being there, one after the other: these, or so many numbers.
 *
 * @returns their ids
 */
export async function say(
  hub: Hub,
  contents: readonly string[] | number,
  room = "lobby",
): Promise<string[]> {
  const texts = typeof contents === "number"
    ? Array.from({ length: contents }, (_, i) => `${i}`)
    : contents;
  const ids: string[] = [];
  for (const text of texts) ids.push((await hub.say("bot", room, text)).entry.id);
  return ids;
}

/** Any message of the server, as loosely as a client knows it. */
export interface Told {
  type: string;
  username: string;
  content: string;
  timestamp: string;
  id: string;
  room?: string;
  to?: string;
  ref?: string;
  code?: string;
  temporary?: boolean;
  retryAfter?: number;
  users?: string[];
  count?: number;
  resumed?: boolean;
  head?: string | null;
  at?: string;
  limits?: Record<string, number>;
  version?: string;
  session?: string;
}

/** What a client asks for when it connects. */
export interface ClientOptions {
  username: string;
  room?: string;
  since?: string;
  inbox?: string;
  last?: number;
  /** Subprotocols to offer: none for the plain dialect. */
  protocols?: string[];
}

/** A WebSocket that gives messages one after the other. */
export class Client {
  readonly socket: WebSocket;
  /** Frames received so far. */
  frames = 0;
  #told: Told[] = [];
  #wake?: () => void;
  #ended = false;
  #closed: Promise<number>;

  /** @param headers as the browser adds them to what a page asks for */
  constructor(
    host: string,
    { protocols = [], ...query }: ClientOptions,
    headers?: Record<string, string>,
  ) {
    const params = Object.entries(query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(params.map(([key, value]) => [key, String(value)]));
    const options = headers ? { protocols, headers } : protocols;
    this.socket = new WebSocket(`ws://${host}/ws?${search}`, options as string[]);
    this.socket.onmessage = ({ data }) => {
      this.frames++;
      for (const line of data.split("\n")) this.#told.push(JSON.parse(line));
      this.#wake?.();
    };
    this.#closed = new Promise((resolve) => {
      this.socket.onclose = ({ code }) => {
        this.#ended = true;
        this.#wake?.();
        resolve(code);
      };
    });
  }

  /** The close code, once it is closed. */
  get closed(): Promise<number> {
    return within(this.#closed, "the end of a connection");
  }

  /** The next message. @throws {Error} when the connection ends before there is one */
  async next(): Promise<Told> {
    while (this.#told.length === 0) {
      if (this.#ended) throw new Error("Cannot wait for a message: the connection has ended");
      await within(new Promise<void>((resolve) => this.#wake = resolve), "a message");
    }
    return this.#told.shift()!;
  }

  /** The next message of a type; what comes before it is passed over. */
  async find(type: string): Promise<Told> {
    while (true) {
      const message = await this.next();
      if (message.type === type) return message;
    }
  }

  /** The next `count` messages of a type. */
  async take(count: number, type = "chat"): Promise<Told[]> {
    const messages: Told[] = [];
    while (messages.length < count) messages.push(await this.find(type));
    return messages;
  }

  /**
   * Everything told so far in a room or, with `to` of oneself, in private: up to the echo of a last
   * word, before which everything that was said earlier has arrived.
   */
  async settled(where: { room?: string; to?: string } = {}): Promise<Told[]> {
    const ref = crypto.randomUUID();
    this.say("last word", { ...where, ref });
    const messages: Told[] = [];
    while (true) {
      const message = await this.next();
      if (message.ref === ref) return messages;
      messages.push(message);
    }
  }

  /** Sends one command. */
  send(command: Record<string, unknown>) {
    this.socket.send(JSON.stringify(command));
  }

  /** Says something in the room entered at connect. */
  say(content: string, more: Record<string, unknown> = {}) {
    this.send({ type: "chat", content, ...more });
  }

  async [Symbol.asyncDispose]() {
    this.socket.close();
    await this.closed;
  }
}

/** A client of the original backend, in its room. */
export async function plain(host: string, options: ClientOptions): Promise<Client> {
  const inside = () => connectionsInside(served.get(host), options.username);
  const before = inside();
  const client = new Client(host, options);
  await opened(client);
  // It is open before they are in the room, where the engine takes its time.
  if (served.has(host)) await until(() => inside() > before);
  return client;
}

/** A client that speaks `chat.v1`, past its welcome and the room's state. */
export async function v1(host: string, options: ClientOptions): Promise<Client & { room: Told }> {
  const client = new Client(host, { ...options, protocols: ["chat.v1"] });
  await client.find("welcome");
  return Object.assign(client, { room: await client.find("room") });
}

/** How many connections of somebody are in a room. */
function connectionsInside(hub: Hub | undefined, username: string): number {
  const people = hub?.people.everybody.part({ most: Infinity }) ?? [];
  const person = people.find((person) => keyOf(person.username) === keyOf(username));
  return [...person?.members ?? []].filter(({ rooms }) => rooms.size > 0).length;
}

function opened({ socket }: Client): Promise<void> {
  if (socket.readyState === WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("Cannot connect"));
  });
}

/** Waits for what must happen soon: at most some seconds. */
export async function until(happened: () => boolean) {
  for (let i = 0; i < 5_000 && !happened(); i++) await new Promise((r) => setTimeout(r, 1));
  assert(happened());
}
