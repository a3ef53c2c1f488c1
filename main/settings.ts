/**
 * What the server can be told when it is started.
 *
 * @module
 */
import { flag, FlagError, type Given, optional, readFlags, repeated, yes } from "./flags.ts";
import { bound, origin, size, text, whole, word } from "./values.ts";

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
  keep: repeated(
    "BOUND",
    "with --data: an age (90m, 12h, 30d) or a number of messages per room after which the oldest go",
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

/** What holds of all that was said, and of all that was not. */
export type Settings =
  & Omit<Given<typeof FLAGS>, "data" | "keep" | "data-size" | "sync" | "repair">
  & {
    /** Nothing where all is held in memory. */
    data?: Data;
  };

/**
 * Reads what the server was called with.
 *
 * @returns nothing where `--help` was asked for
 * @throws {FlagError} in one line
 */
export function readSettings(args: string[]): Settings | undefined {
  const flags = readFlags(FLAGS, args);
  if (!flags) return undefined;
  const { data: directory, keep, "data-size": size, sync, repair, ...rest } = flags;
  if (directory !== undefined) {
    return {
      ...rest,
      data: { directory, sync: sync !== "normal", repair, keep: both(keep), size },
    };
  }
  const lonely = Object.entries({
    keep: keep[0],
    "data-size": size,
    sync,
    repair: repair || undefined,
  })
    .find(([, value]) => value !== undefined);
  if (!lonely) return rest;
  throw new FlagError(`--${lonely[0]} needs --data DIR: without it nothing is kept`);
}

/** An age and a number together. */
function both(bounds: ReturnType<typeof bound>[]): Data["keep"] {
  const keep = Object.assign({}, ...bounds);
  if (Object.keys(keep).length === bounds.length) return keep;
  throw new FlagError(
    "--keep can be given twice, as one age and one number of messages",
  );
}
