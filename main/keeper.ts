import { clock } from "../hub/base/clock.ts";

/** What of a process a keeper needs. */
export type Child = Pick<Deno.ChildProcess, "status" | "kill">;

/** Milliseconds for each process. */
const TIMES = {
  /** Who ends so soon would end again: it is not started a second time. */
  trial: 10_000,
  /** Until it is started again, at first and at most: twice as many each time. */
  first: 1_000,
  most: 30_000,
  /** After that it starts with the first pause again. */
  sound: 60_000,
};

/** Keeps a process going: it is started again whenever it ends. */
export class Keeper {
  /** Its exit code, once it is not started again. */
  readonly done: Promise<number>;
  #start: () => Child;
  #ended: (fields: { code: number; pause: number }) => void;
  #child?: Child;
  #stop!: () => void;
  #stopped: Promise<void>;
  #stopping = false;

  /**
   * @param start starts it
   * @param ended is told of each end after which it is started again in so many milliseconds
   */
  constructor(start: () => Child, ended: (fields: { code: number; pause: number }) => void) {
    this.#start = start;
    this.#ended = ended;
    this.#stopped = new Promise((resolve) => this.#stop = resolve);
    this.done = this.#keep();
  }

  /** Has it end in good order, and not start again. */
  stop() {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#stop();
    try {
      this.#child?.kill("SIGTERM");
    } catch {
      // It has ended.
    }
  }

  async #keep(): Promise<number> {
    const began = clock.now();
    let pause = TIMES.first;
    while (true) {
      const started = clock.now();
      this.#child = this.#start();
      const { code } = await this.#child.status;
      const now = clock.now();
      if (this.#stopping || now - began < TIMES.trial) return code;
      if (now - started >= TIMES.sound) pause = TIMES.first;
      this.#ended({ code, pause });
      await this.#pause(pause);
      if (this.#stopping) return 0;
      pause = Math.min(2 * pause, TIMES.most);
    }
  }

  /** Waits for so many milliseconds, or until it is not to be started again. */
  async #pause(milliseconds: number) {
    let timer;
    const over = new Promise((resolve) => timer = setTimeout(resolve, milliseconds));
    await Promise.race([this.#stopped, over]);
    clearTimeout(timer);
  }
}
