/**
 * A Redis of the tests' own, and Sentinels that watch it.
 *
 * @module
 */
import { Redis, type RedisOptions } from "ioredis";
import { within } from "../support.ts";
import type { Certificate } from "./certificate.ts";

/** How a server is started. */
export interface ServerOptions {
  /** Settings in the words of `redis.conf`, each with its value. */
  settings?: Record<string, string>;
  /** It speaks TLS only, with this one. */
  certificate?: Certificate;
  /** It does not keep messages, but watches a master: this is the rest of its settings file. */
  sentinel?: string;
}

/** Redis on a free port of the loopback device, with a folder of its own, until it is disposed of. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly folder = Deno.makeTempDirSync({ prefix: "parley-redis-" });
  #path: string;
  #options: ServerOptions;
  #child!: Deno.ChildProcess;

  private constructor(path: string, options: ServerOptions) {
    this.#path = path;
    this.#options = options;
    this.port = freePort();
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
    const { sentinel, settings = {}, certificate } = this.#options;
    const port = `${this.port}`;
    const all: Record<string, string> = {
      ...{ port, bind: "127.0.0.1", dir: this.folder, daemonize: "no", logfile: "redis.log" },
      ...(sentinel === undefined ? { save: "" } : {}),
      ...settings,
    };
    if (certificate) {
      const { authority, certificate: file, key } = certificate;
      Object.assign(all, { port: "0", "tls-port": port, "tls-auth-clients": "no" });
      Object.assign(all, {
        "tls-ca-cert-file": authority,
        "tls-cert-file": file,
        "tls-key-file": key,
      });
    }
    const file = `${this.folder}/redis.conf`;
    const lines = Object.entries(all).map(([name, value]) => `${name} ${value || '""'}\n`);
    // A Sentinel keeps what it has found out in this file.
    Deno.writeTextFileSync(file, `${lines.join("")}${sentinel ?? ""}\n`);
    const args = sentinel === undefined ? [file] : [file, "--sentinel"];
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
    const { certificate, settings: { requirepass } = {} } = this.#options;
    const tls = certificate && { rejectUnauthorized: false };
    return call(this.url, { tls, password: requirepass }, name, ...values);
  }

  async [Symbol.asyncDispose]() {
    this.remove();
    await within(this.#child.status, "the end of Redis");
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
        await this.command("PING");
        // Another one may be there.
        const info = `${await this.command("INFO", "server")}`;
        if (info.includes(`process_id:${this.pid}\r`)) return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
}

/**
 * A port on which nobody listens, and that is given to no connection: it must still be free for a server
 * that was away.
 */
function freePort(): number {
  while (true) {
    try {
      const port = 20_000 + Math.floor(Math.random() * 12_000);
      using _ = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Has a Redis do a command, on a connection of its own. @throws {Error} */
export function ask(url: string, name: string, ...values: string[]): Promise<unknown> {
  return call(url, {}, name, ...values);
}

async function call(url: string, more: RedisOptions, name: string, ...values: string[]) {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, ...more });
  redis.on("error", () => {});
  const ended = new Promise((resolve) => redis.once("end", resolve));
  try {
    await redis.connect();
    return await redis.call(name, ...values);
  } finally {
    if (redis.status !== "end") redis.disconnect();
    await ended;
  }
}
