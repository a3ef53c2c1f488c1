import { keyOf } from "../../static/names.js";
import { looksOf, SYSTEM, taken } from "../base/looks.ts";
import type { Called } from "../engine/company.ts";

/** Whose name is in use, and how many times. */
interface Holder extends Called {
  count: number;
}

/** The names in use, by how they look: nobody may look like another. */
export class Lookalikes {
  #holders = new Map<string, Holder>();
  /** The name that was asked about last, and how it looks: who comes is asked about several times. */
  #latest = { username: "", looks: new Set<string>() };

  constructor() {
    this.hold({ username: SYSTEM, key: keyOf(SYSTEM) });
  }

  /**
   * Looks whether a name may be used now. The same person may always use it.
   *
   * @throws {ChatError} `name_taken`
   */
  check({ username, key }: Called) {
    for (const look of this.#looksOf(username)) {
      const holder = this.#holders.get(look);
      if (holder === undefined || holder.key === key) continue;
      throw taken(username, holder.username);
    }
  }

  /** The key of whoever has a name, in whichever spelling; where nobody has, that of somebody of whom no more is asked. */
  keyOf(username: string): string {
    const key = keyOf(username);
    // The first look is the same for all spellings.
    const [look] = this.#looksOf(username);
    const holder = this.#holders.get(look!);
    return holder && keyOf(holder.username) === key ? holder.key : key;
  }

  /** Keeps a name that was checked from others who would look like it, until {@linkcode release}. */
  hold({ username, key }: Called) {
    for (const look of this.#looksOf(username)) {
      const holder = this.#holders.get(look);
      if (holder) holder.count++;
      else this.#holders.set(look, { username, key, count: 1 });
    }
  }

  /** Ends one {@linkcode hold} of a name in the same spelling. */
  release({ username }: Called) {
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
