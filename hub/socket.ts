import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { LIMITS } from "../messages.ts";
import { clock } from "./clock.ts";
import { Pull } from "./pull.ts";

/** Why a conversation ended: a WebSocket close code and words for it. */
export interface Ending {
  code: number;
  reason: string;
  /** What went wrong on our side, where that was why. */
  fault?: unknown;
}

/** What to wait for before writing more; mostly nothing. */
export type Pause = Promise<void> | undefined;

/** Bounds of one socket, in both directions. */
export interface SocketOptions {
  /** Frames received and not yet read. @default 64 */
  inbox?: number;
  /** Bytes written and not yet sent, above which {@linkcode Socket.write} waits. @default 65536 */
  unsent?: number;
  /** Milliseconds without progress after which a peer that does not read is given up. @default 30000 */
  stall?: number;
}

/** Turns of the event loop a waiting writer lets pass before it begins to look at the clock. */
const TURNS = 8;
/** The longest pause between two looks, in milliseconds. */
const PAUSE = 100;

/**
 * A WebSocket as an async iterable of text frames with a `write` that waits for a slow peer. No
 * event leaves this class, and none throws: an exception in a socket's event handler would end the
 * process.
 */
export class Socket extends Pull<string> {
  /** Resolves once frames can be written, or the socket has ended. */
  readonly opened: Promise<void>;
  #socket: WebSocket;
  #options: Required<SocketOptions>;
  #inbox: string[] = [];
  #opened?: () => void;
  #ending?: Ending;

  constructor(socket: WebSocket, options: SocketOptions = {}) {
    super();
    const { inbox = 64, unsent = 64 * 1024, stall = 30_000 } = options;
    this.opened = new Promise((resolve) => this.#opened = resolve);
    this.#socket = socket;
    this.#options = { inbox, unsent, stall };
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#open();
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end({ code, reason });
    socket.onerror = () => this.#end({ code: 1006, reason: "connection lost" });
  }

  /** Why it ended, once it has. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /**
   * Closes with a code of the wire contract. At once for us; the peer may take its time.
   *
   * @param fault what went wrong on our side, where that is why
   */
  close(code: number, reason: string, fault?: unknown) {
    if (this.#ending) this.#ending.fault ??= fault;
    else {
      this.#end({ code, reason, fault });
      this.#hangUp();
    }
  }

  /** Closes because of a fault on our side. */
  fail(fault: unknown) {
    this.close(1011, "a fault of the server", fault);
  }

  /**
   * Sends frames at once, one after the other.
   *
   * @returns what to wait for while too much is unsent
   */
  write(...frames: string[]): Pause {
    if (this.#ending) return;
    for (const frame of frames) this.#socket.send(frame);
    if (this.#socket.bufferedAmount > this.#options.unsent) return this.#drained();
  }

  /** A frame, in the order they came; what had come when the socket ended is still given. */
  take(): string | undefined {
    return this.#inbox.shift();
  }

  protected get ready(): boolean {
    return this.#inbox.length > 0;
  }

  protected get ended(): boolean {
    return this.#ending !== undefined;
  }

  #open() {
    // What was closed before it was open could not be told so then.
    if (this.#ending) this.#hangUp();
    this.#opened?.();
  }

  #hangUp() {
    const { code, reason } = this.#ending!;
    try {
      this.#socket.close(code, reason);
    } catch {
      // It is not open yet, and is told once it is; or it is closed, as was wanted.
    }
  }

  #receive(data: string | ArrayBuffer) {
    if (this.#ending) return;
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    if (bytes > LIMITS.frame) return this.close(1009, `a frame may have ${LIMITS.frame} bytes`);
    if (this.#inbox.length >= this.#options.inbox) {
      return this.close(4429, "too many frames at once");
    }
    // A binary frame is passed on as an empty one: no JSON, and so answered as malformed.
    this.#inbox.push(typeof data === "string" ? data : "");
    this.notify();
  }

  #end(ending: Ending) {
    this.#ending ??= ending;
    this.#opened?.();
    this.notify();
  }

  /** The runtime tells nobody that a peer has read: this looks, more and more seldom. */
  async #drained() {
    let least = this.#socket.bufferedAmount;
    let progress = clock.now();
    for (
      let look = 0;
      !this.#ending && this.#socket.bufferedAmount > this.#options.unsent;
      look++
    ) {
      await pause(look);
      if (this.#socket.bufferedAmount < least) {
        least = this.#socket.bufferedAmount;
        progress = clock.now();
      } else if (clock.now() - progress >= this.#options.stall) {
        this.close(4408, "stopped reading");
      }
    }
  }
}

/** Waits for the next turn of the event loop the first times, then for longer and longer. */
function pause(look: number): Promise<void> {
  return new Promise((resolve) => {
    if (look < TURNS) setImmediate(resolve);
    else setTimeout(resolve, Math.min(PAUSE, 2 ** (look - TURNS)));
  });
}
