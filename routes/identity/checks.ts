import { ChatError } from "../../messages.ts";

/** How many checks there may be. */
export interface CheckOptions {
  /** Under way at the same time. More would hold up all else, and be done no sooner. @default 2 */
  together?: number;
  /** That wait for their turn. @default 10000 */
  most?: number;
}

/** Does what takes its time, a few at once and in the order in which it was asked for. */
export class Checks {
  #together: number;
  #most: number;
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor({ together = 2, most = 10_000 }: CheckOptions = {}) {
    this.#together = together;
    this.#most = most;
  }

  /** Does something when it is its turn. @throws {ChatError} `unavailable` where too many wait already */
  async do<T>(check: () => Promise<T>): Promise<T> {
    if (this.#underWay < this.#together) this.#underWay++;
    else await this.#turn();
    try {
      return await check();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#underWay--;
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length < this.#most) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
    throw new ChatError("unavailable", "Too many come with tokens at once: try again later", {
      retryAfter: 5_000,
    });
  }
}
