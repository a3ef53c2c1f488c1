import { Queue } from "../base/queue.ts";

/** Something that holds messages, such as a {@linkcode Log}, and can let go of them one by one. */
export interface Holder {
  /** The room's name; absent for an inbox. */
  readonly room: string | undefined;
  /** How many read it. */
  readonly readers: number;
  /** Lets the least needed of its messages go. Was there any? */
  forget(): boolean;
}

/**
 * The bound of what all rooms and inboxes hold together, in bytes of memory. When it is reached, for
 * each message that comes as much as it takes has to go: from the one in which nothing was said for
 * the longest time, and first from those that nobody reads.
 */
export class Holdings {
  /** In bytes. */
  readonly bound: number;
  #rooms = 0;
  #inboxes = 0;
  /** Those that nobody reads and those that somebody does, each in the order in which they were used. */
  #idle = new Queue<Holder, Holder>();
  #read = new Queue<Holder, Holder>();
  /** Was used last of all, and so need not be moved. */
  #latest?: Holder;

  /** @param bound in bytes */
  constructor(bound = 256 * 1024 * 1024) {
    this.bound = bound;
  }

  /** Bytes that rooms hold. */
  get rooms(): number {
    return this.#rooms;
  }

  /** Bytes that inboxes hold. */
  get inboxes(): number {
    return this.#inboxes;
  }

  /** Must be told what a holder takes in, once it holds it. */
  hold(holder: Holder, bytes: number) {
    this.#add(holder, bytes);
    if (holder !== this.#latest) this.move(holder);
    if (this.#isOver) this.#free();
  }

  /** Must be told what a holder has let go. */
  release(holder: Holder, bytes: number) {
    this.#add(holder, -bytes);
  }

  /** Must be told when a holder has got its first reader, or lost its last one. */
  move(holder: Holder) {
    this.drop(holder);
    (holder.readers > 0 ? this.#read : this.#idle).push(holder, holder);
    this.#latest = holder;
  }

  /** Must be told of a holder that has nothing any more. */
  drop(holder: Holder) {
    this.#idle.delete(holder);
    this.#read.delete(holder);
  }

  get #isOver(): boolean {
    return this.#rooms + this.#inboxes > this.bound;
  }

  #add({ room }: Holder, bytes: number) {
    if (room === undefined) this.#inboxes += bytes;
    else this.#rooms += bytes;
  }

  #free() {
    for (const holders of [this.#idle, this.#read]) {
      for (let next = holders.oldest; next; next = holders.oldest) {
        do {
          if (!this.#isOver) return;
        } while (next.value.forget());
        this.drop(next.value);
      }
    }
  }
}
