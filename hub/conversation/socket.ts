import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { ChatError, type ErrorCode, LIMITS } from "../../messages.ts";
import { Outbox, type OutboxOptions, type Pause } from "./outbox.ts";
import { Pull } from "../base/pull.ts";

/** Why a conversation ended: a WebSocket close code and words for it. */
export interface Ending {
  code: number;
  reason: string;
  /** What went wrong on our side, where that was why. */
  fault?: unknown;
}

/**
 * What became of a socket's file descriptor: it is free again, or it never will be. The latter is so
 * where the peer was gone before it was told that there is a WebSocket.
 */
export type Fate = "freed" | "lost";

/** Bounds of one socket, in both directions. */
export interface SocketOptions extends OutboxOptions {
  /** Frames received and not yet read. @default 64 */
  inbox?: number;
  /** Bytes of these frames. @default 262144 */
  unread?: number;
}

/** What else a socket needs to know. */
export interface Circumstances {
  /** What is sent after a long silence; without it nothing is. */
  alive?: string;
  /** The request's, which must have been asked for before the upgrade: only it tells of a peer that is lost. */
  signal?: AbortSignal;
}

/** With what somebody is sent away who may not go on. */
const CLOSE: Partial<Record<ErrorCode, number>> = {
  unauthorized: 4401,
  forbidden: 4403,
  name_taken: 4409,
};

/** Bytes of the words in a close frame. */
const REASON = 123;

const EVENTS = ["open", "message", "close", "error"];

/**
 * A WebSocket as an async iterable of text frames with a `write` that waits for a slow peer. No
 * event leaves this class, and none throws: an exception in a socket's event handler would end the
 * process.
 */
export class Socket extends Pull<string> implements EventListenerObject {
  /** Resolves once frames can be written, or the socket has ended. */
  readonly opened: Promise<void>;
  /** Resolves once the peer is gone, which may be long after the end. */
  readonly gone: Promise<Fate>;
  /** Is asked at every visit whether it may go on, and throws where not. @default it may */
  standing?: { ask(): void };
  #socket: WebSocket;
  #outbox: Outbox;
  #inbox: string[] = [];
  /** Bytes in the inbox. */
  #unread = 0;
  #options: SocketOptions;
  #alive?: string;
  /** Until it is open. */
  #signal?: AbortSignal;
  #opened!: () => void;
  #gone!: (fate: Fate) => void;
  #ending?: Ending;

  constructor(socket: WebSocket, options: SocketOptions = {}, circumstances: Circumstances = {}) {
    super();
    const { alive, signal } = circumstances;
    this.opened = new Promise((resolve) => this.#opened = resolve);
    this.gone = new Promise((resolve) => this.#gone = resolve);
    this.#socket = socket;
    this.#outbox = new Outbox(socket, options);
    this.#options = options;
    this.#alive = alive;
    socket.binaryType = "arraybuffer";
    this.#signal = signal;
    for (const type of EVENTS) socket.addEventListener(type, this);
    signal?.addEventListener("abort", this);
  }

  /** Why it ended, once it has. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /**
   * Closes with a code of the wire contract. At once for us; the peer may take its time.
   *
   * @param words of more than 123 bytes the peer is told only the beginning
   * @param fault what went wrong on our side, where that is why
   */
  close(code: number, words: string, fault?: unknown) {
    const reason = clipped(words);
    if (this.#ending) this.#ending.fault ??= fault;
    else {
      this.#end({ code, reason, fault });
      this.#hangUp();
    }
  }

  /**
   * Closes because it cannot go on: the client may not, something is unavailable for the moment, or else
   * there is a fault on our side.
   */
  fail(fault: unknown) {
    if (!(fault instanceof ChatError)) this.close(1011, "a fault of the server", fault);
    else this.close(CLOSE[fault.code] ?? 1013, fault.message);
  }

  /**
   * Sends frames at once, one after the other.
   *
   * @returns what to wait for while too much is unsent
   */
  write(...frames: string[]): Pause {
    return this.#ending ? undefined : this.#outbox.write(frames);
  }

  /**
   * Gives up a peer that may not go on, or has stopped reading, and gives a sign of life to one that hears
   * nothing.
   */
  visit() {
    if (this.#ending) return;
    try {
      this.standing?.ask();
    } catch (error) {
      return this.fail(error);
    }
    const state = this.#outbox.visit();
    if (state === "stalled") this.close(4408, "stopped reading");
    if (state === "silent" && this.#alive) this.write(this.#alive);
  }

  /** Is for the runtime alone, which takes an object for less memory than a function for each event. */
  handleEvent(event: Event) {
    switch (event.type) {
      case "open":
        return this.#open();
      case "message":
        return this.#receive((event as MessageEvent).data);
      case "close": {
        const { code, reason } = event as CloseEvent;
        return this.#leave({ code, reason }, "freed");
      }
      case "error":
        return this.#leave({ code: 1006, reason: "connection lost" }, "freed");
      case "abort":
        return this.#leave({ code: 1006, reason: "connection lost" }, "lost");
    }
  }

  /** A frame, in the order they came; what had come when the socket ended is still given. */
  take(): string | undefined {
    const frame = this.#inbox.shift();
    if (frame !== undefined) this.#unread -= Buffer.byteLength(frame);
    return frame;
  }

  protected get ready(): boolean {
    return this.#inbox.length > 0;
  }

  protected get ended(): boolean {
    return this.#ending !== undefined;
  }

  #open() {
    this.#signal?.removeEventListener("abort", this);
    this.#signal = undefined;
    // What was closed before it was open could not be told so then.
    if (this.#ending) this.#hangUp();
    this.#opened();
  }

  /**
   * Tells the peer, once what it has sent already is read: where a frame follows, the runtime drops the
   * connection without a word of why.
   */
  #hangUp() {
    const { code, reason } = this.#ending!;
    setImmediate(() => {
      try {
        this.#socket.close(code, reason);
      } catch {
        // It is not open yet, and is told once it is; or it is closed, as was wanted.
      }
    });
  }

  #receive(data: string | ArrayBuffer) {
    if (this.#ending) return;
    const bytes = typeof data === "string" ? Buffer.byteLength(data) : data.byteLength;
    if (bytes > LIMITS.frame) return this.close(1009, `a frame may have ${LIMITS.frame} bytes`);
    // A binary frame is passed on as an empty one: no JSON, and so answered as malformed.
    const frame = typeof data === "string" ? data : "";
    if (frame !== "") this.#unread += bytes;
    const { inbox = 64, unread = 256 * 1024 } = this.#options;
    if (this.#inbox.length >= inbox || this.#unread > unread) {
      return this.close(4429, "too many frames at once");
    }
    this.#inbox.push(frame);
    this.notify();
  }

  #end(ending: Ending) {
    this.#ending ??= ending;
    this.#outbox.release();
    this.#opened();
    this.notify();
  }

  #leave(ending: Ending, fate: Fate) {
    this.#end(ending);
    this.#gone(fate);
  }
}

/** As much of some words as a close frame takes (RFC 6455, 5.5). */
function clipped(words: string): string {
  const buffer = Buffer.from(words);
  if (buffer.length <= REASON) return words;
  // A character that is cut in two becomes one that says so.
  return buffer.subarray(0, REASON - 5).toString().replace(/\ufffd+$/, "") + "…";
}
