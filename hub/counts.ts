import type { Command, ErrorCode } from "../messages.ts";

/** Counts values by size. */
export class Histogram {
  /** Upper bounds of the buckets, ascending; there is one more for what is above the last. */
  readonly bounds: readonly number[];
  /** How many values fell into each bucket. */
  readonly buckets: number[];
  /** Of all values. */
  sum = 0;
  /** Is told every value too. */
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

/** What the server has done since it started. Plain numbers: counting must cost nothing. */
export class Counts {
  /** Chat messages accepted. */
  messages = 0;
  /** Commands obeyed, by type. */
  readonly commands: Record<Command["type"], number> = { chat: 0, join: 0, leave: 0, typing: 0 };
  /** Commands and requests refused, by error code. */
  readonly rejected = new Map<ErrorCode, number>();
  /** Messages handed to readers, each reader counted. */
  delivered = 0;
  /** Messages per batch that a reader was handed. */
  readonly batches = new Histogram([1, 2, 5, 10, 20, 50, 100, 200, 500]);
  /** Chat messages that left a log to make room. */
  evicted = 0;
  /** Readers that came back and missed nothing. */
  resumed = 0;
  /** Times a reader was told that messages are lost. */
  gaps = 0;
  /** Readers dropped because they stopped reading. */
  slow = 0;

  /** Counts a refusal. */
  reject(code: ErrorCode) {
    this.rejected.set(code, (this.rejected.get(code) ?? 0) + 1);
  }

  /** Counts a batch of messages that was handed to one reader. */
  deliver(messages: number) {
    if (messages === 0) return;
    this.delivered += messages;
    this.batches.record(messages);
  }
}
