import type { ErrorCode } from "../messages.ts";

/** What the server has done since it started. Plain numbers, so that counting costs nothing. */
export class Counts {
  /** Chat messages accepted. */
  messages = 0;
  /** Messages handed to sockets, each reader counted. */
  delivered = 0;
  /** Commands and requests refused, by error code. */
  readonly rejected = new Map<ErrorCode, number>();
  /** Readers dropped because they stopped reading. */
  slow = 0;

  /** Counts a refusal. */
  reject(code: ErrorCode) {
    this.rejected.set(code, (this.rejected.get(code) ?? 0) + 1);
  }
}
