/** The part of `@std/testing/time` this project uses. See `../README.md`. @module */

/** An error about the use of {@linkcode FakeTime}. */
export class TimeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TimeError";
  }
}

/** A callback that waits for its time. */
interface Timer {
  due: number;
  /** Milliseconds from one call to the next, of an interval. */
  every?: number;
  run(): void;
}

/** The functions that are replaced. */
const { Date: RealDate, setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
const { timeout } = AbortSignal;

let active: FakeTime | undefined;

/** `Date`, but without arguments it is the faked instant. */
const FakeDate = new Proxy(RealDate, {
  construct: (Real, args) => Reflect.construct(Real, args.length === 0 ? [now()] : args),
  apply: (Real) => new Real(now()).toString(),
  get: (Real, name, receiver) => name === "now" ? now : Reflect.get(Real, name, receiver),
});

/** Who kept `FakeDate` for longer than the faked time lasted gets the real one. */
const now = () => active?.now ?? RealDate.now();

/**
 * Replaces `Date`, `setTimeout`, `setInterval`, their `clear…` functions and `AbortSignal.timeout`
 * by ones that move only when told to, until it is disposed of. There is one at a time.
 */
export class FakeTime {
  #start: number;
  #now: number;
  #timers = new Map<number, Timer>();
  #ids = 0;

  /**
   * @param start the first instant; default: now
   * @throws {TimeError} when time is faked already
   * @throws {TypeError} when `start` is no instant
   */
  constructor(start?: number | string | Date | null) {
    if (active) throw new TimeError("Cannot construct FakeTime: time is already faked");
    const first = start === undefined || start === null
      ? RealDate.now()
      : Math.floor(new RealDate(start).valueOf());
    if (Number.isNaN(first)) {
      throw new TypeError(`Cannot construct FakeTime: invalid start time ${first}`);
    }
    this.#start = this.#now = first;
    active = this;
    this.#replace();
  }

  /** Puts the real functions back, whoever has replaced them. */
  static restore() {
    if (!active) throw new TimeError("Cannot restore time: time is already restored");
    active.restore();
  }

  /**
   * The faked instant in milliseconds since the epoch. Setting it runs what falls due until then;
   * where a callback throws, time stops.
   *
   * @throws {RangeError} when it would go back
   */
  get now(): number {
    return this.#now;
  }

  set now(value: number) {
    if (value < this.#now) {
      throw new RangeError(
        `Cannot set current time in the past, time must be >= ${this.#now}: received ${value}`,
      );
    }
    for (let next = this.#first(); next && next[1].due <= value; next = this.#first()) {
      const [id, { due, every, run }] = next;
      this.#now = due;
      // Taken out and put in again, so that it comes after others that fall due then.
      this.#timers.delete(id);
      if (every !== undefined) this.#timers.set(id, { due: due + every, every, run });
      run();
    }
    this.#now = value;
  }

  /** The instant it started with. */
  get start(): number {
    return this.#start;
  }

  /** Moves time on by `ms` and runs every timer that falls due, in order. */
  tick(ms = 0) {
    this.now += ms;
  }

  /** Like {@linkcode tick}, after letting pending promise callbacks run. */
  async tickAsync(ms = 0): Promise<void> {
    await this.runMicrotasks();
    this.now += ms;
  }

  /** Moves time on to the next timer and runs what falls due then. Was there one? */
  next(): boolean {
    const next = this.#first();
    if (next) this.now = next[1].due;
    return next !== undefined;
  }

  /** Lets promise callbacks run that are pending now. */
  async runMicrotasks(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /**
   * Puts the real functions back.
   *
   * @throws {TimeError} when they are back already
   */
  restore() {
    if (!active) throw new TimeError("Cannot restore time: time is already restored");
    active = undefined;
    Object.assign(globalThis, {
      Date: RealDate,
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
    });
    AbortSignal.timeout = timeout;
  }

  [Symbol.dispose]() {
    this.restore();
  }

  /** The timer that falls due first; of several the one that was set first. */
  #first(): [id: number, Timer] | undefined {
    let first: [number, Timer] | undefined;
    for (const each of this.#timers) if (!first || each[1].due < first[1].due) first = each;
    return first;
  }

  #replace() {
    const clear = (id: unknown) => void this.#timers.delete(id as number);
    Object.assign(globalThis, {
      Date: FakeDate,
      setTimeout: (run: Callback, ms = 0, ...args: unknown[]) => this.#set(false, run, ms, args),
      setInterval: (run: Callback, ms = 0, ...args: unknown[]) => this.#set(true, run, ms, args),
      clearTimeout: clear,
      clearInterval: clear,
    });
    AbortSignal.timeout = (ms) => {
      const controller = new AbortController();
      const abort = () => controller.abort(new DOMException("Signal timed out.", "TimeoutError"));
      this.#set(false, abort, ms, []);
      return controller.signal;
    };
  }

  #set(repeat: boolean, callback: Callback, ms: number, args: unknown[]): number {
    if (typeof callback !== "function") {
      const name = repeat ? "setInterval" : "setTimeout";
      throw new TimeError(`FakeTime does not support non-function callbacks to ${name}`);
    }
    const delay = Math.max(repeat ? 1 : 0, Math.floor(ms));
    const id = ++this.#ids;
    const run = () => callback(...args);
    this.#timers.set(id, { due: this.#now + delay, every: repeat ? delay : undefined, run });
    return id;
  }
}

type Callback = (...args: unknown[]) => unknown;
