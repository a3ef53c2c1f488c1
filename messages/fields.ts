/** How fields are read out of wire JSON: within bounds, and with words for what is wrong. @module */
import { hidesAny, isVisible } from "../static/names.js";
import { ChatError } from "./error.ts";
import { LIMITS } from "./limits.ts";
import { hasOver, isText, longerThan } from "./strings.ts";

/** What an object has. */
export type Fields = Record<string, unknown>;

/**
 * The fields of an object.
 *
 * @param example what would be right, to be told to who sends something else @throws {ChatError} `bad_json`, `bad_message`
 */
export function parseObject(json: string, example = '{"type":"chat","content":"hello"}'): Fields {
  if (hasOver(LIMITS.strings, json)) {
    throw new ChatError(
      "bad_message",
      `Cannot read this: it has over ${LIMITS.strings} strings, names of fields included`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new ChatError("bad_json", `Cannot read this: it is no JSON; send ${example}`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new ChatError("bad_message", `Cannot read this: it is no JSON object; send ${example}`);
}

/** What is told to whose field is wrong. @param what `must be …`, which follows its name */
export function wrong(field: string, what: string): ChatError {
  return new ChatError("bad_message", `Cannot read the message: "${field}" ${what}`);
}

/** A text of 1 to `most` characters; nothing where there is none, or null. @throws {ChatError} `bad_message` */
export function text(fields: Fields, name: string, most: number): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (isText(value, most)) return value;
  const bound = most === Infinity ? "a string with text" : `a string of 1 to ${most} characters`;
  throw new ChatError("bad_message", `Cannot read the message: "${name}" must be ${bound}`);
}

/** One line of text to show, trimmed; nothing where there is none. @throws {ChatError} `bad_message` */
export function line(fields: Fields, name: string): string | undefined {
  const given = text(fields, name, Infinity)?.trim();
  if (given === undefined) return undefined;
  if (!longerThan(given, LIMITS.line) && isVisible(given) && !hidesAny(given)) return given;
  throw wrong(name, `must be one line of 1 to ${LIMITS.line} characters that can be seen`);
}

/** True or false; nothing where there is neither, or null. @throws {ChatError} `bad_message` */
export function yesOrNo(fields: Fields, name: string): boolean | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === "boolean") return value;
  throw wrong(name, "must be true or false");
}

/** Is it a time in the one form in which messages have it? */
export function isTime(text: string): boolean {
  const time = new Date(text).getTime();
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
}
