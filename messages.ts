/**
 * The language of the chat: what clients may say ({@linkcode Command}), what they are told
 * ({@linkcode Message}), and the only functions that read and write wire JSON, {@linkcode parse}
 * and {@linkcode encode}.
 *
 * @module
 */
import { ChatError, type Failure } from "./messages/error.ts";
import { type Fields, isTime, line, parseObject, text, wrong, yesOrNo } from "./messages/fields.ts";
import { LIMITS } from "./messages/limits.ts";
import { goodRef } from "./messages/strings.ts";
import {
  parseContent,
  parseCount,
  parseId,
  parseResume,
  parseRoom,
  parseToken,
  parseUsername,
  type Resume,
} from "./messages/values.ts";

export { ChatError, type ErrorCode, type Failure } from "./messages/error.ts";
export { LIMITS } from "./messages/limits.ts";
export { refOf } from "./messages/strings.ts";
export * from "./messages/values.ts";

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
