import { encode, type Message } from "../messages.ts";

/** One message in a log, encoded once for all its readers. */
export interface Entry {
  readonly message: Message;
  /** The message as wire JSON. */
  readonly text: string;
  /** Where it stands: counts up by one per append. */
  readonly position: number;
}

/** How much a log holds; what is over it goes, oldest first. */
export interface LogOptions {
  /** Chat messages held. @default 1000 */
  history?: number;
  /** Characters of encoded text held. @default 1048576 */
  size?: number;
}

/** How many join and leave notices wait for readers that lag; they are never replayed. */
const NOTICES = 256;

/**
 * A bounded, append-only list of messages. Readers hold only a position in it, so a message costs
 * the same memory for one reader as for ten thousand, and a slow reader costs nothing.
 */
export class Log {
  #entries: Entry[] = [];
  #next = 0;
  #chats = 0;
  #size = 0;
  #evicted = -1;
  #shared?: { from: number; to: number; entries: readonly Entry[] };
  #history: number;
  #limit: number;
  #readers = new Set<() => void>();

  constructor({ history = 1_000, size = 1024 * 1024 }: LogOptions = {}) {
    this.#history = history;
    this.#limit = size;
  }

  /** The position after the newest entry: where a reader of live messages starts. */
  get end(): number {
    return this.#next;
  }

  /** Id of the newest chat message held, or null. */
  get head(): string | null {
    return this.#entries.findLast((entry) => entry.message.type === "chat")?.message.id ?? null;
  }

  /** Appends a message, tells the readers, and lets the oldest go when bounds are passed. */
  append(message: Message): Entry {
    const entry = { message, text: encode(message), position: this.#next++ };
    this.#entries.push(entry);
    this.#size += entry.text.length;
    if (message.type === "chat") this.#chats++;
    this.#trim();
    for (const wake of this.#readers) wake();
    return entry;
  }

  /** Everything held from `position` on. Readers at one position share one answer. */
  read(position: number): { entries: readonly Entry[]; next: number; gap: boolean } {
    if (this.#shared?.from !== position || this.#shared.to !== this.#next) {
      this.#shared = {
        from: position,
        to: this.#next,
        entries: this.#entries.slice(this.#indexOf(position)),
      };
    }
    return { entries: this.#shared.entries, next: this.#next, gap: position <= this.#evicted };
  }

  /** Calls `wake` at every append until the returned function is called. */
  watch(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }

  /** Index of the first entry at or after a position. */
  #indexOf(position: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entries[middle]!.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #trim() {
    while (
      this.#chats > this.#history || this.#size > this.#limit ||
      this.#entries.length - this.#chats > NOTICES
    ) {
      const tooManyNotices = this.#entries.length - this.#chats > NOTICES;
      const index = tooManyNotices
        ? this.#entries.findIndex((entry) => entry.message.type !== "chat")
        : 0;
      const [gone] = this.#entries.splice(index, 1);
      this.#size -= gone!.text.length;
      if (gone!.message.type !== "chat") continue;
      this.#chats--;
      this.#evicted = gone!.position;
    }
  }
}
