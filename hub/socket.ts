/** Why a conversation ended: a WebSocket close code and words for it. */
export interface Ending {
  code: number;
  reason: string;
}

/** Bounds of one socket, in both directions. */
export interface SocketOptions {
  /** Bytes of one frame. @default 65536 */
  frame?: number;
  /** Frames received and not yet read. @default 64 */
  inbox?: number;
  /** Bytes written and not yet sent, above which {@linkcode Socket.write} waits. @default 65536 */
  unsent?: number;
  /** Milliseconds without progress after which a peer that does not read is given up. @default 30000 */
  stall?: number;
}

/** How often a waiting writer looks whether the peer has read: the runtime has no drain event. */
const POLL = 20;

/**
 * A WebSocket as an async iterable of text frames with a `write` that waits for a slow peer. No
 * event leaves this class, and none throws: an exception in a socket's event handler would end the
 * process.
 */
export class Socket implements AsyncIterable<string> {
  #socket: WebSocket;
  #options: Required<SocketOptions>;
  #inbox: string[] = [];
  #wake?: () => void;
  #opened = Promise.withResolvers<void>();
  #ending?: Ending;

  constructor(socket: WebSocket, options: SocketOptions = {}) {
    this.#socket = socket;
    this.#options = { frame: 64 * 1024, inbox: 64, unsent: 64 * 1024, stall: 30_000, ...options };
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened.resolve();
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end({ code, reason });
    socket.onerror = () => this.#end({ code: 1006, reason: "connection lost" });
  }

  /** Why it ended, once it has. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Resolves once frames can be written, or the socket has ended. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Closes with a code of the wire contract. At once for us; the peer may take its time. */
  close(code: number, reason: string) {
    if (this.#ending) return;
    this.#end({ code, reason });
    try {
      this.#socket.close(code, reason);
    } catch {
      // Closed in the meantime: that is what was wanted.
    }
  }

  /** Sends one frame; waits while more than `unsent` bytes are on their way. */
  async write(frame: string): Promise<void> {
    if (this.#ending) return;
    this.#socket.send(frame);
    if (this.#socket.bufferedAmount > this.#options.unsent) await this.#drained();
  }

  /** Frames in the order they came, until the socket ends. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    while (true) {
      const frame = this.#inbox.shift();
      if (frame !== undefined) {
        yield frame;
        continue;
      }
      if (this.#ending) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  #receive(data: unknown) {
    if (this.#ending) return;
    // A binary frame is passed on as an empty one: no JSON, and so answered as malformed.
    const frame = typeof data === "string" ? data : "";
    const { frame: most, inbox } = this.#options;
    const size = typeof data === "string"
      ? byteLength(data, most)
      : (data as ArrayBuffer).byteLength;
    if (size > most) return this.close(1009, `a frame may have ${most} bytes`);
    if (this.#inbox.length >= inbox) return this.close(4429, "too many frames at once");
    this.#inbox.push(frame);
    this.#wake?.();
  }

  #end(ending: Ending) {
    this.#ending ??= ending;
    this.#opened.resolve();
    this.#wake?.();
  }

  async #drained() {
    let unsent = this.#socket.bufferedAmount;
    let progress = Date.now();
    while (!this.#ending && unsent > this.#options.unsent) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      if (this.#socket.bufferedAmount < unsent) progress = Date.now();
      unsent = this.#socket.bufferedAmount;
      if (Date.now() - progress >= this.#options.stall) {
        this.close(4408, "stopped reading");
      }
    }
  }
}

/** Bytes of a text in UTF-8; counts them only when the answer could be over `most`. */
function byteLength(text: string, most: number): number {
  if (text.length * 3 <= most || text.length > most) return text.length;
  return new TextEncoder().encode(text).length;
}
