/**
 * A WebSocket client made of bare TCP, for what a well-behaved one cannot do: stop reading, vanish
 * with a reset, send what is no frame.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";

const HEADERS = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** One TCP connection. */
export class RawClient implements AsyncDisposable {
  #socket: Socket;
  #closed: Promise<unknown>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => {});
    this.#closed = new Promise((resolve) => socket.once("close", resolve));
  }

  /** Opens a connection and sends a request, of which nothing is read yet. */
  static async request(host: string, path: string, headers = HEADERS): Promise<RawClient> {
    const [hostname, port] = host.split(":");
    const socket = connect(Number(port), hostname);
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    socket.write([`GET ${path} HTTP/1.1`, `Host: ${host}`, ...headers, "", ""].join("\r\n"));
    return client;
  }

  /** A conversation, of which the beginning is read and then nothing. */
  static async talk(host: string, username: string, room = "lobby"): Promise<RawClient> {
    const client = await RawClient.request(host, `/ws?username=${username}&room=${room}`);
    const head = await client.read();
    if (head.startsWith("HTTP/1.1 101 ")) return client;
    throw new Error(`Cannot open a WebSocket: ${head.split("\r\n")[0]}`);
  }

  /** The next piece that comes, or an empty text at the end. */
  read(): Promise<string> {
    return new Promise((resolve) => {
      const done = (data?: Uint8Array) => {
        this.#socket.off("data", done).off("close", done).pause();
        resolve(data instanceof Uint8Array ? new TextDecoder().decode(data) : "");
      };
      this.#socket.on("data", done).on("close", done).resume();
    });
  }

  /** Says something in a frame as a client has to send it. */
  say(content: string) {
    this.write(frame(JSON.stringify({ type: "chat", content })));
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array) {
    this.#socket.write(bytes);
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

/** A text frame of less than 64 KiB, masked with zeros. */
export function frame(text: string): Uint8Array {
  const body = Buffer.from(text);
  const length = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 255];
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | length[0]!, ...length.slice(1), 0, 0, 0, 0]),
    body,
  ]);
}
