/** What is told to who asks for what cannot be done. @module */

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
