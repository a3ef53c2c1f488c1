/**
 * What the server can be told when it is started.
 *
 * @module
 */
import { flag, FlagError, type Given, optional, readFlags, repeated, yes } from "./flags.ts";
import { bound, origin, prefix, redisUrl, size, text, whole, word } from "./values.ts";

/** How much of what happens is told in the log: this, and what is worse. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = typeof LEVELS[number];

/** The flags of the server. */
export const FLAGS = {
  port: flag("N", "port to listen on; 0: any that is free", "8080", whole(0, 65_535)),
  hostname: flag("NAME", "address to listen on", "0.0.0.0", text("an address")),
  data: optional(
    "DIR",
    "directory in which all that is said is kept",
    "memory",
    text("a directory"),
  ),
  redis: optional(
    "URL",
    "Redis that makes many servers one chat: redis[s]://[user:password@]host:port[/db]",
    "none",
    redisUrl,
  ),
  "redis-prefix": optional(
    "TEXT",
    "with --redis: with what all names in it begin",
    "parley:",
    prefix,
  ),
  keep: repeated(
    "BOUND",
    "with --data or --redis: an age (90m, 12h, 30d) or a number of messages per room after which the oldest go",
    "for ever",
    bound,
  ),
  "data-size": optional(
    "SIZE",
    "with --data: what it may take of the disk (500M, 10G), before the oldest go",
    "no bound",
    size,
  ),
  sync: optional(
    "HOW",
    "with --data: full, or normal, which is faster, but a power cut may take the last half minute",
    "full",
    word(["full", "normal"]),
  ),
  repair: yes("with --data: move aside what is corrupted, and begin anew"),
  history: flag("N", "chat messages held per room", "1000", whole(1)),
  memory: flag("N", "MiB that all messages held may take together", "256", whole(16)),
  rate: flag("N", "commands per second per connection; 0: no limit", "10", whole(0)),
  burst: flag("N", "commands at once after a pause", "30", whole(1)),
  "rate-address": optional(
    "N",
    "requests per second from one address, and in proportion all else from there; 0: no limit, " +
      "which is the default with --rate 0",
    "200",
    whole(0),
  ),
  "trust-proxy": flag("N", "proxies whose X-Forwarded-* are believed", "0", whole(0, 10)),
  "max-connections": flag("N", "connections at the same time", "10000", whole(1)),
  announce: flag(
    "N",
    "people in a room above which nobody is told who comes and goes, only how many are there",
    "200",
    whole(0),
  ),
  origin: repeated("URL", "origin whose pages may connect", "any", origin),
  "idle-timeout": flag(
    "N",
    "seconds without a sign of life before a connection is given up; 0: never",
    "30",
    whole(0),
  ),
  "log-level": flag("LEVEL", "debug, info, warn or error", "info", word(LEVELS)),
};

/** What is kept where, and for how long. */
export interface Data {
  directory: string;
  /** Is it on the disk, and not only with the system, before anybody is told? */
  sync: boolean;
  repair: boolean;
  keep: { milliseconds?: number; messages?: number };
  /** Bytes. */
  size?: number;
}

/** Which Redis it is kept in, and for how long. */
export interface Shared {
  url: string;
  prefix?: string;
  /** Nothing: as long as the engine does by itself. */
  keep?: Data["keep"];
}

/** What holds of all that was said, and of all that was not. */
export type Settings =
  & Omit<Given<typeof FLAGS>, Apart>
  & {
    /** Nothing of both where all is held in memory. */
    data?: Data;
    redis?: Shared;
  };

/** What is said of what is kept. */
type Apart = "data" | "redis" | "redis-prefix" | "keep" | "data-size" | "sync" | "repair";

/**
 * Reads what the server was called with.
 *
 * @returns nothing where `--help` was asked for
 * @throws {FlagError} in one line
 */
export function readSettings(args: string[]): Settings | undefined {
  const flags = readFlags(FLAGS, args);
  if (!flags) return undefined;
  const { data, redis, "redis-prefix": prefix, keep, ...others } = flags;
  const { "data-size": size, sync, repair, ...rest } = others;
  if (data !== undefined && redis !== undefined) {
    throw new FlagError("--data and --redis exclude each other: what is said is kept in one place");
  }
  refuseLonely("--data DIR", data, { "data-size": size, sync, repair: repair || undefined });
  refuseLonely("--redis URL", redis, { "redis-prefix": prefix });
  refuseLonely("--data DIR or --redis URL", data ?? redis, { keep: keep[0] });
  if (redis !== undefined) {
    return { ...rest, redis: { url: redis, prefix, keep: keep.length ? both(keep) : undefined } };
  }
  if (data === undefined) return rest;
  const options = { sync: sync !== "normal", repair, keep: both(keep), size };
  return { ...rest, data: { directory: data, ...options } };
}

/** Refuses what means nothing without something else. */
function refuseLonely(needed: string, given: string | undefined, flags: Record<string, unknown>) {
  const lonely = Object.entries(flags).find(([, value]) => value !== undefined);
  if (given !== undefined || !lonely) return;
  throw new FlagError(`--${lonely[0]} needs ${needed}: without it nothing is kept`);
}

/** An age and a number together. */
function both(bounds: ReturnType<typeof bound>[]): Data["keep"] {
  const keep = Object.assign({}, ...bounds);
  if (Object.keys(keep).length === bounds.length) return keep;
  throw new FlagError(
    "--keep can be given twice, as one age and one number of messages",
  );
}
