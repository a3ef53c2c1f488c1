/**
 * How long a person had not met the server, and what became of it meanwhile. Knows nothing of the
 * page.
 *
 * @module
 */
import { readStats } from "../server.js";

/**
 * What became of the server. `forgetful`: it forgets what was said when it is started anew;
 * `forgotten`: it was.
 *
 * @typedef {{ forgetful: boolean, forgotten: boolean }} Fate
 */

/** The time between two connections. */
export class Absence {
  #length = 0;
  /** @type {Promise<Fate> | undefined} */
  #asking;
  /** Was the server started anew in that time, and has forgotten what was said? Known only once it was asked. */
  forgotten = false;

  /** @param {number} metAt when the server was last met, in milliseconds since the epoch; 0: never */
  constructor(metAt) {
    this.metAt = metAt;
  }

  /** It is met again. */
  end() {
    this.#length = Date.now() - this.metAt;
    this.metAt = Date.now();
    this.forgotten = false;
    this.#asking = undefined;
  }

  /** Finds out what became of the server. Where it does not say, nothing did. */
  async ask() {
    const length = this.#length;
    const asking = this.#asking ??= readStats().then(({ uptime, engine = "memory" }) => {
      const forgetful = engine === "memory";
      return { forgetful, forgotten: forgetful && uptime * 1_000 < length };
    }, () => ({ forgetful: false, forgotten: false }));
    const fate = await asking;
    if (asking === this.#asking) this.forgotten = fate.forgotten;
    return fate;
  }
}
