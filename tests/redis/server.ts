/**
 * A Redis of the tests' own.
 *
 * @module
 */
import { Redis } from "ioredis";
import { within } from "../support.ts";

/** How a server is started. */
export interface ServerOptions {
  /** Settings in the words of `redis.conf`, each with its value. */
  settings?: Record<string, string>;
}

/** Redis on a free port of the loopback device, with a folder of its own, until it is disposed of. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly folder = Deno.makeTempDirSync({ prefix: "parley-redis-" });
  #path: string;
  #settings: Record<string, string>;
  #child!: Deno.ChildProcess;

  private constructor(path: string, { settings = {} }: ServerOptions) {
    this.#path = path;
    this.#settings = settings;
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = listener.addr.port;
  }

  /** Starts one. @param path the program */
  static async start(path: string, options: ServerOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(path, options);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again, with what it has on the disk. */
  async start() {
    const settings = {
      ...{ port: `${this.port}`, bind: "127.0.0.1", dir: this.folder, save: "" },
      ...{ daemonize: "no", logfile: "redis.log" },
      ...this.#settings,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#child = new Deno.Command(this.#path, { args, stdout: "null", stderr: "null" }).spawn();
    await within(this.#listening(), "Redis");
  }

  /** Kills it. */
  async kill() {
    this.signal("SIGKILL");
    await within(this.#child.status, "the end of Redis");
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal) {
    this.#child.kill(signal);
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Has it do a command. */
  command(name: string, ...values: string[]): Promise<unknown> {
    return ask(this.url, name, ...values);
  }

  async [Symbol.asyncDispose]() {
    try {
      await this.kill();
    } finally {
      this.remove();
    }
  }

  /** Ends it at once, where nothing can be waited for. */
  remove() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    for (let i = 0;; i++) {
      try {
        return Deno.removeSync(this.folder, { recursive: true });
      } catch (error) {
        // A process that copies the dataset outlives it for a moment, and writes.
        if (i === 100) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    }
  }

  async #listening() {
    while (true) {
      try {
        if (await this.command("PING") === "PONG") return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
}

/** Has a Redis do a command, on a connection of its own. @throws {Error} */
export async function ask(url: string, name: string, ...values: string[]): Promise<unknown> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null });
  redis.on("error", () => {});
  await redis.connect();
  const ended = new Promise((resolve) => redis.once("end", resolve));
  try {
    return await redis.call(name, ...values);
  } finally {
    redis.disconnect();
    await ended;
  }
}
