/** Somebody who answers each command as told, to stand in for servers that are not Redis, or an old one. */
export class FakeRedis implements AsyncDisposable {
  #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #answer: (command: string) => string | undefined;
  #open = new Set<Deno.TcpConn>();
  #running: Promise<unknown>[];

  /** @param answer is given the name of a command in small letters; gives no answer where that is undefined */
  constructor(answer: (command: string) => string | undefined) {
    this.#answer = answer;
    this.#running = [this.#accept()];
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose]() {
    this.#listener.close();
    for (const conn of this.#open) conn.close();
    await Promise.allSettled(this.#running);
  }

  async #accept() {
    for await (const conn of this.#listener) {
      this.#open.add(conn);
      this.#running.push(this.#serve(conn));
    }
  }

  async #serve(conn: Deno.TcpConn) {
    const chunk = new Uint8Array(16 * 1024);
    let text = "";
    try {
      for (let count = await conn.read(chunk); count !== null; count = await conn.read(chunk)) {
        text += new TextDecoder().decode(chunk.subarray(0, count));
        // A command is a list of texts, each behind its length: `*1\r\n$4\r\nINFO\r\n`.
        for (let found; (found = /^\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n)*)/.exec(text));) {
          const [, most, rest] = found;
          const words = rest!.split("\r\n").filter((_, i) => i % 2 === 1).slice(0, Number(most));
          if (words.length < Number(most)) break;
          const length = words.reduce(
            (sum, word) => sum + `$${word.length}\r\n${word}\r\n`.length,
            0,
          );
          text = text.slice(`*${most}\r\n`.length + length);
          const answer = this.#answer(words[0]!.toLowerCase());
          if (answer !== undefined) await conn.write(new TextEncoder().encode(`${answer}\r\n`));
        }
      }
    } catch {
      // It has gone.
    }
    this.#open.delete(conn);
    try {
      conn.close();
    } catch {
      // It is closed.
    }
  }
}
