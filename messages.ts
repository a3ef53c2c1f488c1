/**
 * The language of the chat: what clients may say ({@linkcode Command}), what they are told
 * ({@linkcode Message}), and the only functions that read and write wire JSON, {@linkcode parse}
 * and {@linkcode encode}.
 *
 * @module
 */
import {
  hidesAny,
  isVisible,
  ROOM_RULE,
  toRoom,
  toUsername,
  USERNAME_RULE,
} from "./static/names.js";

/** Bounds of what one command may carry. */
export const LIMITS = {
  /** Characters (code points) of a chat message. */
  content: 4_000,
  /** Bytes of one frame or request body, UTF-8. */
  frame: 64 * 1024,
  /** Strings in one frame or request body, names of fields included. */
  strings: 256,
  /** Characters of a client's own message id. */
  ref: 64,
  /** Characters of what is looked for. */
  words: 200,
  /** Characters of why a moderator does something, and of what a room is about. */
  line: 200,
  /** Seconds for which somebody may be banned or muted, where it is not for ever. */
  sentence: 366 * 86_400,
  /** Seconds between two messages of somebody in a slow room. */
  slow: 3_600,
  /** Bytes of a token: proxies refuse longer headers. */
  token: 7_168,
  /** Characters of the id of a token. */
  tokenId: 128,
  /** Chat messages a newcomer may ask for with `last`. */
  last: 200,
  /** Rooms one connection may be in. */
  rooms: 32,
  /** The longest silence towards a client of `chat.v1`, in seconds. */
  alive: 25,
} as const;

/** From where on a reader wants a room. With neither, from now on. */
export interface Resume {
  /** ULID of the last message seen: everything after it comes first. Wins over `last`. */
  since?: string;
  /** How many of the newest chat messages come first, 0 to 200. */
  last?: number;
}

/** What a client asks for. Names of rooms are in their one form; usernames are as given. */
export type Command =
  | { type: "chat"; content: string; room?: string; to?: string; ref?: string }
  | ({ type: "join"; room?: string } & Resume)
  | { type: "leave"; room?: string }
  | { type: "typing"; room?: string; to?: string }
  | { type: "auth"; token: string }
  | Moderation;

/** What a moderator asks for. */
export type Moderation =
  | { type: "delete"; room: string; re: string; why?: string }
  | { type: "clear"; room: string; why?: string }
  | ({ type: Measure; username: string; room?: string } & Terms)
  | ({ type: "set"; room: string; why?: string } & Settings);

/** What a moderator does about somebody. */
export type Measure = "kick" | "mute" | "unmute" | "ban" | "unban";

/** How a measure is meant. */
export interface Terms {
  /** Seconds. @default for ever */
  for?: number;
  /** 1 to 200 characters. */
  why?: string;
  /** Does it hold for all guests of the same addresses too? */
  address?: boolean;
}

/** What holds in a room; as a wish, what is missing stays as it is. */
export interface Settings {
  /** What it is about, 1 to 200 characters; as a wish, an empty text for nothing. */
  topic?: string;
  /** Seconds that everybody waits between two messages; as a wish, 0 for none. */
  slow?: number;
  /** Do only admins come in and speak? */
  closed?: boolean;
}

/** What can be wrong; the `code` of an `error` message. */
export type ErrorCode =
  | "bad_json"
  | "bad_message"
  | "unknown_type"
  | "empty"
  | "too_long"
  | "not_in_room"
  | "too_many_rooms"
  | "no_such_user"
  | "no_such_message"
  | "rate_limited"
  | "gap"
  | "unavailable"
  | "unauthorized"
  | "forbidden"
  | "muted"
  | "name_taken";

/** Something said: kept, and replayed to who asks for it. */
export interface Chat {
  type: "chat";
  username: string;
  /** What is shown instead of the username, where that differs. */
  name?: string;
  /** 1 to 4,000 characters, trimmed. */
  content: string;
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  /** ULID; strictly increasing within a room. */
  id: string;
  /** Where it was said; absent on private messages. */
  room?: string;
  /** To whom, on private messages. */
  to?: string;
  /** The client's own id of this message. */
  ref?: string;
}

/** A message was taken back: kept, and replayed to who may have read it. */
export interface Deletion {
  type: "delete";
  /** The id of the message. */
  re: string;
  room: string;
  /** Who did it. */
  by: string;
  /** 1 to 200 characters. */
  why?: string;
  timestamp: string;
  id: string;
}

/** All that was said in a room before was taken back: kept, and replayed like a {@linkcode Deletion}. */
export interface Clearing extends Omit<Deletion, "type" | "re"> {
  type: "clear";
}

/** A moderator did something about somebody, or in a room: told to `chat.v1`, not kept. */
export interface Moderated extends Settings {
  type: "moderated";
  act: Measure | "set";
  /** About whom; absent where it is about a room. */
  username?: string;
  /** Where it holds; absent where that is everywhere. */
  room?: string;
  /** Who did it. */
  by: string;
  /** A sentence to show, such as `ann has muted bob for 10 minutes`. */
  content: string;
  why?: string;
  /** RFC 3339; absent where it does not end by itself. */
  until?: string;
  timestamp: string;
  id: string;
}

/** Somebody came or went: told, not kept. */
export interface Presence {
  type: "join" | "leave";
  username: string;
  /** As in a {@linkcode Chat}. */
  name?: string;
  /** A sentence to show, such as `ann joined the chat`. */
  content: string;
  timestamp: string;
  id: string;
  room: string;
}

/** Somebody is writing. Told to `chat.v1` only, like the two that follow. */
export interface Typing {
  type: "typing";
  username: string;
  room?: string;
  to?: string;
}

/** Who is in a room and what holds there, on entering it; of a big room later only how many. */
export interface RoomState extends Settings {
  type: "room";
  room: string;
  /** Sorted; the first 200 of a bigger room. */
  users?: string[];
  count: number;
  /** Only where `since` was given or a reader fell behind: was nothing after it lost? */
  resumed?: boolean;
  /** Id of the newest chat message that is held, or null. */
  head?: string | null;
  /** Where the one who is told this stands in the room: what follows comes after this id. */
  at?: string;
}

/** Told when nothing else was for some time: the line is not dead. */
export interface Alive {
  type: "alive";
}

/** The first message of every `chat.v1` conversation. */
export interface Welcome {
  type: "welcome";
  /** In its one form, under which the others see this person. */
  username: string;
  /** What the others are shown instead, where that differs. */
  name?: string;
  /** May this person moderate? */
  admin?: true;
  /** Opaque: lets somebody come back as who they are, where names belong to people. */
  session: string;
  /** `rate` and `burst` in commands (a second), `alive` in seconds; else as {@linkcode LIMITS}. */
  limits: {
    content: number;
    frame: number;
    rooms: number;
    rate: number;
    burst: number;
    alive: number;
  };
  /** Where this person stands in their private messages: what follows comes after this id. */
  at: string;
  version: string;
}

/** What went wrong, in words and as a code. */
export interface Failure {
  type: "error";
  username: "system";
  content: string;
  timestamp: string;
  code: ErrorCode;
  /** Is it worth sending the same again? */
  temporary: boolean;
  ref?: string;
  room?: string;
  /** Milliseconds to wait before sending again. */
  retryAfter?: number;
}

/** What a client is told. */
export type Message =
  | Chat
  | Deletion
  | Clearing
  | Moderated
  | Presence
  | Typing
  | RoomState
  | Welcome
  | Alive
  | Failure;

/** The types of the original backend: all that a client without `chat.v1` is told. */
export const PLAIN: ReadonlySet<string> = new Set(["chat", "join", "leave", "error"]);

/** A command that cannot be obeyed. Its `message` says what was wrong and what would be right. */
export class ChatError extends Error {
  override name = "ChatError";
  readonly code: ErrorCode;
  readonly about: { ref?: string; room?: string; retryAfter?: number };

  constructor(
    code: ErrorCode,
    message: string,
    about: { ref?: string; room?: string; retryAfter?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.about = about;
  }

  /** The error as a client is told it now. */
  toMessage(): Failure {
    return {
      type: "error",
      username: "system",
      content: this.message,
      timestamp: new Date().toISOString(),
      code: this.code,
      temporary: this.code === "rate_limited" || this.code === "unavailable",
      ...this.about,
    };
  }
}

/** Tells a reader of a room, or of its private messages, that some of them are lost. */
export function gap(room: string | undefined): Message {
  const what = room === undefined ? "your private messages" : `the messages of ${room}`;
  return new ChatError(
    "gap",
    `Some of ${what} are lost: the server holds only the newest; what it holds follows`,
    { room },
  ).toMessage();
}

/** Writes one message as wire JSON, without a line break. */
export function encode(message: Message): string {
  return JSON.stringify(message);
}

/**
 * Reads one text frame.
 *
 * @throws {ChatError} `bad_json`, `bad_message`, `unknown_type`, `empty` or `too_long`
 */
export function parse(frame: string): Command {
  const fields = parseObject(frame);
  const type = fields.type ?? (typeof fields.content === "string" ? "chat" : undefined);
  try {
    switch (type) {
      case "chat": {
        const ref = text(fields, "ref", LIMITS.ref);
        return { type: "chat", content: parseContent(fields.content), ...target(fields), ref };
      }
      case "join":
        return { type: "join", room: room(fields), ...parseResume(fields) };
      case "leave":
        return { type: "leave", room: room(fields) };
      case "typing":
        return { type: "typing", ...target(fields) };
      case "auth":
        return { type: "auth", token: parseToken(fields.token) };
      case "delete":
        return {
          ...{ type: "delete", room: needed(fields), why: line(fields, "why") },
          re: parseId("re", fields.re),
        };
      case "clear":
        return { type: "clear", room: needed(fields), why: line(fields, "why") };
      case "kick":
      case "mute":
      case "unmute":
      case "ban":
      case "unban": {
        const username = parseUsername(text(fields, "username", Infinity) ?? "");
        return { type: type as Measure, username, room: room(fields), ...terms(fields) };
      }
      case "set":
        return { type: "set", room: needed(fields), ...settings(fields), why: line(fields, "why") };
    }
  } catch (error) {
    if (!(error instanceof ChatError)) throw error;
    throw new ChatError(error.code, error.message, { ref: goodRef(fields.ref) });
  }
  const about = { ref: goodRef(fields.ref) };
  if (typeof type !== "string") {
    throw new ChatError("bad_message", 'Cannot read the message: "type" must be a string', about);
  }
  throw new ChatError(
    "unknown_type",
    'Cannot obey this "type": it must be chat, join, leave, typing, auth, delete, clear, kick, mute, ' +
      "unmute, ban, unban or set",
    about,
  );
}

/**
 * The `ref` of a frame that is not read any further, if it has a good one: what {@linkcode parse} would
 * find, in one pass that looks only at what stands directly in the object.
 */
export function refOf(frame: string): string | undefined {
  let depth = 0;
  let strings = 0;
  /** Is the field at hand the `ref`? Not known before its name is read. */
  let isRef: boolean | undefined;
  let ref: string | undefined;
  for (let at = 0; at < frame.length; at++) {
    switch (frame[at]) {
      case "{":
      case "[":
        depth++;
        break;
      case "}":
      case "]":
        depth--;
        break;
      case ",":
        if (depth === 1) isRef = undefined;
        break;
      case '"': {
        if (++strings > LIMITS.strings) return undefined;
        const string = frame.slice(at, endOf(frame, at));
        at += string.length - 1;
        if (depth > 1) break;
        const isName = isRef === undefined;
        isRef ??= readString(string) === "ref";
        if (isRef) ref = isName ? undefined : string;
      }
    }
  }
  return ref && goodRef(readString(ref));
}

/**
 * Reads what is posted to a room by HTTP.
 *
 * @param known the name of whoever posts it, where they need not say it
 * @throws {ChatError} as {@linkcode parse}
 */
export function parsePost(
  body: string,
  known = "",
): { username: string; content: string; ref?: string } {
  const fields = parseObject(body, '{"username":"ann","content":"hello"}');
  return {
    username: parseUsername(text(fields, "username", Infinity) ?? known),
    content: parseContent(fields.content),
    ref: text(fields, "ref", LIMITS.ref),
  };
}

/**
 * Reads until when a token is to be revoked, in milliseconds since the epoch; nothing where that is not said.
 *
 * @param body may be empty
 * @throws {ChatError} as {@linkcode parse}
 */
export function parseRevocation(body: string): { until?: number } {
  const example = '{"until":"2027-01-01T00:00:00.000Z"}';
  const { until } = body === "" ? {} as Fields : parseObject(body, example);
  if (until === undefined || until === null) return {};
  if (typeof until === "string" && isTime(until)) return { until: new Date(until).getTime() };
  throw wrong("until", "must be a time such as 2026-11-25T00:32:48.138Z");
}

/**
 * Reads how a measure is meant, of what is sent by HTTP, which may be nothing.
 *
 * @throws {ChatError} `bad_json`, `bad_message`
 */
export function parseTerms(body: string): Terms {
  return body === "" ? {} : terms(parseObject(body, '{"for":600,"why":"no ads"}'));
}

/**
 * Reads what is to hold in a room, of what is sent by HTTP.
 *
 * @throws {ChatError} `bad_json`, `bad_message`
 */
export function parseSettings(body: string): Settings & { why?: string } {
  const fields = body === "" ? {} : parseObject(body, '{"topic":"Lunch?","slow":30}');
  return { ...settings(fields), why: line(fields, "why") };
}

/**
 * Reads a message that was said, as {@linkcode encode} writes it. What it says and whose it is comes out
 * in the form in which the server would have taken it.
 *
 * @throws {ChatError} as {@linkcode parse}, and where it has a field that none has
 */
export function parseChat(json: string): Chat {
  const { type, username, name, content, id, timestamp, room, to, ref, ...others } = parseObject(
    json,
  );
  const [other] = Object.keys(others);
  if (other !== undefined) throw wrong(other, "is no field of a message");
  if (type !== "chat") throw wrong("type", 'must be "chat"');
  const places = [room, to].filter((place) => place !== undefined && place !== null);
  if (places.length !== 1) throw wrong("room", 'or else "to" must say where it was said');
  if (typeof timestamp !== "string" || !isTime(timestamp)) {
    throw wrong("timestamp", "must be a time such as 2026-11-25T00:32:48.138Z");
  }
  return {
    type,
    username: parseUsername(text({ username }, "username", Infinity) ?? ""),
    name: text({ name }, "name", Infinity),
    content: parseContent(content),
    id: parseId("id", id),
    timestamp,
    ...target({ room, to }),
    ref: text({ ref }, "ref", LIMITS.ref),
  };
}

function wrong(field: string, what: string): ChatError {
  return new ChatError("bad_message", `Cannot read the message: "${field}" ${what}`);
}

/** Is it a time in the one form in which messages have it? */
function isTime(text: string): boolean {
  const time = new Date(text).getTime();
  return !Number.isNaN(time) && new Date(time).toISOString() === text;
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

type Fields = Record<string, unknown>;

/** @param example what would be right, to be told to who sends something else */
function parseObject(json: string, example = '{"type":"chat","content":"hello"}'): Fields {
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

/**
 * Are there more than so many strings in a JSON text? The runtime keeps a table of all short ones, and
 * finds them in it by a hash that for digits anybody can work out: 5,000 of them in 64 KiB can take it
 * a hundred times as long as others.
 */
function hasOver(most: number, json: string): boolean {
  // Each has two quotes.
  if (json.length <= most * 2) return false;
  let strings = 0;
  for (let at = json.indexOf('"'); at !== -1; at = json.indexOf('"', endOf(json, at))) {
    if (++strings > most) return true;
  }
  return false;
}

/** Where a JSON string that begins at a quote ends: after the quote that no backslash takes away. */
function endOf(json: string, from: number): number {
  for (let at = json.indexOf('"', from + 1); at !== -1; at = json.indexOf('"', at + 1)) {
    let slashes = 0;
    while (json[at - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
  return json.length;
}

/** What a JSON string says, unless it is wrong or too long for a `ref`, escapes and all. */
function readString(json: string): unknown {
  if (json.length > LIMITS.ref * "\\ud83d\\ude00".length + 2) return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
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

/** Where a message goes: to a person when it says so, else to a room. */
function target(fields: Fields): { room?: string; to?: string } {
  const to = text(fields, "to", Infinity);
  return to === undefined ? { room: room(fields) } : { to: parseUsername(to) };
}

function room(fields: Fields): string | undefined {
  const room = text(fields, "room", Infinity);
  return room === undefined ? undefined : parseRoom(room);
}

/** The room of a command that is always about one. */
function needed(fields: Fields): string {
  const name = room(fields);
  if (name === undefined) throw wrong("room", "must say in which room");
  return name;
}

function terms(fields: Fields): Terms {
  const { for: given } = fields;
  const isOpen = given === undefined || given === null;
  return {
    for: isOpen ? undefined : parseCount("for", given, 1, LIMITS.sentence),
    why: line(fields, "why"),
    address: yesOrNo(fields, "address"),
  };
}

function settings(fields: Fields): Settings {
  const { slow } = fields;
  const wished = {
    topic: fields.topic === "" ? "" : line(fields, "topic"),
    slow: slow === undefined || slow === null
      ? undefined
      : parseCount("slow", slow, 0, LIMITS.slow),
    closed: yesOrNo(fields, "closed"),
  };
  if (Object.values(wished).some((wish) => wish !== undefined)) return wished;
  throw new ChatError(
    "bad_message",
    'Cannot read the message: "topic", "slow" or "closed" must say what is to be set',
  );
}

/** One line of text to show, trimmed. */
function line(fields: Fields, name: string): string | undefined {
  const given = text(fields, name, Infinity)?.trim();
  if (given === undefined) return undefined;
  if (!longerThan(given, LIMITS.line) && isVisible(given) && !hidesAny(given)) return given;
  throw wrong(name, `must be one line of 1 to ${LIMITS.line} characters that can be seen`);
}

function yesOrNo(fields: Fields, name: string): boolean | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === "boolean") return value;
  throw wrong(name, "must be true or false");
}

function text(fields: Fields, name: string, most: number): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (isText(value, most)) return value;
  const bound = most === Infinity ? "a string with text" : `a string of 1 to ${most} characters`;
  throw new ChatError("bad_message", `Cannot read the message: "${name}" must be ${bound}`);
}

/** A `ref` to answer with, if it can be one. */
function goodRef(value: unknown): string | undefined {
  return isText(value, LIMITS.ref) ? value : undefined;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value !== "" && !longerThan(value, most);
}

/** Are there more than `most` code points? Counts them only when the answer is not plain. */
function longerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  if (text.length > most * 2) return true;
  return [...text].length > most;
}
