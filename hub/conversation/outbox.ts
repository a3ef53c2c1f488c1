import { setImmediate } from "node:timers";
import { LIMITS } from "../../messages.ts";
import type { Soon } from "../base/soon.ts";
import { clock } from "../base/clock.ts";

/** What to wait for before writing more; mostly nothing. */
export type Pause = Soon<void>;

/** Bounds of what is on its way to a peer. */
export interface OutboxOptions {
  /**
   * Bytes written and not yet sent, above which a writer waits. With each frame counts a kilobyte that
   * the runtime keeps beside it. @default 262144
   */
  unsent?: number;
  /**
   * Milliseconds in which a peer that is to read something must take some of it; up to four times as
   * many where the system may hold much for it. @default 30000
   */
  stall?: number;
  /** The longest silence towards a peer that is told that we live, in milliseconds. @default 25000 */
  silence?: number;
}

/** Milliseconds in which a peer that is to read something must take some of it, at least. */
export const STALL = 30_000;
/** Bytes that the system takes off our hands, at most. */
const SYSTEM = 4 * 1024 * 1024;

/**
 * How many milliseconds a peer may take nothing. The system takes more off our hands only when a third
 * of what it holds is read: who reads 15 KB a second of 4 MB looks for 93 seconds as if they had
 * stopped. So the time is up to four times as long, in proportion to what the system may hold.
 *
 * @param taken bytes that it has taken so far
 */
export function patience(stall: number, taken: number): number {
  return stall * (1 + 3 * Math.min(1, taken / SYSTEM));
}

/** The longest silence towards a client of `chat.v1`, in milliseconds. */
export const SILENCE = LIMITS.alive * 1_000;

/** Bytes that the runtime keeps beside each frame that is not sent. */
const BESIDE = 1024;
/** The part of a silence after which the next visit could come too late. */
const NEARLY = 0.9;
/** Turns of the event loop a waiting writer lets pass before it begins to look at the clock. */
const TURNS = 8;
/** The longest pause between two looks, in milliseconds. */
const PAUSE = 100;

/**
 * What a WebSocket was given to send. The runtime takes any amount, and tells nobody when a peer has
 * read: so this looks.
 */
export class Outbox {
  #socket: WebSocket;
  #options: OutboxOptions;
  /** Bytes that were unsent at the last look. */
  #unsent = 0;
  /** Bytes written so far. */
  #written = 0;
  /** Frames written since nothing was unsent. */
  #frames = 0;
  /** Since the last visit: has the peer taken anything, and was anything written? */
  #took = false;
  #spoke = false;
  /** When the peer was last seen to take something, or to have nothing to take; and when we spoke. */
  #tookAt = clock.now();
  #spokeAt = clock.now();
  /** What writers wait for, and the timer that looks whether they still have to. */
  #waiting?: PromiseWithResolvers<void>;
  #timer?: ReturnType<typeof setTimeout>;

  constructor(socket: WebSocket, options: OutboxOptions = {}) {
    this.#socket = socket;
    this.#options = options;
  }

  /**
   * Sends frames at once, one after the other.
   *
   * @returns what to wait for while too much is unsent
   */
  write(frames: string[]): Pause {
    this.#look();
    const before = this.#unsent;
    for (const frame of frames) this.#socket.send(frame);
    this.#frames += frames.length;
    this.#spoke ||= frames.length > 0;
    const isOver = this.#isOver();
    this.#written += this.#unsent - before;
    if (isOver) return this.#drained();
  }

  /**
   * Is called every now and then.
   *
   * @returns `stalled` when the peer has taken nothing for too long of what it is to read, be it the
   * answer to its handshake; `silent` when it is time for a sign of life
   */
  visit(): "stalled" | "silent" | undefined {
    const now = clock.now();
    const open = this.#socket.readyState === WebSocket.OPEN;
    // What a socket has unsent that is not open is not told: it has.
    if ((open && this.#look() === 0) || this.#took) this.#tookAt = now;
    if (this.#spoke) this.#spokeAt = now;
    this.#took = this.#spoke = false;
    const { stall = STALL, silence = SILENCE } = this.#options;
    if (now - this.#tookAt >= patience(stall, this.#written - this.#unsent)) return "stalled";
    if (open && now - this.#spokeAt >= silence * NEARLY) return "silent";
  }

  /** Lets nobody wait any longer. */
  release() {
    clearTimeout(this.#timer);
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  /** How many bytes are unsent, with what is kept beside them. Notes whether the peer has taken any. */
  #look(): number {
    const unsent = this.#socket.bufferedAmount;
    if (unsent < this.#unsent) this.#took = true;
    if (unsent === 0) this.#frames = 0;
    this.#unsent = unsent;
    return unsent + this.#frames * BESIDE;
  }

  #isOver(): boolean {
    const { unsent = 256 * 1024 } = this.#options;
    return this.#look() > unsent;
  }

  #drained(): Promise<void> {
    if (!this.#waiting) {
      this.#waiting = Promise.withResolvers();
      this.#await(0);
    }
    return this.#waiting.promise;
  }

  /** Looks in the next turns of the event loop, then more and more seldom. */
  #await(look: number) {
    if (!this.#waiting) return;
    if (!this.#isOver()) return this.release();
    const again = () => this.#await(look + 1);
    if (look < TURNS) setImmediate(again);
    else this.#timer = setTimeout(again, Math.min(PAUSE, 2 ** (look - TURNS)));
  }
}
