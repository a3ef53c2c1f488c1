import { clearTimeout, setImmediate, setTimeout } from "node:timers";

/** Milliseconds that a turn of the event loop takes at most when it has nothing to do. */
const IDLE = 0.1;
/** Turns that tasks wait at most while every one of them brings more. */
const PATIENCE = 16;
/** The longest that writing may seem to take, and the longest rest after it, in milliseconds. */
const WRITE = 50;
const REST = 10;
/** How many are woken in one turn. */
const WAVE = 32;

/** The time and the turns of the event loop, as a {@linkcode Ticker} needs them. */
export interface Loop {
  /** Milliseconds since some moment, by the clock that timers go by. */
  now(): number;
  /** Calls at the end of the current job. */
  microtask(call: () => void): void;
  /** Calls in the next turn. */
  immediate(call: () => void): void;
  /** Calls after so many milliseconds, unless the function that it gives is called before. */
  timeout(call: () => void, ms: number): () => void;
}

/** The event loop there is. Its timers go by the real time, and so its clock does. */
export const runtime: Loop = {
  now: () => performance.now(),
  microtask: queueMicrotask,
  immediate: setImmediate,
  timeout(call, ms) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** What a ticker is at. */
type State =
  /** Nothing: no task is due, and what the last ones said is written. */
  | "calm"
  /** Tasks are due; each turn that brings nothing new may be the one to run them. */
  | "gathering"
  /** One task is due, and waits for another one or a timer. */
  | "resting"
  /** The runtime writes what the tasks have said. */
  | "writing";

/** Decides when the readers of a hub's logs are woken: at once, or many messages at a time. */
export class Ticker {
  #loop: Loop;
  #state: State = "calm";
  #due = new Set<() => void>();
  /** Was anything asked for since the last turn? */
  #more = false;
  /** Was only one thing asked for, which may rest? */
  #lone = false;
  /** Turns for which tasks have been waiting. */
  #waited = 0;
  #endRest = () => {};
  /** When the tasks were last run, when the last turn was, and until when to rest. */
  #ranAt = 0;
  #turnedAt = 0;
  #restUntil = -Infinity;

  constructor(loop: Loop = runtime) {
    this.#loop = loop;
  }

  /**
   * Runs `task` soon, once however often it is asked for until then.
   *
   * When nothing goes on, that is at the end of the current job: a lone message is not delayed. Else
   * it is after the first turn of the event loop that brings nothing new: a socket gives one frame a
   * turn, so who sent many is read to the end first. And when what the tasks said was much to write,
   * one that was asked for by a single message may rest for as long as that took, so that it may meet
   * another: then no more than half of the time goes into telling many readers one message at a time.
   *
   * @param task must not throw
   * @param mayRest does it gain from meeting another?
   */
  soon(task: () => void, mayRest: boolean) {
    this.#lone = mayRest && this.#due.size === 0;
    this.#due.add(task);
    this.#more = true;
    if (this.#state === "calm") {
      this.#state = "gathering";
      if (this.#lone && this.#loop.now() < this.#restUntil) this.#loop.immediate(this.#turn);
      else this.#loop.microtask(this.#run);
    } else if (this.#state === "resting") {
      this.#state = "gathering";
      this.#endRest();
      this.#loop.immediate(this.#turn);
    }
  }

  /**
   * Does `act` with each item: with the first few at once, with the next few in the next turn of the
   * event loop, and so on. So the runtime writes what was said to some before others are woken: the
   * first wait less, the last may find more, and there is never more in the air than a cache can hold.
   *
   * @param items may change meanwhile, as a Set may
   */
  inWaves<T>(items: Iterable<T>, act: (item: T) => void) {
    const remaining = items[Symbol.iterator]();
    const wave = () => {
      for (let i = 0; i < WAVE; i++) {
        const { value, done } = remaining.next();
        if (done) return;
        act(value);
      }
      this.#loop.immediate(wave);
    };
    wave();
  }

  #run = () => {
    const tasks = [...this.#due];
    this.#due.clear();
    this.#more = false;
    this.#waited = 0;
    this.#state = "writing";
    this.#ranAt = this.#turnedAt = this.#loop.now();
    this.#loop.immediate(this.#turn);
    for (const task of tasks) task();
  };

  #turn = () => {
    const now = this.#loop.now();
    const took = now - this.#ranAt;
    // Other work may keep every turn long: it must not pass for writing for ever.
    if (this.#state === "writing" && (now - this.#turnedAt < IDLE || took > WRITE)) {
      this.#state = "gathering";
      this.#restUntil = now + Math.min(took, REST);
    }
    this.#turnedAt = now;
    const more = this.#more;
    this.#more = false;
    // In whole milliseconds, which is what timers count.
    const rest = Math.round(this.#restUntil - now);
    if (more || this.#state === "writing") this.#wait();
    else if (this.#due.size === 0) this.#state = "calm";
    else if (this.#lone && rest > 0) this.#rest(rest);
    else this.#run();
  };

  /** Lets another turn pass, unless the tasks have waited for enough of them. */
  #wait() {
    if (this.#due.size > 0 && ++this.#waited > PATIENCE) this.#run();
    else this.#loop.immediate(this.#turn);
  }

  #rest(ms: number) {
    this.#state = "resting";
    this.#endRest = this.#loop.timeout(this.#run, ms);
  }
}
