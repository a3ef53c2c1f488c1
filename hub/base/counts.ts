import type { Command, ErrorCode, Moderated } from "../../messages.ts";

/** Counts by key: how often each thing happened. */
export class Tally<Key> extends Map<Key, number> {
  /** @param keys counted from zero on, so that they are shown before they first happen */
  constructor(keys: readonly Key[] = []) {
    super(keys.map((key) => [key, 0]));
  }

  /** Counts one more. */
  count(key: Key) {
    this.set(key, (this.get(key) ?? 0) + 1);
  }
}

/** Counts values by size, for questions such as "what do 99 of 100 stay below?". */
export class Histogram {
  /** Upper bounds of the buckets, inclusive and ascending; one more bucket is for what is above. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket. */
  readonly buckets: number[];
  /** Of all values. */
  sum = 0;
  /** Is told every value too: for a library that wants to count for itself. */
  forward?: (value: number) => void;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = new Array(bounds.length + 1).fill(0);
  }

  /** Counts one value. */
  record(value: number) {
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++;
    this.buckets[bucket]!++;
    this.sum += value;
    this.forward?.(value);
  }
}

/**
 * What a hub has done since it started. Plain numbers, which others read when they want to: the
 * path of a message pays for an addition and nothing else.
 */
export class Counts {
  /** Chat messages accepted, in rooms and in private, from sockets and by HTTP. */
  messages = 0;
  /** Commands obeyed, by type. */
  readonly commands: Record<Command["type"], number> = {
    ...{ chat: 0, join: 0, leave: 0, typing: 0, auth: 0, delete: 0, clear: 0 },
    ...{ kick: 0, mute: 0, unmute: 0, ban: 0, unban: 0, set: 0 },
  };
  /** Commands and HTTP requests refused, by error code. */
  readonly rejected = new Tally<ErrorCode>([
    "bad_json",
    "bad_message",
    "unknown_type",
    "empty",
    "too_long",
    "not_in_room",
    "too_many_rooms",
    "no_such_user",
    "no_such_message",
    "rate_limited",
    "unavailable",
    "unauthorized",
    "forbidden",
    "muted",
    "name_taken",
  ]);
  /** What moderators did, by command and by HTTP. */
  readonly acts = new Tally<Moderated["act"] | "delete" | "clear">([
    ...["delete", "clear", "kick", "mute", "unmute", "ban", "unban", "set"] as const,
  ]);
  /** Messages handed to readers: one message for a hundred readers is a hundred. */
  delivered = 0;
  /** Messages per batch that a reader was handed. */
  readonly batches = new Histogram([1, 2, 5, 10, 20, 50, 100, 200, 500]);
  /** Chat messages that left a log, of a room or of a person, to make room for newer ones. */
  evicted = 0;
  /** Rooms entered with `since`, by whether nothing after it was lost. */
  readonly resumes = new Tally<boolean>([true, false]);
  /** Times a reader was told that messages are lost. */
  gaps = 0;
  /** Readers dropped because they stopped reading. */
  slow = 0;

  /** Counts a refusal. */
  reject(code: ErrorCode) {
    this.rejected.count(code);
  }

  /** Counts a batch of messages that was handed to one reader. */
  deliver(messages: number) {
    if (messages === 0) return;
    this.delivered += messages;
    this.batches.record(messages);
  }
}
