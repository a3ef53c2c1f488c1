import { createHash } from "node:crypto";
import { readAddress } from "./address.ts";
import { Attempts, now } from "./attempts.ts";
import type { Condition } from "./condition.ts";
import { Connection } from "./connection.ts";
import { Pulse } from "./pulse.ts";
import { Subscriptions } from "./subscriptions.ts";
import writeText from "./write.lua" with { type: "text" };

export { now };

/** Redis cannot be used: what is wrong, and what to do. */
export class RedisError extends Error {
  override name = "RedisError";
}

/** A script, by the sum by which Redis knows it. */
export class Script {
  readonly text: string;
  readonly sum: string;
  /** Is it held back while all nodes give a Redis that has taken over what it lacks? */
  readonly waits: boolean;

  constructor(text: string, { waits = false } = {}) {
    this.text = text;
    this.sum = createHash("sha1").update(text).digest("hex");
    this.waits = waits;
  }
}

/** What a link tells. */
export interface LinkEvents {
  /** Something was published. */
  message(name: string, text: string): void;
  /** There is a connection, again or for the first time. */
  up(): void;
  /** It is to another process of Redis than the one before, which may lack the last moments. */
  replaced(): void;
  /** All is subscribed to again: what was published before that was missed. */
  whole(): void;
}

/** Milliseconds for which something small is waited for. */
const ATTEMPT = 1_000;
/** Milliseconds for which nothing new is said to a Redis that has taken over: by then all nodes have found it. */
const GRACE = 500;

const WRITE = new Script(writeText);

/**
 * One connection to Redis, for commands and for what is published: so the two are in order, and if one of
 * them is alive the other is. It comes back by itself; what was asked for meanwhile is asked again until
 * its time is over. Here time is the real one, also in tests that have their own: Redis goes by that.
 */
export class Link {
  #connection: Connection;
  #attempts: Attempts;
  #subscriptions: Subscriptions;
  #pulse: Pulse;
  /** Scripts that Redis is being given. */
  #loading = new Map<Script, Promise<unknown>>();
  #used = new Set<Script>();
  #probe: string;
  #condition: Condition;
  #events: LinkEvents;

  /** @param probe a name to which nobody else publishes, and that of a key @throws {RedisError} */
  constructor(url: string, probe: string, condition: Condition, events: LinkEvents) {
    const address = readAddress(url);
    // What is wrong is not repeated: there may be a password in it.
    if (!address) {
      throw new RedisError(
        "Cannot use this address of Redis: it must be as redis://user:password@host:6379/0",
      );
    }
    this.#probe = probe;
    this.#condition = condition;
    this.#events = events;
    const connection = new Connection(address, probe, {
      message: (name, text) => events.message(name, text),
      up: (before) => this.#rise(before),
      down: () => this.#drop(),
    });
    const attempts = new Attempts(connection, condition);
    this.#connection = connection;
    this.#attempts = attempts;
    this.#subscriptions = new Subscriptions({
      subscribe: (names) => attempts.once(() => connection.client.subscribe(...names), ATTEMPT),
      unsubscribe: (names) => attempts.once(() => connection.client.unsubscribe(...names), ATTEMPT),
      pause: () => attempts.pause(),
      whole: () => events.whole(),
    });
    this.#pulse = new Pulse({
      beat: () => this.#beat(),
      deaf: () => connection.renew(),
      missed: () => condition.befell("probe"),
      dead: () => connection.destroy(),
    });
  }

  /** Connects. It goes on trying whether that succeeds or not. @throws {RedisError} */
  async start() {
    try {
      await this.#connection.start();
      await this.#write();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      // It can be read nevertheless.
      if (/^(OOM|MISCONF|NOREPLICAS) /.test(why)) return;
      throw new RedisError(this.#connection.adviceOn(why));
    } finally {
      this.#pulse.start();
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
    const { sum, text, waits } = script;
    const { client } = this.#connection;
    this.#used.add(script);
    const named = () => client.evalsha(sum, keys.length, ...keys, ...values);
    const run = () =>
      orElse(named, async () => {
        await this.#load(script);
        return await orElse(named, () => client.eval(text, keys.length, ...keys, ...values));
      });
    return this.#attempts.repeat(run, until, waits);
  }

  /** Reads the same fields of many hashes. @throws {Error} as {@linkcode run} */
  async fields(keys: string[], names: string[], until: number): Promise<(string | null)[][]> {
    const answers = await this.all(keys.map((key) => ["hmget", key, ...names]), until);
    return answers as (string | null)[][];
  }

  /** Does some commands, each with its values. @returns their answers @throws {Error} as {@linkcode run} */
  all(commands: (string | number)[][], until: number): Promise<unknown[]> {
    return this.#attempts.repeat(async () => {
      const answers = await this.#connection.client.pipeline(commands).exec();
      return answers!.map(([error, answer]) => {
        if (error) throw error;
        return answer;
      });
    }, until);
  }

  /** Has what is published under a name told, until {@linkcode unsubscribe}. @throws {Error} as {@linkcode run} */
  subscribe(name: string, until: number): Promise<void> {
    return this.#attempts.track(this.#subscriptions.add(name, until - now()));
  }

  /** Has it told no longer. Does not matter much: what comes nevertheless is passed over. */
  unsubscribe(name: string) {
    this.#subscriptions.delete(name);
  }

  /** Gives everything up. */
  async end() {
    this.#pulse.end();
    this.#subscriptions.end();
    const ended = this.#attempts.end();
    await this.#connection.end();
    await ended;
  }

  /** Has Redis know a script: once for all who want that now, as it is long. */
  #load(script: Script): Promise<unknown> {
    const known = this.#loading.get(script);
    if (known) return known;
    const loading = this.#connection.client.script("LOAD", script.text);
    this.#loading.set(script, loading);
    const over = () => this.#loading.delete(script);
    loading.then(over, over);
    return loading;
  }

  #rise(before: "none" | "same" | "another") {
    if (before !== "none") this.#condition.befell("reconnect");
    if (before === "another") {
      // Before anybody asks for one: everybody would be refused.
      for (const script of this.#used) this.#load(script);
      this.#condition.befell("failover");
      this.#attempts.hold(GRACE);
      this.#events.replaced();
    }
    this.#subscriptions.rise();
    this.#events.up();
  }

  #drop() {
    // What was under way is never answered.
    this.#loading.clear();
    this.#subscriptions.drop();
    this.#attempts.drop();
  }

  /** Sees whether it hears itself; and whether something is kept again. */
  async #beat(): Promise<number> {
    const { client } = this.#connection;
    const publish = () => client.publish(this.#probe, "");
    const heard = await this.#attempts.repeat(publish, now() + ATTEMPT);
    if (this.#condition.refuses) await this.#write().catch(() => {});
    return heard;
  }

  async #write() {
    await this.run(WRITE, [this.#probe], [], now() + ATTEMPT);
    this.#condition.keeps();
  }
}

/** What something gives, or else something other, where Redis does not know the script. */
async function orElse(act: () => Promise<unknown>, other: () => Promise<unknown>) {
  try {
    return await act();
  } catch (error) {
    if (!String(error).includes("NOSCRIPT")) throw error;
    return await other();
  }
}
