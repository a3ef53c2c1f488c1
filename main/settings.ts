/**
 * What the server can be told when it is started.
 *
 * @module
 */
import type { FilterOptions } from "../hub/access/filter.ts";
import { ACCESS, type Entrance, readAccess, SECRET_VARIABLE } from "./access.ts";
import { FILTER, readFilter } from "./filter.ts";
import {
  type Call,
  flag,
  FlagError,
  type Given,
  optional,
  readCall,
  repeated,
  variableOf,
  without,
  yes,
} from "./flags.ts";
import { bound, origin, prefix, redisUrl, size, text, whole, word } from "./values.ts";

/** How much of what happens is told in the log: this, and what is worse. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = typeof LEVELS[number];

/** The flags of the server. */
export const FLAGS = {
  port: flag("N", "port to listen on; 0: any that is free", "8080", whole(0, 65_535)),
  hostname: flag("NAME", "address to listen on", "0.0.0.0", text("an address")),
  "reuse-port": yes("share the port with other processes: Linux gives each its part of who comes"),
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
  ...ACCESS,
  names: flag(
    "HOW",
    "a guest's name is that of whoever gives it (open), or belongs to who took it (claimed)",
    "open",
    word(["open", "claimed"] as const),
  ),
  ...FILTER,
  "idle-timeout": flag(
    "N",
    "seconds without a sign of life before a connection is given up; 0: never",
    "30",
    whole(0),
  ),
  "log-level": flag("LEVEL", "debug, info, warn or error", "info", word(LEVELS)),
};

/** The variables that say what flags say, one for each. */
export const VARIABLES: string[] = Object.keys(FLAGS).map(variableOf);
/** What Deno Deploy says: that it is there, and which of several programs this one is. */
const DEPLOY = ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID", "DENO_TIMELINE"];
/** All variables that are read. */
export const READ: string[] = [...VARIABLES, SECRET_VARIABLE, ...DEPLOY];

/** Variables of the tests, which are named alike. */
export const OTHERS =
  /^PARLEY_(BROWSER|FIREFOX|WEBKIT|XVFB|NGINX|REDIS_SERVER|REDIS_SENTINEL|CC|INSIST|SEED|DISK.*)$/;

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
  & Omit<Given<typeof FLAGS>, Apart | keyof typeof ACCESS | keyof typeof FILTER>
  & Entrance
  & {
    /** Nothing of both where all is held in memory. */
    data?: Data;
    redis?: Shared;
    /** The service that is asked about messages. */
    filter?: FilterOptions;
    /** Does it run on Deno Deploy, where there may be several of it at any time? */
    deployed: boolean;
  };

/** What is said of what is kept. */
type Apart = "data" | "redis" | "redis-prefix" | "keep" | "data-size" | "sync" | "repair";

/**
 * Reads what the server was called with.
 *
 * @param env those of {@linkcode READ} that are there and not empty
 * @returns nothing where `--help` was asked for
 * @throws {FlagError} in one line
 */
export function readSettings(
  args: string[],
  env: Record<string, string> = {},
): Settings | undefined {
  const call = readCall(FLAGS, args, env);
  if (!call) return undefined;
  refuseContradictions(call);
  const { data, redis, "redis-prefix": prefix, keep: bounds, ...others } = without(
    call.given,
    { ...ACCESS, ...FILTER },
  );
  const { "data-size": size, sync, repair, ...rest } = others;
  const deployed = ["DENO_DEPLOY", "DENO_DEPLOYMENT_ID"].some((name) => env[name] !== undefined);
  const filter = readFilter(call);
  const all = {
    ...{ ...rest, ...readAccess(call, env[SECRET_VARIABLE]), deployed },
    ...(filter && { filter }),
  };
  const keep = Object.assign({}, ...bounds);
  if (redis !== undefined) {
    const shared = { url: redis, prefix: prefix ?? prefixOf(env.DENO_TIMELINE) };
    return { ...all, redis: { ...shared, keep: bounds.length > 0 ? keep : undefined } };
  }
  if (data === undefined) return all;
  return { ...all, data: { directory: data, sync: sync !== "normal", repair, keep, size } };
}

/** With what names in Redis begin: production and each branch on Deno Deploy are different chats. */
function prefixOf(timeline: string | undefined): string | undefined {
  return timeline && `parley:${timeline.replace(/[{}\s]/g, encodeURIComponent)}:`;
}

/** Refuses what means nothing by itself, or cannot be together. */
function refuseContradictions({ given, nameOf }: Call<typeof FLAGS>) {
  const { data, redis, keep } = given;
  if (data !== undefined && redis !== undefined) {
    const both = `${nameOf("data")} and ${nameOf("redis")}`;
    throw new FlagError(`${both} exclude each other: what is said is kept in one place`);
  }
  const lonely = (needed: string, flags: Partial<Given<typeof FLAGS>>) => {
    for (const flag of Object.keys(flags) as (keyof typeof flags)[]) {
      if (flags[flag] === undefined || flags[flag] === false) continue;
      throw new FlagError(`${nameOf(flag)} needs ${needed}`);
    }
  };
  const { "data-size": size, sync, repair, "redis-prefix": prefix } = given;
  if (data === undefined) lonely("--data DIR", { "data-size": size, sync, repair });
  if (redis === undefined) lonely("--redis URL", { "redis-prefix": prefix });
  if (data === undefined && redis === undefined && keep.length > 0) {
    lonely("--data DIR or --redis URL", { keep });
  }
  if (keep.length > Object.keys(Object.assign({}, ...keep)).length) {
    const name = nameOf("keep");
    throw new FlagError(`${name} can be given twice, as one age and one number of messages`);
  }
}
