import type { Identifier } from "../hub/access/identifier.ts";
import type { Rate } from "../hub/conversation/rate.ts";
import type { SocketOptions } from "../hub/conversation/socket.ts";

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
  /** Knows people by what they bring along. @default nobody can prove anything */
  identifier?: Identifier;
  /** For how long people can come back without a new token, in milliseconds. @default not at all */
  sessions?: number;
  /** What whoever looks at `GET /` should know of this server. @default nothing */
  note?: string;
  /** Writes one event to the log. */
  log(level: Level, event: string, fields?: object): void;
}

/** What is known of where a request comes from and when it is over: as `Deno.serve` tells a handler. */
export type Info = Pick<Deno.ServeHandlerInfo<Deno.Addr>, "remoteAddr" | "completed">;
