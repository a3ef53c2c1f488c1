import { Redis } from "ioredis";
import { until } from "../support.ts";
import type { RedisServer } from "./server.ts";

/** Counts what Redis is asked to do, by command, until it is disposed of. */
export class Monitor implements Disposable {
  #server: RedisServer;
  #monitor: Redis;
  #part: string;
  #without: string | undefined;
  #calls = new Map<string, number>();
  #heard = "";

  private constructor(server: RedisServer, monitor: Redis, part: string, without?: string) {
    this.#server = server;
    this.#monitor = monitor;
    this.#part = part;
    this.#without = without;
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      if (args[0]!.toLowerCase() === "echo") this.#heard = args[1]!;
      else this.#take(args, source === "lua");
    });
  }

  /**
   * Begins to count those that name a key or a channel in which there is a part.
   *
   * @param without and none in which there is this one
   */
  static async of(server: RedisServer, part: string, without?: string): Promise<Monitor> {
    const redis = new Redis(server.url, { lazyConnect: true, retryStrategy: null });
    redis.on("error", () => {});
    await redis.connect();
    const monitor = await redis.monitor();
    redis.disconnect();
    return new Monitor(server, monitor, part, without);
  }

  /** How often each was asked for since the last time: `script` is a script, `script xadd` what one does. */
  async take(): Promise<Record<string, number>> {
    const mark = crypto.randomUUID();
    await this.#server.command("ECHO", mark);
    await until(() => this.#heard === mark);
    const calls = Object.fromEntries(this.#calls);
    this.#calls.clear();
    return calls;
  }

  [Symbol.dispose]() {
    this.#monitor.disconnect();
  }

  #take(args: string[], inScript: boolean) {
    const has = (part: string) => args.some((arg) => arg.includes(part));
    if (!has(this.#part) || (this.#without !== undefined && has(this.#without))) return;
    const name = args[0]!.toLowerCase().replace(/^eval(sha)?$/, "script");
    const full = inScript ? `script ${name}` : name;
    this.#calls.set(full, (this.#calls.get(full) ?? 0) + 1);
  }
}
