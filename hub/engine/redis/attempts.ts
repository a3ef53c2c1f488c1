import { clearTimeout, setTimeout } from "node:timers";
import { ENDED } from "./bounds.ts";
import type { Condition } from "./condition.ts";
import type { Connection } from "./connection.ts";

/** Milliseconds until something is tried again. */
const AGAIN = 50;
/** Errors that pass: somebody else may take over, or it is starting. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNKILLABLE) /;
/** Errors by which Redis refuses to keep anything, whatever it is. */
const REFUSING = /^(OOM|MISCONF|NOREPLICAS|NOPERM) /;

/** What everybody may know of why. */
const LOST = "there is no connection to Redis";

/** Milliseconds since some moment, by the clock by which the timers of this folder go. */
export const now: () => number = performance.now.bind(performance);

/** What is asked of Redis, on a connection that may be lost, or slow: it is asked again until its time is over. */
export class Attempts {
  #connection: Connection;
  #condition: Condition;
  /** Who is to be told when the connection is lost. */
  #underWay = new Set<(error: Error) => void>();
  /** What is asked for, until it is answered or given up. */
  #asked = new Set<Promise<unknown>>();
  #heldUntil = -Infinity;
  #ended = false;

  constructor(connection: Connection, condition: Condition) {
    this.#connection = connection;
    this.#condition = condition;
  }

  /**
   * Does something, again where it is not known whether that was done.
   *
   * @param until milliseconds by {@linkcode now} @param keeps is it to keep something? Then it is held back
   * by {@linkcode hold} @throws {Error} it was not done, or it is not known
   */
  repeat<T>(act: () => Promise<T>, until: number, keeps = false): Promise<T> {
    return this.track(this.#repeat(act, until, keeps));
  }

  /** Waits for something as long as the connection lasts, and at most so many milliseconds. @throws {Error} */
  once<T>(act: () => Promise<T>, milliseconds: number): Promise<T> {
    return this.#bounded(async () => {
      if (!this.#connection.isUp) throw new Error(LOST);
      return await act();
    }, milliseconds);
  }

  /** Waits for a while, or until the connection is lost. */
  async pause(milliseconds = AGAIN) {
    await this.#bounded(() => new Promise(() => {}), milliseconds).catch(() => {});
  }

  /** Has {@linkcode end} wait for something. */
  track<T>(asked: Promise<T>): Promise<T> {
    this.#asked.add(asked);
    const over = () => this.#asked.delete(asked);
    asked.then(over, over);
    return asked;
  }

  /** Holds back for a while what is to keep something. */
  hold(milliseconds: number) {
    this.#heldUntil = now() + milliseconds;
  }

  /** Is told that the connection was lost. */
  drop(why = LOST) {
    for (const fail of [...this.#underWay]) fail(new Error(why));
  }

  /** Gives everything up. */
  async end() {
    this.#ended = true;
    this.drop(ENDED);
    await Promise.allSettled(this.#asked);
  }

  async #repeat<T>(act: () => Promise<T>, until: number, keeps: boolean): Promise<T> {
    while (true) {
      if (keeps) await this.#held(until);
      try {
        // Whatever came after it on the same connection would be answered after it.
        const done = await this.once(act, Math.max(until - now(), AGAIN));
        this.#condition.answers();
        if (keeps) this.#condition.keeps();
        return done;
      } catch (error) {
        const { message } = error as Error;
        const why = message.includes("writeable") ? LOST : message;
        const isReply = error instanceof Error && error.name === "ReplyError";
        if (isReply && REFUSING.test(why)) this.#condition.keeps(why);
        // Redis is there, and does not want to: asking again would not help.
        if (isReply && !PASSING.test(why)) throw error;
        if (this.#ended) throw error;
        this.#condition.fails(this.#connection.isUp ? why : this.#connection.trouble);
        if (now() + AGAIN >= until) throw error;
        await this.pause(AGAIN);
      }
    }
  }

  async #held(until: number) {
    const most = Math.min(this.#heldUntil, until) - now();
    if (most > 0) await this.pause(most);
    if (now() < this.#heldUntil) throw new Error("another Redis has just taken over");
  }

  #bounded<T>(act: () => Promise<T>, milliseconds: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error(ENDED));
      const over = () => {
        clearTimeout(timer);
        this.#underWay.delete(fail);
      };
      const fail = (error: Error) => {
        over();
        reject(error);
      };
      const timer = setTimeout(() => fail(new Error("Redis does not answer")), milliseconds);
      this.#underWay.add(fail);
      act().then((done) => {
        over();
        resolve(done);
      }, fail);
    });
  }
}
