/**
 * A bad network: a TCP proxy in front of a server, which cuts, delays, stalls and repeats.
 *
 * @module
 */

/** Numbers from 0 to below 1 that a seed determines (mulberry32). */
export function randomFrom(seed: number): () => number {
  return () => {
    seed = seed + 0x6D2B79F5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** What is wrong with a network. Times in milliseconds; chances from 0 to 1. */
export interface Faults {
  /** How many times it cuts the line that carries bytes, in the middle of whatever they are. @default 0 */
  cuts?: number;
  /** Bytes from one cut to the next, on average. @default 4096 */
  every?: number;
  /** Every piece of bytes takes from 0 to this long. @default 0 */
  delay?: number;
  /** Chance that a piece is passed on in two. @default 0 */
  split?: number;
  /** Chance that a connection's first bytes reach the server a second time, as if repeated. @default 0 */
  repeat?: number;
  /** Chance that what the client sent before a cut still reaches the server after it. @default 0 */
  straggle?: number;
  random?: () => number;
}

/** One client's connection through the proxy. */
interface Line {
  client: Deno.TcpConn;
  server: Deno.TcpConn;
  /** The server has gone and the client was not told. */
  halfOpen: boolean;
  /** Everything is swallowed, and neither side is told. */
  silent: boolean;
}

/** Passes connections on to a server until told otherwise. */
export class Proxy {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #lines = new Set<Line>();
  #running = new Set<Promise<unknown>>();
  /** What ends each wait at once. */
  #waits = new Set<() => void>();
  #host: () => string;
  #faults: Required<Faults>;
  /** Bytes until the next cut. */
  #fuse: number;
  #gate?: PromiseWithResolvers<void>;
  /** Cuts so far. */
  cuts = 0;
  /** Connections so far. */
  connections = 0;
  /** The bytes that a client was sent last, as text. */
  latest = "";

  /** @param host `127.0.0.1:PORT` of the server, or what tells it anew for each connection */
  constructor(host: string | (() => string), faults: Faults = {}) {
    this.#host = typeof host === "string" ? () => host : host;
    const none = { cuts: 0, every: 4_096, delay: 0, split: 0, repeat: 0, straggle: 0 };
    this.#faults = { random: Math.random, ...none, ...faults };
    this.#fuse = this.#nextFuse();
    this.#run(this.#accept());
  }

  /** Where clients connect to: `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Cuts every line now. */
  cut() {
    for (const line of [...this.#lines]) this.#cut(line);
  }

  /** Holds all bytes back until {@linkcode resume}, on new connections too. */
  stall() {
    this.#gate ??= Promise.withResolvers();
  }

  /** Lets pass what was held back. */
  resume() {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** From now on every piece of bytes takes from 0 to so many milliseconds. */
  slow(delay: number) {
    this.#faults.delay = delay;
  }

  /** Ends the server's half of every line; the clients' stay open, and silent. */
  halfOpen() {
    for (const line of this.#lines) {
      line.halfOpen = true;
      close(line.server);
    }
  }

  /** Swallows everything on every line from now on, in both directions; new lines are fine. */
  silence() {
    for (const line of this.#lines) line.silent = true;
  }

  /** Cuts the line that carries it once so many more bytes have come. */
  cutAfter(bytes: number) {
    this.#fuse = bytes;
  }

  async [Symbol.asyncDispose]() {
    this.#listener.close();
    this.cut();
    this.resume();
    for (const end of this.#waits) end();
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  async #accept() {
    for await (const client of this.#listener) {
      this.connections++;
      this.#run(this.#connect(client));
    }
  }

  async #connect(client: Deno.TcpConn) {
    const server = await this.#reach().catch(() => undefined);
    // There is no server now.
    if (!server) return close(client);
    const line = { client, server, halfOpen: false, silent: false };
    this.#lines.add(line);
    const twice = this.#faults.random() < this.#faults.repeat;
    await Promise.all([
      this.#pump(line, client, server, twice),
      this.#pump(line, server, client, false),
    ]);
    this.#lines.delete(line);
  }

  async #pump(line: Line, from: Deno.TcpConn, to: Deno.TcpConn, twice: boolean) {
    const { split, straggle, random } = this.#faults;
    const buffer = new Uint8Array(16 * 1024);
    try {
      while (true) {
        const count = await from.read(buffer);
        if (count === null) break;
        await this.#gate?.promise;
        if (line.halfOpen || line.silent) continue;
        const piece = buffer.slice(0, count);
        if (twice) this.#run(this.#repeat(piece));
        twice = false;
        const { delay } = this.#faults;
        if (count > this.#fuse) {
          const passed = piece.subarray(0, this.#fuse);
          this.cuts++;
          this.#fuse = this.#nextFuse();
          const straggles = from === line.client && random() < straggle;
          // What was under way arrives, but the client has gone and come back by then.
          if (straggles) close(line.client);
          await this.#wait(straggles ? 10 + delay * 10 * random() : delay * random());
          await write(to, passed);
          break;
        }
        this.#fuse -= count;
        const cut = random() < split ? Math.floor(random() * count) : count;
        for (const part of [piece.subarray(0, cut), piece.subarray(cut)]) {
          if (part.length === 0) continue;
          await this.#wait(delay * random());
          await write(to, part);
          if (to === line.client) this.latest = new TextDecoder().decode(part);
        }
      }
    } catch {
      // One of the two has gone.
    }
    if (!line.halfOpen || from === line.client) this.#cut(line);
  }

  /** Brings the server a connection's beginning once more, and hears the answer to nobody. */
  async #repeat(piece: Uint8Array) {
    const conn = await this.#reach();
    try {
      await write(conn, piece);
      await conn.read(new Uint8Array(64 * 1024));
      await this.#wait(20);
    } catch {
      // The server may refuse it.
    }
    close(conn);
  }

  #reach(): Promise<Deno.TcpConn> {
    const [hostname, port] = this.#host().split(":");
    return Deno.connect({ hostname, port: Number(port) });
  }

  #nextFuse(): number {
    const { cuts, every, random } = this.#faults;
    return this.cuts < cuts ? Math.floor(random() * 2 * every) : Infinity;
  }

  #cut(line: Line) {
    close(line.client);
    close(line.server);
  }

  #wait(ms: number): Promise<void> | undefined {
    if (ms < 1) return;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waits.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#waits.add(end);
    });
  }

  async #run(task: Promise<unknown>) {
    this.#running.add(task);
    await task.catch(() => {});
    this.#running.delete(task);
  }
}

async function write(conn: Deno.TcpConn, bytes: Uint8Array) {
  while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
}

function close(conn: Deno.TcpConn) {
  try {
    conn.close();
  } catch {
    // It is closed.
  }
}
