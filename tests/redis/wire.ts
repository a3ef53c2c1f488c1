/** A connection that can be held up, or cut for good. */
export class Wire implements AsyncDisposable {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #port: number;
  #ends = new Set<Deno.TcpConn>();
  #held = Promise.withResolvers<void>();
  #accepting: Promise<void>;
  #pumping = new Set<Promise<void>>();

  /** @param port of this machine, to which it leads */
  constructor(port: number) {
    this.#port = port;
    this.#held.resolve();
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  /** Lets nothing through until {@linkcode go}. */
  stop() {
    this.#held = Promise.withResolvers();
  }

  /** Lets everything through, also what came meanwhile. */
  go() {
    this.#held.resolve();
  }

  /** Nothing goes through any more, and nobody is told. */
  async cut() {
    this.#held.resolve();
    try {
      this.#listener.close();
    } catch {
      // It is closed already.
    }
    for (const end of this.#ends) close(end);
    await this.#accepting;
    await Promise.all(this.#pumping);
  }

  async [Symbol.asyncDispose]() {
    await this.cut();
  }

  async #accept() {
    try {
      for await (const near of this.#listener) {
        const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
        for (const [from, to] of [[near, far], [far, near]] as const) {
          this.#ends.add(from);
          const pumping = this.#pump(from, to).finally(() => this.#pumping.delete(pumping));
          this.#pumping.add(pumping);
        }
      }
    } catch {
      // It was cut, or there is nobody at the other end.
    }
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn) {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count; (count = await from.read(buffer)) !== null;) {
        await this.#held.promise;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // Either end is closed.
    }
    this.#ends.delete(from);
    for (const end of [from, to]) close(end);
  }
}

function close(end: Deno.TcpConn) {
  try {
    end.close();
  } catch {
    // It is closed already.
  }
}
