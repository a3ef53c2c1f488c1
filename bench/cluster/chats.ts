/**
 * The chats that are measured: so many processes of a server, with a Redis or without.
 *
 * @module
 */
import { freePort, launch } from "../launch.ts";
import type { Target } from "../load/crowd.ts";
import { type Contender, QUIET, type RunningServer, serve } from "../servers.ts";
import { RedisProcess } from "./redis.ts";

/** A chat. Its command line is given the port and, where it has one, the URL of Redis. */
export interface Chat extends Contender {
  /** How many processes. */
  nodes: number;
  /** Has it a Redis? */
  shared: boolean;
}

/** A chat that is put under load. Its port and its process are those of the first node. */
export interface ChatTarget extends Target {
  /** Ports of all nodes, and their processes. */
  ports: number[];
  pids: number[];
  /** The process of Redis, where it has one. */
  redis?: number;
}

const home = new URL("..", import.meta.url).pathname;
const deno = [Deno.execPath(), "--version"];
const node = ["node", "--version"];

const parley = (port: number, url: string) => [
  ...serve(`${home}../`, port),
  ...url ? ["--redis", url] : [],
];
const socketIo = (kind: string) => (port: number, url: string) => [
  ...["node", `${home}peers/socket_io_redis.js`, String(port), url, kind],
];

/** Settings of a Redis that has on the disk what it has acknowledged. */
const SAFE = { appendonly: "yes", appendfsync: "always" };

/** All chats, in the order of the report. */
export const chats: Chat[] = [
  {
    ...{ name: "parley-2", title: "Parley × 2", nodes: 2, shared: true },
    ...{ dialect: "v1", command: parley, version: deno },
  },
  {
    ...{ name: "parley-2-plain", title: "Parley × 2, plain", nodes: 2, shared: true },
    ...{ dialect: "plain", command: parley, version: deno },
  },
  {
    ...{ name: "socket.io-2", title: "Socket.IO × 2, adapter", nodes: 2, shared: true },
    ...{ dialect: "socket.io", command: socketIo("pubsub"), version: node, needs: "npm" },
  },
  {
    ...{ name: "socket.io-2-streams", title: "Socket.IO × 2, streams", nodes: 2, shared: true },
    ...{ dialect: "socket.io", command: socketIo("streams"), version: node, needs: "npm" },
  },
  {
    ...{ name: "parley-1-redis", title: "Parley × 1, Redis", nodes: 1, shared: true },
    ...{ dialect: "v1", command: parley, version: deno },
  },
  {
    ...{ name: "parley-1-redis-plain", title: "Parley × 1, Redis, plain", nodes: 1, shared: true },
    ...{ dialect: "plain", command: parley, version: deno },
  },
  {
    ...{ name: "parley-1", title: "Parley × 1, memory", nodes: 1, shared: false },
    ...{ dialect: "v1", command: parley, version: deno },
  },
  {
    ...{ name: "socket.io-1", title: "Socket.IO × 1, memory", nodes: 1, shared: false },
    ...{
      dialect: "socket.io",
      command: (port) => ["node", `${home}peers/socket_io.js`, `${port}`],
    },
    ...{ version: node, needs: "npm" },
  },
];

/** How a chat is started. */
export interface ChatOptions {
  /** The only core that all of its processes may run on. @default any */
  core?: number;
  /** Has its Redis on the disk what it has acknowledged? @default false */
  safe?: boolean;
}

/** Starts a chat, first its Redis. */
export async function startChat(
  { title, command, dialect, nodes, shared }: Chat,
  { core, safe = false }: ChatOptions = {},
): Promise<RunningServer> {
  await using begun = new AsyncDisposableStack();
  const settings = safe ? SAFE : {};
  const store = shared ? begun.use(await RedisProcess.start(settings, core)) : undefined;
  const ports = Array.from({ length: nodes }, freePort);
  const processes = await Promise.all(ports.map(async (port) =>
    begun.use(
      await launch({ title, command: command(port, store?.url ?? ""), port, core, env: QUIET }),
    )
  ));
  const pids = processes.map(({ pid }) => pid);
  const target: ChatTarget = {
    ...{ dialect, replay: false, ports, pids, redis: store?.pid },
    ...{ port: ports[0]!, pid: pids[0]! },
  };
  const all = begun.move();
  return { target, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
