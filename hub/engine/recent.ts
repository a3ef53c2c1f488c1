import type { Entry } from "../log/batch.ts";
import { clock } from "../base/clock.ts";
import { Queue } from "../base/queue.ts";

/** How long and how much is remembered. */
export interface RecentOptions {
  /** Milliseconds. @default 300000 */
  keep?: number;
  /** Bytes of memory. @default 16777216 */
  size?: number;
}

/** What one remembered message costs beside itself, roughly. */
const OVERHEAD = 256;

/**
 * Messages of the last minutes by a key, so that one that is sent again is not delivered twice.
 * What is too old or over the size is forgotten, oldest first, whenever a key is looked up.
 */
export class Recent {
  #entries = new Queue<string, { entry: Entry; at: number }>();
  #bytes = 0;
  #keep: number;
  #size: number;

  constructor({ keep = 5 * 60_000, size = 16 * 1024 * 1024 }: RecentOptions = {}) {
    this.#keep = keep;
    this.#size = size;
  }

  /** The message of a key, if it was added recently. */
  get(key: string): Entry | undefined {
    this.#sweep();
    return this.#entries.get(key)?.entry;
  }

  /** Remembers a message, instead of the one that its key had. */
  add(key: string, entry: Entry) {
    const known = this.#entries.get(key);
    if (known) this.#bytes -= known.entry.held + OVERHEAD;
    this.#entries.push(key, { entry, at: clock.now() });
    this.#bytes += entry.held + OVERHEAD;
  }

  #sweep() {
    const past = clock.now() - this.#keep;
    while (this.#entries.oldest) {
      const { key, value: { entry, at } } = this.#entries.oldest;
      if (at > past && this.#bytes <= this.#size) return;
      this.#entries.delete(key);
      this.#bytes -= entry.held + OVERHEAD;
    }
  }
}
