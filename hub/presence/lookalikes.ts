import { keyOf } from "../../static/names.js";
import { looksOf, SYSTEM, taken } from "../base/looks.ts";

/** A name that is in use, and by how many. */
interface Holder {
  username: string;
  count: number;
}

/** The names in use, by how they look: nobody may look like another. */
export class Lookalikes {
  #holders = new Map<string, Holder>();
  /** The name that was asked about last, and how it looks: who comes is asked about several times. */
  #latest = { username: "", looks: new Set<string>() };

  constructor() {
    this.hold(SYSTEM);
  }

  /**
   * Looks whether a name may be used now. The same person may always use it.
   *
   * @throws {ChatError} `name_taken`
   */
  check(username: string) {
    const key = keyOf(username);
    for (const look of this.#looksOf(username)) {
      const holder = this.#holders.get(look);
      if (holder === undefined || keyOf(holder.username) === key) continue;
      throw taken(username, holder.username);
    }
  }

  /** Keeps a name that was checked from others who would look like it, until {@linkcode release}. */
  hold(username: string) {
    for (const look of this.#looksOf(username)) {
      const holder = this.#holders.get(look);
      if (holder) holder.count++;
      else this.#holders.set(look, { username, count: 1 });
    }
  }

  /** Ends one {@linkcode hold} of a name in the same spelling. */
  release(username: string) {
    for (const look of this.#looksOf(username)) {
      if (--this.#holders.get(look)!.count === 0) this.#holders.delete(look);
    }
  }

  #looksOf(username: string): Set<string> {
    if (username !== this.#latest.username) {
      this.#latest = { username, looks: looksOf(username) };
    }
    return this.#latest.looks;
  }
}
