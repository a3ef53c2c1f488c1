/**
 * The language of the chat: what clients may say ({@linkcode Command}), what they are told
 * ({@linkcode Message}), and the only two functions that read and write wire JSON,
 * {@linkcode parse} and {@linkcode encode}.
 *
 * @module
 */

/** Bounds of what one command may carry. */
export const LIMITS = {
  /** Characters (code points) of a chat message. */
  content: 4_000,
  /** Bytes of one frame, UTF-8. */
  frame: 64 * 1024,
  /** Characters of a username. */
  username: 32,
  /** Characters of a room's name. */
  room: 64,
  /** Characters of a client's own message id. */
  ref: 64,
} as const;

/** What can be wrong with a command; the `code` of an `error` message. */
export type ErrorCode =
  | "bad_json"
  | "bad_message"
  | "unknown_type"
  | "empty"
  | "too_long"
  | "not_in_room"
  | "rate_limited"
  | "unavailable"
  | "forbidden";

/** What a client asks for. */
export interface Command {
  type: "chat";
  /** 1 to 4,000 characters, trimmed. */
  content: string;
  /** Where to; the room entered at connect when absent. */
  room?: string;
  /** The client's own id of this message, echoed back to it. */
  ref?: string;
}

/** What a client is told. Every message carries these four fields. */
export interface Message {
  type: "chat" | "join" | "leave" | "error";
  username: string;
  content: string;
  /** RFC 3339, UTC, milliseconds. */
  timestamp: string;
  /** ULID; strictly increasing within a room. Absent on errors. */
  id?: string;
  room?: string;
  ref?: string;
  /** Errors only. */
  code?: ErrorCode;
  /** Errors only: is it worth sending the same again? */
  temporary?: boolean;
  /** Errors only: milliseconds to wait before sending again. */
  retryAfter?: number;
}

/** A command that cannot be obeyed. Its `message` says what was wrong and what would be right. */
export class ChatError extends Error {
  override name = "ChatError";
  readonly code: ErrorCode;
  readonly retryAfter?: number;
  readonly ref?: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryAfter?: number; ref?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.retryAfter = options.retryAfter;
    this.ref = options.ref;
  }

  /** The error as it is told to the client, at the instant `now` (ms since the epoch). */
  toMessage(now: number): Message {
    return {
      type: "error",
      username: "system",
      content: this.message,
      timestamp: new Date(now).toISOString(),
      code: this.code,
      temporary: this.code === "rate_limited" || this.code === "unavailable",
      ref: this.ref,
      retryAfter: this.retryAfter,
    };
  }
}

/**
 * Reads one text frame.
 *
 * @throws {ChatError} `bad_json`, `bad_message`, `unknown_type`, `empty` or `too_long`
 */
export function parse(frame: string): Command {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new ChatError(
      "bad_json",
      'Cannot read the frame: it is no JSON; send {"type":"chat","content":"hello"}',
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ChatError(
      "bad_message",
      'Cannot read the frame: it is no JSON object; send {"type":"chat","content":"hello"}',
    );
  }
  const fields = value as Record<string, unknown>;
  const ref = optional(fields, "ref", LIMITS.ref);
  if (typeof fields.type !== "string") {
    throw new ChatError("bad_message", 'Cannot read the message: "type" must be a string', { ref });
  }
  if (fields.type !== "chat") {
    throw new ChatError("unknown_type", `Cannot obey this type: it must be "chat"`, { ref });
  }
  if (typeof fields.content !== "string") {
    throw new ChatError("bad_message", 'Cannot read the message: "content" must be a string', {
      ref,
    });
  }
  const content = fields.content.trim();
  if (content === "") {
    throw new ChatError("empty", "Cannot send an empty message: content has no text", { ref });
  }
  if (longerThan(content, LIMITS.content)) {
    throw new ChatError(
      "too_long",
      `Cannot send the message: content is over ${LIMITS.content} characters`,
      { ref },
    );
  }
  const room = optional(fields, "room", Infinity);
  return { type: "chat", content, room: room === undefined ? undefined : parseRoom(room), ref };
}

function optional(fields: Record<string, unknown>, name: string, most: number) {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || value === "" || longerThan(value, most)) {
    const bound = most === Infinity ? "a string" : `a string of 1 to ${most} characters`;
    throw new ChatError("bad_message", `Cannot read the message: "${name}" must be ${bound}`);
  }
  return value;
}

/** Writes one message as wire JSON, without a line break. */
export function encode(message: Message): string {
  return JSON.stringify(message);
}

/**
 * A username in its one form: NFKC-normalised and trimmed.
 *
 * @throws {ChatError} `bad_message` unless 1 to 32 characters without control characters or a
 * leading `@` or `#`
 */
export function parseUsername(text: string): string {
  const name = text.normalize("NFKC").trim();
  if (
    name === "" || longerThan(name, LIMITS.username) || /\p{C}/u.test(name) || /^[@#]/.test(name)
  ) {
    throw new ChatError(
      "bad_message",
      `Cannot use this username: it must be 1 to ${LIMITS.username} characters, without control characters and not starting with @ or #`,
    );
  }
  return name;
}

/**
 * A room's name in its one form: lower case.
 *
 * @throws {ChatError} `bad_message` unless 1 to 64 of `a-z 0-9 . _ -`
 */
export function parseRoom(text: string): string {
  const room = text.toLowerCase();
  if (!/^[a-z0-9._-]{1,64}$/.test(room)) {
    throw new ChatError(
      "bad_message",
      `Cannot use this room name: it must be 1 to ${LIMITS.room} of a-z 0-9 . _ -`,
    );
  }
  return room;
}

/** Are there more than `most` code points? Counts them only when the answer is not plain. */
function longerThan(text: string, most: number): boolean {
  if (text.length <= most) return false;
  if (text.length > most * 2) return true;
  return [...text].length > most;
}
