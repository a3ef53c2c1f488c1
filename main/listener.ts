import { clock } from "../hub/base/clock.ts";
import type { Config } from "../routes.ts";

/** Where to listen, and who answers. */
export interface ListenOptions {
  hostname: string;
  /** 0: any that is free. */
  port: number;
  /** May other processes listen there too? @default false */
  reusePort?: boolean;
  handle: Deno.ServeHandler;
  log: Config["log"];
}

/** Milliseconds before it listens again. */
const PAUSE = 1_000;
/** Milliseconds in which nobody came in, and after which nobody will. */
const PATIENCE = 60_000;

/**
 * A server that does not stop listening. Where the system has no file descriptor left for a newcomer the
 * runtime ends the listener for good, though all conversations go on: so another takes its place.
 */
export class Listener {
  /** Resolves once nobody could come in for a minute. */
  readonly failed: Promise<void>;
  #fail!: () => void;
  #address: { hostname: string; port: number };
  #reusePort: boolean;
  #handle: Deno.ServeHandler;
  #log: Config["log"];
  #server: Deno.HttpServer<Deno.Addr>;
  /** Since when nobody has come in, from the first failure on. */
  #shutSince?: number;
  #stopped = false;

  /** @throws {Error} when it cannot listen there */
  constructor({ hostname, port, reusePort = false, handle, log }: ListenOptions) {
    this.failed = new Promise((resolve) => this.#fail = resolve);
    this.#address = { hostname, port };
    this.#reusePort = reusePort;
    this.#handle = handle;
    this.#log = log;
    this.#server = this.#listen();
    // The same one from now on, also if any port would do or the environment named another.
    this.#address = this.#server.addr as Deno.NetAddr;
  }

  /** Where it listens. */
  get address(): { hostname: string; port: number } {
    return this.#address;
  }

  /** Stops listening, and waits until the last requests are answered. */
  async shutdown() {
    this.#stopped = true;
    await this.#server.shutdown();
  }

  #listen(): Deno.HttpServer<Deno.Addr> {
    const where = { ...this.#address, reusePort: this.#reusePort };
    let listens = true;
    const server = Deno.serve({ ...where, onListen() {} }, (request, info) => {
      // Who was in before it ended may ask again afterwards, and is no newcomer.
      if (listens && this.#shutSince !== undefined) this.#admit();
      return this.#handle(request, info);
    });
    const began = clock.now();
    const ended = (error: unknown) => {
      listens = false;
      // Whoever knocked within a minute would have come in.
      if (clock.now() - began >= PATIENCE) this.#shutSince = undefined;
      if (!this.#stopped) this.#retry(error);
    };
    server.finished.then(ended, ended);
    return server;
  }

  #admit() {
    this.#shutSince = undefined;
    this.#log("info", "listening again");
  }

  #retry(error: unknown) {
    const now = clock.now();
    if (this.#shutSince === undefined) {
      this.#shutSince = now;
      this.#log("error", "listener failed", { error: String(error) });
    }
    if (now - this.#shutSince >= PATIENCE) return this.#fail();
    setTimeout(() => {
      if (this.#stopped) return;
      try {
        this.#server = this.#listen();
      } catch (error) {
        this.#retry(error);
      }
    }, PAUSE);
  }
}
