/**
 * What stands behind a flag. Each function makes one that reads such values, and throws a
 * {@linkcode FlagError} that says what would be right.
 *
 * @module
 */
import { readAddress } from "../hub/engine/redis/address.ts";
import { type Algorithm, PUBLIC, SECRET } from "../routes/identity/algorithms.ts";
import { ROOM_RULE, toRoom } from "../static/names.js";
import { FlagError, type Read } from "./flags.ts";
import { shown } from "./masked.ts";

/** Milliseconds of each unit of an age. */
const AGES = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** The greatest age: with it the oldest is from this century. */
const OLDEST = 9_999 * AGES.d;
/** Bytes of each unit of a size: powers of 1,024. */
const SIZES = { M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };
/** Less than this is full before anything is said. */
const SMALLEST = 16 * SIZES.M;

/** A text that is not empty. */
export const text = (what: string): Read<string> => (text) => {
  if (text !== "") return text;
  throw new FlagError(`must be ${what}, not ""`);
};

/** A whole number. */
export const whole = (least: number, most = 1_000_000): Read<number> => (text) => {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new FlagError(`must be a whole number from ${least} to ${most}, not "${shown(text)}"`);
};

/** One of some words. */
export const word = <T extends string>(words: readonly T[]): Read<T> => (text) => {
  const value = words.find((word) => word === text);
  if (value !== undefined) return value;
  throw new FlagError(`must be one of ${words.join(", ")}, not "${shown(text)}"`);
};

/** An origin as browsers send it: scheme, host and port, nothing after. */
export const origin: Read<string> = (text) => {
  if (URL.canParse(text) && new URL(text).origin === text) return text;
  throw new FlagError(`must be an origin such as https://example.org, not "${shown(text)}"`);
};

/** Where a server is, as people and their browsers reach it. */
export const place: Read<URL> = (text) => {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol)) {
    // What is asked for there is found below it.
    const pathname = url.pathname.replace(/\/*$/, "/");
    return Object.assign(url, { pathname, search: "", hash: "" });
  }
  throw new FlagError(`must be an address such as https://chat.example.org/, not "${shown(text)}"`);
};

/** The address of a service. What is wrong is not repeated: there may be a secret in it. */
export const service: Read<string> = (text) => {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.username && !url.password) return text;
  throw new FlagError(
    "must be an address such as http://127.0.0.1:9000/check, and have no user and no password",
  );
};

/** The name of a room, in its one form. */
export const room: Read<string> = (text) => {
  const name = toRoom(text);
  if (name !== undefined) return name;
  throw new FlagError(`cannot be "${shown(text)}": ${ROOM_RULE}`);
};

/** An age in milliseconds. */
export const age = (oldest: number): Read<number> => (text) => {
  const [, digits, unit] = text.match(/^(\d{1,9})([mhd])$/) ?? [];
  const milliseconds = Number(digits) * AGES[unit as keyof typeof AGES];
  if (milliseconds > 0 && milliseconds <= oldest * AGES.d) return milliseconds;
  throw new FlagError(
    `must be an age from 1m to ${oldest}d such as 90m, 12h or 30d, not "${shown(text)}"`,
  );
};

/** How much is kept: what is younger, or so many of the newest. */
export const bound: Read<{ milliseconds: number } | { messages: number }> = (text) => {
  const [, digits, unit] = text.match(/^(\d{1,9})([mhd]?)$/) ?? [];
  const count = Number(digits);
  if (count > 0 && unit === "") return { messages: count };
  const milliseconds = count * AGES[unit as keyof typeof AGES];
  if (milliseconds > 0 && milliseconds <= OLDEST) return { milliseconds };
  throw new FlagError(
    `must be an age from 1m to 9999d such as 90m, 12h or 30d, ` +
      `or a number of messages from 1 to 999999999, not "${shown(text)}"`,
  );
};

/** A size in bytes. */
export const size: Read<number> = (text) => {
  const [, digits, unit] = text.match(/^(\d{1,9})([MGT])$/) ?? [];
  const bytes = Number(digits) * SIZES[unit as keyof typeof SIZES];
  if (bytes >= SMALLEST && bytes <= 1024 * SIZES.T) return bytes;
  throw new FlagError(
    `must be a size from 16M to 1024T such as 500M or 10G ` +
      `(1G is 1024M, and 1M is 1024 × 1024 bytes), not "${shown(text)}"`,
  );
};

/** Where Redis is. What is wrong is not repeated: there may be a password in it. */
export const redisUrl: Read<string> = (text) => {
  if (readAddress(text)) return text;
  throw new FlagError(
    "must be an address such as redis://host:6379, rediss://user:password@host:6379/0 or " +
      "redis+sentinel://host:26379,host2:26379/mastername; " +
      "in a user or a password / is written %2F, @ is %40 and % is %25",
  );
};

/** With what names in a Redis begin. Braces would change which of its nodes a name belongs to. */
export const prefix: Read<string> = (text) => {
  if (/^[^{}\s]{1,100}$/.test(text)) return text;
  throw new FlagError(
    `must be 1 to 100 characters such as parley:, and no spaces or braces, not "${shown(text)}"`,
  );
};

/** How people prove who they are: by a secret, or by the keys of a provider at an address. */
export type Way = "secret" | URL;

/** A way to prove who one is. What is wrong is not repeated: there may be a password in it. */
export const way: Read<Way> = (text) => {
  if (text === "secret") return text;
  const url = text.startsWith("jwks:") ? URL.parse(text.slice("jwks:".length)) : null;
  if (url && isSafe(url) && url.username === "" && url.password === "") return url;
  throw new FlagError(
    "must be secret, or jwks: and the https address of a provider's keys, such as " +
      "jwks:https://id.example.org/keys (http is for this machine alone)",
  );
};

/** Can nobody on the way change what is read from there? */
function isSafe({ protocol, hostname }: URL): boolean {
  if (protocol === "https:") return true;
  return protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Algorithms by which tokens may be signed. */
export const algorithms: Read<Algorithm[]> = (text) => {
  const names = text.split(",").map((name) => name.trim());
  const known = names.map((name) => [...PUBLIC, ...SECRET].find((each) => each === name));
  if (known.every((name) => name !== undefined)) return [...new Set(known)];
  throw new FlagError(`must be some of ${[...PUBLIC, ...SECRET].join(", ")}, not "${shown(text)}"`);
};
