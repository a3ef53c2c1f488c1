import type { Hub } from "../hub.ts";
import type { Rate } from "../hub/rate.ts";
import type { SocketOptions } from "../hub/socket.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Info } from "./forwarded.ts";
import type { Open } from "./rounds.ts";
import type { Visitor } from "./visitor.ts";

/** How grave a log line is. */
export type Level = "debug" | "info" | "warn" | "error";

/** What the handlers need to know. */
export interface Config extends Rate {
  version: string;
  /** Conversations and event streams at the same time, those that are over at our end too. @default 10000 */
  maxConnections: number;
  /** Requests and commands per second from one address, whoever is behind it; 0: no limit. @default 200, or 0 with `rate` */
  rateAddress: number;
  /** Proxies in front whose `X-Forwarded-*` headers are believed. @default 0 */
  trustProxy: number;
  /** Origins whose pages may use the server, beside its own; none: any. */
  origins: string[];
  /** Seconds without a sign of life before a connection is given up; 0: never. @default 30 */
  idleTimeout: number;
  /** Bounds of each socket. */
  socket: SocketOptions;
  /** Writes one event to the log. */
  log(level: Level, event: string, fields?: object): void;
}

/** What goes on at this moment. */
export interface State {
  /** Everything that goes on until it is closed: conversations and event streams. */
  readonly open: Set<Open>;
  /** What the runtime holds of these, and of those that are over at our end only. */
  readonly descriptors: Descriptors;
  draining: boolean;
  /** When it began, by `clock.now`. */
  readonly started: number;
}

/** What a handler gets. */
export interface Context {
  request: Request;
  url: URL;
  /** The variable parts of the path. */
  params: Record<string, string | undefined>;
  hub: Hub;
  config: Config;
  state: State;
  visitor: Visitor;
  info: Partial<Info>;
}

/** Answers a request. */
export type Handler = (context: Context) => Response | Promise<Response>;
