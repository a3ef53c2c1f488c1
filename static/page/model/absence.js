/**
 * How long a person had not met the server, and what became of it meanwhile. Knows nothing of the
 * page.
 *
 * @module
 */
import { readUptime } from "../server.js";

/** The time between two connections. */
export class Absence {
  #length = 0;
  /** @type {Promise<boolean> | undefined} */
  #asking;
  /** Was the server started anew in that time? Known only once it was asked. */
  restarted = false;

  /** @param {number} metAt when the server was last met, in milliseconds since the epoch; 0: never */
  constructor(metAt) {
    this.metAt = metAt;
  }

  /** It is met again. */
  end() {
    this.#length = Date.now() - this.metAt;
    this.metAt = Date.now();
    this.restarted = false;
    this.#asking = undefined;
  }

  /** Finds out whether the server was started anew. Where it does not say, it was not. */
  async ask() {
    const length = this.#length;
    const asking = this.#asking ??= readUptime()
      .then((uptime) => uptime * 1_000 < length, () => false);
    const restarted = await asking;
    if (asking === this.#asking) this.restarted = restarted;
    return restarted;
  }
}
