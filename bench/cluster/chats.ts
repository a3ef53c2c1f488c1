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
  /** Settings of its Redis, in the words of `redis.conf`; without them it has none. */
  redis?: Record<string, string>;
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

/** Keeps nothing on the disk; and keeps all that was acknowledged. */
const FLEETING = {};
const SAFE = { appendonly: "yes", appendfsync: "always" };

/** All chats, in the order of the report. */
export const chats: Chat[] = [
  {
    ...{ name: "parley-2", title: "Parley × 2", nodes: 2, redis: FLEETING },
    ...{ dialect: "v1", command: parley, version: deno },
  },
  {
    ...{ name: "parley-2-plain", title: "Parley × 2, plain", nodes: 2, redis: FLEETING },
    ...{ dialect: "plain", command: parley, version: deno },
  },
  {
    ...{ name: "socket.io-2", title: "Socket.IO × 2, adapter", nodes: 2, redis: FLEETING },
    ...{ dialect: "socket.io", command: socketIo("pubsub"), version: node, needs: "npm" },
  },
  {
    ...{ name: "socket.io-2-streams", title: "Socket.IO × 2, streams", nodes: 2, redis: FLEETING },
    ...{ dialect: "socket.io", command: socketIo("streams"), version: node, needs: "npm" },
  },
  {
    ...{ name: "parley-1-redis", title: "Parley × 1, Redis", nodes: 1, redis: FLEETING },
    ...{ dialect: "v1", command: parley, version: deno },
  },
  {
    ...{ name: "parley-1", title: "Parley × 1, memory", nodes: 1 },
    ...{ dialect: "v1", command: parley, version: deno },
  },
  {
    ...{ name: "socket.io-1", title: "Socket.IO × 1, memory", nodes: 1 },
    ...{
      dialect: "socket.io",
      command: (port) => ["node", `${home}peers/socket_io.js`, `${port}`],
    },
    ...{ version: node, needs: "npm" },
  },
];

/** The same chat whose Redis has on the disk what it has acknowledged. */
export const safe = (chat: Chat): Chat => ({ ...chat, redis: SAFE });

/** Starts a chat, first its Redis. @param core the only one that all of its processes may run on */
export async function startChat(
  { title, command, dialect, nodes, redis }: Chat,
  core?: number,
): Promise<RunningServer> {
  await using begun = new AsyncDisposableStack();
  const store = redis && begun.use(await RedisProcess.start(redis, core));
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
