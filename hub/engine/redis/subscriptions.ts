import { clearTimeout, setTimeout } from "node:timers";
import { ENDED } from "./bounds.ts";

/** What subscriptions need of a connection. */
export interface Subscriber {
  /** Both fail where it is lost, or after a while. */
  subscribe(names: string[]): Promise<unknown>;
  unsubscribe(names: string[]): Promise<unknown>;
  /** Is waited for before it is tried again. */
  pause(): Promise<void>;
  /** Is told that all that is wanted is there, on a new connection. */
  whole(): void;
}

/** Names in one command: Redis serves nobody else meanwhile. */
const NAMES = 500;

/**
 * The names under which something is published that is to be heard. One command is under way at a time, with
 * all that was asked for meanwhile; what is asked for is asked again until it is there, on each new connection
 * too.
 */
export class Subscriptions {
  #subscriber: Subscriber;
  #wanted = new Set<string>();
  /** Wanted, and not there yet. */
  #missing = new Set<string>();
  /** There, and not wanted. */
  #leaving = new Set<string>();
  #waiting = new Map<string, PromiseWithResolvers<void>>();
  #isUp = false;
  /** Is that to be told? */
  #isNew = false;
  #running = false;

  constructor(subscriber: Subscriber) {
    this.#subscriber = subscriber;
  }

  /**
   * Wants one, until {@linkcode delete}.
   *
   * @param patience milliseconds @throws {Error} it is not there yet
   */
  async add(name: string, patience: number) {
    this.#wanted.add(name);
    if (this.#isUp && this.#leaving.delete(name)) return;
    this.#missing.add(name);
    const waiting = Promise.withResolvers<void>();
    this.#waiting.set(name, waiting);
    const timer = setTimeout(() => waiting.reject(new Error("Redis does not answer")), patience);
    this.#run();
    try {
      await waiting.promise;
    } finally {
      clearTimeout(timer);
      if (this.#waiting.get(name) === waiting) this.#waiting.delete(name);
    }
  }

  /** Wants one no longer. */
  delete(name: string) {
    if (!this.#wanted.delete(name)) return;
    this.#waiting.get(name)?.reject(new Error("it is not wanted any more"));
    if (!this.#missing.delete(name)) this.#leaving.add(name);
    this.#run();
  }

  /** There is a new connection, on which there is none. */
  rise() {
    this.#isUp = this.#isNew = true;
    this.#leaving.clear();
    this.#missing = new Set(this.#wanted);
    this.#run();
  }

  /** There is no connection. */
  drop() {
    this.#isUp = false;
  }

  /** Gives everything up. */
  end() {
    this.drop();
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(ENDED));
    }
  }

  async #run() {
    if (this.#running) return;
    this.#running = true;
    // Until all that is asked for in this turn is.
    await undefined;
    while (this.#isUp && this.#missing.size + this.#leaving.size > 0) {
      await this.#step().catch(() => this.#subscriber.pause());
    }
    this.#running = false;
    if (!this.#isUp || !this.#isNew) return;
    this.#isNew = false;
    this.#subscriber.whole();
  }

  async #step() {
    const leaving = [...this.#leaving].slice(0, NAMES);
    for (const name of leaving) this.#leaving.delete(name);
    if (leaving.length > 0) await this.#subscriber.unsubscribe(leaving);
    const missing = [...this.#missing].slice(0, NAMES);
    if (missing.length === 0) return;
    await this.#subscriber.subscribe(missing);
    for (const name of missing) {
      // Who has left meanwhile is not in any list, and is there.
      if (!this.#missing.delete(name)) this.#leaving.add(name);
      this.#waiting.get(name)?.resolve();
    }
  }
}
