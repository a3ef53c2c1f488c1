/**
 * A WebSocket client made of bare TCP, for what a well-behaved one cannot do: stop reading, vanish
 * with a reset, send what is no frame.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { within } from "./within.ts";

/** The headers of a request for a WebSocket. */
export const HANDSHAKE = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** One TCP connection. */
export class RawClient implements AsyncDisposable {
  #socket: Socket;
  #closed: Promise<unknown>;
  /** What came together with the answer to the handshake. */
  #early = new Uint8Array();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    this.#closed = new Promise((resolve) => socket.once("close", resolve));
  }

  /**
   * Opens a connection, and says nothing.
   *
   * @param from the address that it comes from, of this machine; without it the system chooses
   */
  static async open(host: string, from?: string): Promise<RawClient> {
    const [hostname, port] = host.split(":");
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** Opens a connection and sends a request, of which nothing is read yet. */
  static async request(
    host: string,
    path: string,
    headers = HANDSHAKE,
    method = "GET",
    from: string | undefined = undefined,
  ): Promise<RawClient> {
    const client = await RawClient.open(host, from);
    client.write([`${method} ${path} HTTP/1.1`, `Host: ${host}`, ...headers, "", ""].join("\r\n"));
    return client;
  }

  /**
   * A conversation, of which nothing is read yet.
   *
   * @throws {Error} when the server refuses it
   */
  static async talk(
    host: string,
    query: Record<string, string>,
    headers: string[] = [],
    from: string | undefined = undefined,
  ): Promise<RawClient> {
    const path = `/ws?${new URLSearchParams(query)}`;
    const client = await RawClient.request(host, path, [...HANDSHAKE, ...headers], "GET", from);
    let answer = Buffer.alloc(0);
    let end: number;
    while ((end = answer.indexOf("\r\n\r\n")) < 0) {
      const piece = await client.read();
      if (piece.length === 0) break;
      answer = Buffer.concat([answer, piece]);
    }
    if (!answer.toString().startsWith("HTTP/1.1 101 ")) {
      throw new Error(`Cannot open a WebSocket: ${answer.toString().split("\r\n")[0]}`);
    }
    client.#early = answer.subarray(end + 4);
    return client;
  }

  /** Has every piece that comes told to `hear`, and the end as undefined, unless it is paused. */
  listen(hear: (bytes: Uint8Array | undefined) => void) {
    if (this.#early.length > 0) hear(this.#early);
    this.#socket.on("data", hear).on("close", () => hear(undefined)).resume();
  }

  /** Reads no more: what comes piles up in the system's buffers, and then at the server. */
  pause() {
    this.#socket.pause();
  }

  /** Reads on. */
  resume() {
    this.#socket.resume();
  }

  /** The next piece that comes, empty at the end. */
  read(): Promise<Uint8Array> {
    if (this.#early.length > 0) {
      const early = this.#early;
      this.#early = new Uint8Array();
      return Promise.resolve(early);
    }
    return new Promise((resolve) => {
      const done = (piece?: Uint8Array) => {
        this.#socket.off("data", done).off("close", done).pause();
        resolve(piece instanceof Uint8Array ? piece : new Uint8Array());
      };
      this.#socket.on("data", done).on("close", done).resume();
    });
  }

  /** Says something in a frame as a client has to send it. */
  say(content: string) {
    this.write(textFrame(JSON.stringify({ type: "chat", content })));
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array | string) {
    this.#socket.write(bytes);
  }

  /** Sends bytes, and waits until the system has taken them, or the connection has ended. */
  async send(bytes: Uint8Array | string) {
    if (!this.#socket.write(bytes)) {
      const drained = new Promise((resolve) => this.#socket.once("drain", resolve));
      await Promise.race([drained, this.#closed]);
    }
  }

  /** Is it still there? */
  get open(): boolean {
    return !this.#socket.destroyed;
  }

  /** Closes its own direction: it can still be told something. */
  end() {
    this.#socket.end();
  }

  /** Vanishes: the server is told by a TCP reset and nothing else. */
  async reset() {
    this.#socket.resetAndDestroy();
    await this.#closed;
  }

  async [Symbol.asyncDispose]() {
    this.#socket.destroy();
    await this.#closed;
  }
}

/**
 * Sends bytes to a server that no HTTP client would send, and gives what comes first of the answer: of a
 * short one all, else at least its head.
 */
export async function exchange(host: string, text: string): Promise<string> {
  const [hostname, port] = host.split(":");
  using connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
  await connection.write(Buffer.from(text, "latin1"));
  const answer = new Uint8Array(4_096);
  const length = await within(connection.read(answer), "an answer");
  return Buffer.from(answer.subarray(0, length ?? 0)).toString("latin1");
}

/** A text frame of less than 64 KiB, masked with zeros. */
export function textFrame(text: string): Uint8Array {
  const body = Buffer.from(text);
  const length = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 255];
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | length[0]!, ...length.slice(1), 0, 0, 0, 0]),
    body,
  ]);
}

/** Puts the text frames of a server together from bytes as they come. Of no other frames it knows. */
export class Frames {
  #bytes = Buffer.alloc(0);

  /** Takes in a piece, and gives what is whole by now. */
  push(piece: Uint8Array): string[] {
    this.#bytes = Buffer.concat([this.#bytes, piece]);
    const texts: string[] = [];
    while (this.#bytes.length >= 4) {
      const [, short] = this.#bytes;
      const [start, length] = short! < 126
        ? [2, short!]
        : short === 126
        ? [4, this.#bytes.readUInt16BE(2)]
        : [10, this.#bytes.length < 10 ? Infinity : Number(this.#bytes.readBigUInt64BE(2))];
      if (this.#bytes.length < start + length) break;
      if (this.#bytes[0] === 0x81) texts.push(this.#bytes.toString("utf8", start, start + length));
      this.#bytes = this.#bytes.subarray(start + length);
    }
    return texts;
  }
}
