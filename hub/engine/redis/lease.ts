import { clearTimeout, setTimeout } from "node:timers";
import beatText from "./beat.lua" with { type: "text" };
import type { Keys } from "./keys.ts";
import { type Link, now, Script } from "./link.ts";

const BEAT = new Script(beatText);

/** What a lease needs of others, and tells. */
export interface LeaseOptions {
  link: Link;
  keys: Keys;
  /** Milliseconds that it lasts. */
  milliseconds: number;
  /** What this node has done, as JSON. */
  deeds(): string;
  /** The dead nodes that are being reaped here. */
  reaping(): Iterable<string>;
  /** Is told after each beat which dead nodes are to be reaped here, and whether its own lease had ended. */
  beaten(dead: string[], late: boolean): void;
  /** Is told that the node has a lease under a new id, as the others had taken it for dead. */
  rejoined(): void;
}

/** Beats in the time that a lease lasts. */
const BEATS = 5;
/** Milliseconds after which one that failed is tried again. */
const AGAIN = 50;

/**
 * What tells the others that this node lives: whoever does not prolong it in time is taken for dead by whichever
 * other sees that first. Who was late itself, as all are where Redis stopped for a while, says so of
 * nobody until it was in time for as long as a lease lasts. All by Redis' clock.
 */
export class Lease {
  #options: LeaseOptions;
  #id = newId();
  /** Has it never been held under this id? And under any other? */
  #isNew = true;
  #isFirst = true;
  /** When it was last known to be held, in milliseconds by {@linkcode now}. */
  #known = -Infinity;
  /** When it ends, by Redis' clock. */
  #ends = "";
  /** Beats in a row that were in time. */
  #inTime = 0;
  #waiting = new Set<() => void>();
  #cut = () => {};
  #going?: Promise<void>;
  #ended = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Takes it, or prolongs it at once; and goes on with that. */
  start() {
    if (this.#ended) return;
    if (this.#going) this.#cut();
    else this.#going = this.#go();
  }

  /** By what this node is known to the others: by another id each time they have taken it for dead. */
  get id(): string {
    return this.#id;
  }

  /** Is it held, as far as that is known? */
  get isHeld(): boolean {
    return now() <= this.#known + this.#options.milliseconds;
  }

  /** Waits until it is held. @returns the id @throws {Error} */
  async held(until: number): Promise<string> {
    while (!this.isHeld) {
      if (this.#ended || now() >= until) throw new Error("Redis does not answer");
      await this.#beaten(until);
    }
    return this.#id;
  }

  /** Is told that the others have taken this node for dead, as it was known by some id. */
  lose(id: string) {
    if (id !== this.#id || this.#isNew) return;
    this.#id = newId();
    this.#isNew = true;
    this.#inTime = 0;
    this.#known = -Infinity;
    this.#cut();
  }

  /** Does not prolong it any more. */
  async end() {
    this.#ended = true;
    this.#cut();
    this.#wake();
    await this.#going;
  }

  async #go() {
    const pause = this.#options.milliseconds / BEATS;
    while (!this.#ended) {
      const id = this.#id;
      const beaten = await this.#prolong(now() + pause).catch(() => false);
      if (!this.#ended && id === this.#id) await this.#pause(beaten ? pause : AGAIN);
    }
  }

  async #prolong(until: number): Promise<boolean> {
    const { link, keys, milliseconds, deeds, reaping, beaten, rejoined } = this.#options;
    const id = this.#id;
    const began = now();
    const { lease, reaped, deeds: done } = keys.nodes;
    const judges = this.#inTime >= BEATS;
    const [state, ends = "", ...dead] = await link.run(
      BEAT,
      [lease, reaped, done, keys.at(id)],
      [
        id,
        milliseconds,
        deeds(),
        this.#isNew ? "first" : "",
        judges ? this.#ends : "",
        ...reaping(),
      ],
      until,
    ) as string[];
    if (state === "lost") this.lose(id);
    if (id !== this.#id) return false;
    const joined = this.#isNew && !this.#isFirst;
    // Where it was repeated, it may have been late the first time.
    const late = state === "late" || (!this.#isNew && began > this.#known + milliseconds);
    this.#isNew = this.#isFirst = false;
    this.#known = began;
    this.#ends = ends;
    this.#inTime = late ? 0 : this.#inTime + 1;
    this.#wake();
    beaten(dead, late);
    if (joined) rejoined();
    return true;
  }

  /** Waits for a beat, or until some time. */
  #beaten(until: number): Promise<void> {
    return new Promise((resolve) => {
      const there = () => {
        clearTimeout(timer);
        this.#waiting.delete(there);
        resolve();
      };
      const timer = setTimeout(there, Math.max(until - now(), 1));
      this.#waiting.add(there);
    });
  }

  #wake() {
    for (const there of [...this.#waiting]) there();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(over, milliseconds);
      this.#cut = over;
    });
  }
}

function newId(): string {
  return crypto.randomUUID().slice(24);
}
