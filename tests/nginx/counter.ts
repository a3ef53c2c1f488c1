/** A relay in front of a server that counts what gets to it. */
export class Counter implements AsyncDisposable {
  /** `HOST:PORT` */
  readonly host: string;
  /** Connections that were opened to the server. */
  connections = 0;
  /** Bytes that were sent to it. */
  bytes = 0;
  #server: Deno.ConnectOptions;
  #listener: Deno.TcpListener;
  #under = new Set<Deno.TcpConn>();
  #relays = new Set<Promise<unknown>>();

  /** @param server `HOST:PORT` of the server behind it */
  constructor(server: string) {
    const [hostname, port] = server.split(":");
    this.#server = { hostname, port: Number(port) };
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.host = `127.0.0.1:${this.#listener.addr.port}`;
    this.#track(this.#accept());
  }

  async [Symbol.asyncDispose]() {
    this.#listener.close();
    for (const conn of this.#under) conn.close();
    await Promise.allSettled(this.#relays);
  }

  async #accept() {
    for await (const client of this.#listener) this.#track(this.#relay(client));
  }

  async #relay(client: Deno.TcpConn) {
    this.connections++;
    this.#under.add(client);
    const server = await Deno.connect(this.#server);
    this.#under.add(server);
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, controller) => {
        this.bytes += piece.length;
        controller.enqueue(piece);
      },
    });
    // Each direction ends by itself; where one is cut off, so is the other.
    await Promise.allSettled([
      client.readable.pipeThrough(counted).pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
    this.#under.delete(client);
    this.#under.delete(server);
  }

  #track(work: Promise<unknown>) {
    const relay = work.catch(() => {}).finally(() => this.#relays.delete(relay));
    this.#relays.add(relay);
  }
}
