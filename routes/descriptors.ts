import type { Fate } from "../hub/conversation/socket.ts";
import type { Config } from "./config.ts";

/** How often the log says that descriptors are lost, until all that may be lost are. */
const WARNINGS = 100;

/**
 * The books about file descriptors of conversations and event streams. One is held until the other end
 * is gone, which may be long after we have closed our own: the runtime cannot end it sooner.
 */
export class Descriptors {
  #most: number;
  #log: Config["log"];
  #held = 0;
  #lost = 0;
  #exhausted = Promise.withResolvers<void>();

  /** @param config `maxConnections` bounds how many may be held, and how many lost */
  constructor({ maxConnections, log }: Pick<Config, "maxConnections" | "log">) {
    this.#most = maxConnections;
    this.#log = log;
  }

  /** How many are held. */
  get held(): number {
    return this.#held;
  }

  /** How many the runtime will never give back, and nobody uses. */
  get lost(): number {
    return this.#lost;
  }

  /** May no further one be held? */
  get full(): boolean {
    return this.#held >= this.#most;
  }

  /** Resolves once so many are lost that only a new process helps. */
  get exhausted(): Promise<void> {
    return this.#exhausted.promise;
  }

  /** Counts one until it is gone. */
  hold(gone: Promise<Fate>) {
    this.#held++;
    gone.then((fate) => {
      this.#held--;
      if (fate === "lost") this.#lose();
    });
  }

  #lose() {
    const most = this.#most;
    const before = Math.ceil(this.#lost * WARNINGS / most);
    this.#lost++;
    // Not for each: whoever makes us lose them would fill the log as well.
    if (Math.ceil(this.#lost * WARNINGS / most) > before) {
      this.#log("warn", "descriptors lost", { lost: this.#lost, most });
    }
    if (this.#lost >= most) this.#exhausted.resolve();
  }
}
