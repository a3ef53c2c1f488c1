/**
 * A network cable between the page and the server that can be pulled out and put back.
 *
 * @module
 */

/** A TCP proxy in front of a port of this machine. */
export class Wire implements AsyncDisposable {
  #listener: Deno.TcpListener;
  #target: number;
  #connections = new Set<Deno.TcpConn>();
  #work = new Set<Promise<void>>();
  #cut = false;

  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#keep(this.#accept());
  }

  /** The address of the page, through the proxy. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  /** Ends all connections, and every new one until {@linkcode Wire.restore}. */
  cut() {
    this.#cut = true;
    for (const connection of this.#connections) close(connection);
  }

  /** Lets connections through again. */
  restore() {
    this.#cut = false;
  }

  async [Symbol.asyncDispose]() {
    this.cut();
    this.#listener.close();
    await Promise.all(this.#work);
  }

  #keep(work: Promise<void>) {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }

  async #accept() {
    for await (const client of this.#listener) {
      if (this.#cut) close(client);
      else this.#keep(this.#join(client));
    }
  }

  async #join(client: Deno.TcpConn) {
    this.#connections.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#connections.add(server);
      await Promise.all([this.#copy(client, server), this.#copy(server, client)]);
      this.#connections.delete(server);
    } catch {
      // The server is down, which looks like a cut to the client.
    } finally {
      close(client);
      this.#connections.delete(client);
    }
  }

  async #copy(from: Deno.TcpConn, to: Deno.TcpConn) {
    try {
      await from.readable.pipeTo(to.writable);
    } catch {
      // One side is gone; the other must follow.
    }
    close(from);
    close(to);
  }
}

function close(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
