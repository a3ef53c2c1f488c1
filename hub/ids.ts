import { monotonicUlid } from "@std/ulid";

/** Gives messages their ids: ULIDs, each greater than the one before, whatever the clock does. */
export class Ids {
  /** Nothing is known of what was said before this id: the server had not started. */
  readonly start: string = monotonicUlid();
  #newest = this.start;

  /** The newest id given out. */
  get newest(): string {
    return this.#newest;
  }

  /** The id and the time (RFC 3339, UTC, milliseconds) of a message said now. */
  next(): { id: string; timestamp: string } {
    const now = Date.now();
    this.#newest = monotonicUlid(now);
    return { id: this.#newest, timestamp: new Date(now).toISOString() };
  }
}
