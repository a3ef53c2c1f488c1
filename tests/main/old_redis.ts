/** Says of itself, on a free port of the loopback device, that it is a Redis of a version that is too old. */
export class OldRedis implements Disposable {
  readonly port: number;
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #guests = new Set<Deno.Conn>();

  constructor() {
    this.port = this.#listener.addr.port;
    this.#listen();
  }

  [Symbol.dispose]() {
    this.#listener.close();
    for (const guest of this.#guests) guest.close();
  }

  async #listen() {
    for await (const guest of this.#listener) {
      this.#guests.add(guest);
      // Who has heard enough goes at once.
      this.#answer(guest).catch(() => {}).finally(() => this.#guests.delete(guest));
    }
  }

  async #answer(guest: Deno.Conn) {
    const info = "redis_version:6.2.14\r\nloading:0\r\n";
    const texts = guest.readable.pipeThrough(new TextDecoderStream());
    const encoder = new TextEncoder();
    for await (const text of texts) {
      // Each command is a list, whose second line but one is its name.
      for (const [, name] of text.matchAll(/^\*\d+\r\n\$\d+\r\n(\w+)/gm)) {
        const answer = /^info$/i.test(name!) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n";
        await guest.write(encoder.encode(answer));
      }
    }
  }
}
