import { createHash } from "node:crypto";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import { Redis } from "ioredis";

/** Redis cannot be used: what is wrong, and what to do. */
export class RedisError extends Error {
  override name = "RedisError";
}

/** A script, by the sum by which Redis knows it. */
export class Script {
  readonly text: string;
  readonly sum: string;

  constructor(text: string) {
    this.text = text;
    this.sum = createHash("sha1").update(text).digest("hex");
  }
}

/** What a link tells. */
export interface LinkEvents {
  /** Something was published. */
  message(name: string, text: string): void;
  /** There is a connection again, on which nothing is subscribed to. */
  up(): void;
  /** What keeps it from working has changed: why, or undefined. */
  trouble(why: string | undefined): void;
}

/** Milliseconds for which one attempt at something is waited for, and until the next. */
const ATTEMPT = 1_000;
const AGAIN = 50;
/** Milliseconds between two probes, and how many of them without an answer make a connection be given up. */
const PROBE = 1_000;
const MISSES = 3;
/** Names in one command that subscribes. */
const NAMES = 500;
/** The oldest Redis whose scripts may say what they do. */
const VERSION = 7;
/** Errors that pass: somebody else may take over, or it is starting. */
const PASSING = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|UNKILLABLE) /;

/**
 * One connection to Redis, for commands and for what is published: so the two are in order, and if one of
 * them is alive the other is. It comes back by itself; what was asked for meanwhile is asked again until
 * its time is over. Here time is the real one, also in tests that have their own: Redis goes by that.
 */
export class Link {
  #redis: Redis;
  #events: LinkEvents;
  #probe: string;
  #prober?: ReturnType<typeof setInterval>;
  /** Who is to be told when the connection is lost. */
  #underWay = new Set<(error: Error) => void>();
  /** What is asked for, until it is answered or given up. */
  #asked = new Set<Promise<unknown>>();
  #probing = false;
  /** Probes in a row that were not answered. */
  #missed = 0;
  #lastError?: string;
  /** Is it known whether it can be reached? */
  #tried = false;
  #trouble?: string;
  #ended = false;

  /** @param probe a name to which nobody else publishes */
  constructor(url: string, probe: string, events: LinkEvents) {
    this.#events = events;
    this.#probe = probe;
    this.#redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: null,
      connectTimeout: MISSES * PROBE,
      // For so many milliseconds it waits for the end of what may have ended already.
      disconnectTimeout: 1,
      retryStrategy: (times) => Math.min(AGAIN * times, PROBE),
      // It has become a replica: the address may lead to another one by now.
      reconnectOnError: (error) => error.message.startsWith("READONLY"),
    });
    this.#redis.on("error", (error: Error) => this.#lastError = error.message || String(error));
    this.#redis.on("close", () => this.#drop());
    this.#redis.on("ready", () => this.#rise());
    this.#redis.on("message", (name: string, text: string) => {
      if (name !== this.#probe) events.message(name, text);
    });
  }

  /** Connects. It goes on trying whether that succeeds or not. @throws {RedisError} */
  async start() {
    this.#prober = setInterval(() => this.#look(), PROBE);
    try {
      await this.#redis.connect();
    } catch (error) {
      throw new RedisError(adviceOn(this.#lastError ?? String(error)));
    } finally {
      this.#tried = true;
    }
    const info = await this.#redis.info("server");
    const version = info.match(/^redis_version:(\S+)/m)?.[1] ?? "unknown";
    if (parseInt(version) < VERSION) {
      throw new RedisError(`Cannot use Redis ${version}: at least version ${VERSION} is needed`);
    }
  }

  /**
   * Runs a script, again where it is not known whether that was done.
   *
   * @param until milliseconds by {@linkcode now} @throws {Error} it was not done, or it is not known
   */
  run(
    script: Script,
    keys: string[],
    values: (string | number)[],
    until: number,
  ): Promise<unknown> {
    const { sum, text } = script;
    return this.#repeat(async () => {
      try {
        return await this.#redis.evalsha(sum, keys.length, ...keys, ...values);
      } catch (error) {
        if (!String(error).includes("NOSCRIPT")) throw error;
        return await this.#redis.eval(text, keys.length, ...keys, ...values);
      }
    }, until);
  }

  /** Reads the same fields of many hashes. @throws {Error} as {@linkcode run} */
  fields(keys: string[], names: string[], until: number): Promise<(string | null)[][]> {
    return this.#repeat(async () => {
      const pipeline = this.#redis.pipeline();
      for (const key of keys) pipeline.hmget(key, ...names);
      const answers = await pipeline.exec();
      return answers!.map(([error, fields]) => {
        if (error) throw error;
        return fields as (string | null)[];
      });
    }, until);
  }

  /** Does some commands, each with its values. @returns their answers @throws {Error} as {@linkcode run} */
  all(commands: (string | number)[][], until: number): Promise<unknown[]> {
    return this.#repeat(async () => {
      const answers = await this.#redis.pipeline(commands).exec();
      return answers!.map(([error, answer]) => {
        if (error) throw error;
        return answer;
      });
    }, until);
  }

  /** Has what is published under some names told. @throws {Error} as {@linkcode run} */
  async subscribe(names: string[], until: number) {
    for (let i = 0; i < names.length; i += NAMES) {
      const some = names.slice(i, i + NAMES);
      await this.#repeat(() => this.#redis.subscribe(...some), until);
    }
  }

  /** Has it told no longer. Does not matter much: what comes nevertheless is passed over. */
  unsubscribe(name: string) {
    this.#redis.unsubscribe(name).catch(() => {});
  }

  /** Gives everything up. */
  async end() {
    this.#ended = true;
    clearInterval(this.#prober);
    // While it waits to connect again, there is nothing that would end.
    const ended = ["connecting", "connect", "ready"].includes(this.#redis.status)
      ? new Promise<void>((resolve) => this.#redis.once("end", () => resolve()))
      : new Promise((resolve) => setTimeout(resolve, 5));
    this.#redis.disconnect();
    // To somebody who has stopped reading, a connection would be closed for ever.
    this.#redis.stream?.destroy();
    this.#drop();
    await Promise.allSettled([...this.#asked, ended]);
  }

  #rise() {
    this.#redis.subscribe(this.#probe).then(() => this.#events.up(), () => {});
  }

  #drop() {
    const error = new Error(this.#lastError ?? "the connection was lost");
    for (const fail of [...this.#underWay]) fail(error);
  }

  /** Looks whether it is heard, and hears itself. */
  async #look() {
    if (this.#probing) return;
    this.#probing = true;
    try {
      const heard = await this.#repeat(() => this.#redis.publish(this.#probe, ""), now() + ATTEMPT);
      this.#missed = 0;
      // Nobody has it subscribed to, so it is not subscribed to anything.
      if (heard === 0 && this.#redis.status === "ready") this.#redis.disconnect(true);
    } catch {
      if (++this.#missed < MISSES) return;
      this.#missed = 0;
      // Who has stopped reading would not let it be closed in good order.
      if (this.#redis.status !== "connecting") this.#redis.stream?.destroy();
    } finally {
      this.#probing = false;
    }
  }

  #repeat<T>(act: () => Promise<T>, until: number): Promise<T> {
    const asked = this.#ask(act, until);
    this.#asked.add(asked);
    const over = () => this.#asked.delete(asked);
    asked.then(over, over);
    return asked;
  }

  async #ask<T>(act: () => Promise<T>, until: number): Promise<T> {
    while (true) {
      try {
        const done = await this.#bounded(act, Math.min(ATTEMPT, Math.max(until - now(), AGAIN)));
        this.#note(undefined);
        return done;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        const isReply = error instanceof Error && error.name === "ReplyError";
        // Redis is there, and does not want to: asking again would not help.
        if (isReply && !PASSING.test(why)) throw error;
        if (!this.#ended && this.#tried) {
          this.#note(this.#redis.status === "ready" ? why : this.#lastError ?? why);
        }
        if (this.#ended || now() + AGAIN >= until) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    }
  }

  /** Waits for something as long as the connection lasts, and at most so many milliseconds. */
  #bounded<T>(act: () => Promise<T>, milliseconds: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error("the server is shutting down"));
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

  #note(trouble: string | undefined) {
    if (trouble === undefined) this.#lastError = undefined;
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#events.trouble(trouble);
  }
}

/** Milliseconds since some moment, by the clock by which the timers of this module go. */
export const now: () => number = performance.now.bind(performance);

function adviceOn(error: string): string {
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/.test(error)) {
    return `Cannot use Redis: it refuses the user or the password (${
      error.split(" ")[0]
    }); put both into its URL, as in redis://user:password@host:6379`;
  }
  return `Cannot reach Redis: ${error}`;
}
