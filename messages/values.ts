/** What names, ids, texts and numbers must be, wherever they are given. @module */
import { isVisible, ROOM_RULE, toRoom, toUsername, USERNAME_RULE } from "../static/names.js";
import { ChatError } from "./error.ts";
import { LIMITS } from "./limits.ts";
import { longerThan } from "./strings.ts";

/** From where on a reader wants a room. With neither, from now on. */
export interface Resume {
  /** ULID of the last message seen: everything after it comes first. Wins over `last`. */
  since?: string;
  /** How many of the newest chat messages come first, 0 to 200. */
  last?: number;
}

/**
 * What somebody says, trimmed.
 *
 * @throws {ChatError} `bad_message`, `empty`, `too_long`
 */
export function parseContent(value: unknown): string {
  if (typeof value !== "string") {
    throw new ChatError("bad_message", 'Cannot read the message: "content" must be a string');
  }
  const content = value.trim();
  if (!isVisible(content)) {
    throw new ChatError("empty", "Cannot send an empty message: nothing in content can be seen");
  }
  if (longerThan(content, LIMITS.content)) {
    throw new ChatError(
      "too_long",
      `Cannot send the message: content is over ${LIMITS.content} characters`,
    );
  }
  return content;
}

/**
 * A username in its one form, as `names.js` has it.
 *
 * @throws {ChatError} `bad_message` when it cannot be one
 */
export function parseUsername(given: string): string {
  const name = toUsername(given);
  if (name !== undefined) return name;
  throw new ChatError("bad_message", `Cannot use this username: ${USERNAME_RULE}`);
}

/**
 * A room's name in its one form: lower case.
 *
 * @throws {ChatError} `bad_message` when it cannot be one
 */
export function parseRoom(given: string): string {
  const name = toRoom(given);
  if (name !== undefined) return name;
  throw new ChatError("bad_message", `Cannot use this room name: ${ROOM_RULE}`);
}

/**
 * From where on to read, of a command's fields or a query's.
 *
 * @throws {ChatError} `bad_message` when `since` is no ULID or `last` not a whole number from 0 to 200
 */
export function parseResume({ since, last }: { since?: unknown; last?: unknown }): Resume {
  return {
    since: since === undefined || since === null ? undefined : parseId("since", since),
    last: last === undefined || last === null
      ? undefined
      : parseCount("last", last, 0, LIMITS.last),
  };
}

/**
 * A ULID in its one form: upper case.
 *
 * @throws {ChatError} `bad_message` when it is none
 */
export function parseId(name: string, value: unknown): string {
  if (typeof value === "string" && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(value)) {
    return value.toUpperCase();
  }
  throw new ChatError("bad_message", `Cannot use "${name}": it must be the id of a message`);
}

/**
 * A whole number within bounds, given as a number or as its decimal digits.
 *
 * @throws {ChatError} `bad_message` when it is none
 */
export function parseCount(name: string, value: unknown, least: number, most: number): number {
  const count = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (Number.isInteger(count) && count as number >= least && count as number <= most) {
    return count as number;
  }
  throw new ChatError(
    "bad_message",
    `Cannot use "${name}": it must be a whole number from ${least} to ${most}`,
  );
}

/**
 * What somebody brings along to prove who they are. It is repeated in no error.
 *
 * @throws {ChatError} `unauthorized` when it cannot be one
 */
export function parseToken(value: unknown): string {
  if (typeof value === "string" && value.length <= LIMITS.token && /^[\w.~+/-]+=*$/.test(value)) {
    return value;
  }
  throw new ChatError(
    "unauthorized",
    `Cannot use this token: it must be 1 to ${LIMITS.token} of A-Z a-z 0-9 . _ ~ + / -`,
  );
}

/**
 * The id of a token.
 *
 * @throws {ChatError} `bad_message` when it cannot be one
 */
export function parseTokenId(given: string): string {
  if (given !== "" && given.length <= LIMITS.tokenId) return given;
  throw new ChatError(
    "bad_message",
    `Cannot use this id of a token: it must have 1 to ${LIMITS.tokenId} characters`,
  );
}

/**
 * What is looked for.
 *
 * @throws {ChatError} `bad_message` when it has not 1 to 200 characters, white space at its ends left out
 */
export function parseWords(given: string | null): string {
  const words = given?.trim() ?? "";
  if (words !== "" && [...words].length <= LIMITS.words) return words;
  throw new ChatError(
    "bad_message",
    `Cannot search for this: "q" must have 1 to ${LIMITS.words} characters`,
  );
}
