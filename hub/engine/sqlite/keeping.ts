import type { ChatError } from "../../../messages.ts";
import { clock } from "../../base/clock.ts";
import { Histogram } from "../../base/counts.ts";
import type { Change } from "./shared.ts";
import type { Row, Store } from "./store.ts";
import { type Tell, unavailable, whyOf } from "./trouble.ts";

/** Milliseconds for which ids are reserved ahead: at most so far ahead of the clock they go on after a crash. */
const LEASE = 2_000;

/** Brings messages to the disk, and takes note of how that goes. */
export class Keeping {
  /** Seconds that it took, each time. */
  readonly delays = new Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]);
  /** Resolves once nothing can be kept any more before a new start, to why. */
  readonly failed: Promise<string>;
  #fail!: (why: string) => void;
  #store: Store;
  #sync: boolean;
  #tell: Tell;
  #leased = 0;
  #trouble?: string;
  #errors = 0;

  /** @param sync is a message kept only once it is on the disk? */
  constructor(store: Store, sync: boolean, tell: Tell) {
    this.#store = store;
    this.#sync = sync;
    this.#tell = tell;
    this.failed = new Promise((resolve) => this.#fail = resolve);
  }

  /** Milliseconds since the epoch up to which ids are reserved. */
  get leased(): number {
    return this.#leased;
  }

  /** Why nothing can be kept, the last time that it was tried. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** How often it failed. */
  get errors(): number {
    return this.#errors;
  }

  /**
   * Keeps messages and changes of what the hub has agreed on, all or none; and reserves ids, also where there
   * is nothing to keep.
   *
   * @param now milliseconds since the epoch, in the newest id
   * @returns what to tell who said them, where it failed
   */
  async keep(rows: Row[], now: number, changes: Change[] = []): Promise<ChatError | undefined> {
    const began = clock.now();
    const lease = Math.max(now, clock.date()) + LEASE;
    try {
      await this.#store.relieved();
      this.#store.write(rows, lease, changes);
      if (this.#sync) await this.#store.sync();
    } catch (error) {
      return this.#fell(error);
    } finally {
      this.delays.record((clock.now() - began) / 1_000);
    }
    this.#leased = lease;
    if (this.#trouble !== undefined) this.#tell("info", "messages are kept again");
    this.#trouble = undefined;
  }

  #fell(error: unknown): ChatError {
    this.#errors++;
    const why = whyOf(error);
    if (this.#trouble === undefined) this.#tell("error", "messages cannot be kept", { error: why });
    this.#trouble = why;
    // What the disk has of it nobody can say before it is read again.
    if (this.#store.fault) this.#fail(why);
    return unavailable("the server cannot keep them now");
  }
}
