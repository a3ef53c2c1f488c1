import { keyOf } from "../../static/names.js";
import { looksOf, SYSTEM, taken } from "../base/looks.ts";
import { type Called, yieldsTo } from "../engine/company.ts";

/** Whose name is in use, and how many times. */
interface Holder extends Called {
  count: number;
}

/**
 * The names in use, by how they look: nobody may look like another. Where somebody has taken a name from
 * those who must give it up, these hold it as well until they are forgotten, and it counts for nothing.
 */
export class Lookalikes {
  /** Of each look, the latest last. */
  #holders = new Map<string, Holder[]>();
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
    const other = this.#others(username, key).find((holder) => !yieldsTo(holder.key, key));
    if (other) throw taken(username, other.username);
  }

  /** The keys of those who must give up their name to somebody. */
  yielding({ username, key }: Called): Set<string> {
    const others = this.#others(username, key).filter((holder) => yieldsTo(holder.key, key));
    return new Set(others.map((holder) => holder.key));
  }

  /** The key of whoever has a name, in whichever spelling; where nobody has, that of somebody of whom no more is asked. */
  keyOf(username: string): string {
    const key = keyOf(username);
    // The first look is the same for all spellings.
    const [look] = this.#looksOf(username);
    const keys = (this.#holders.get(look!) ?? [])
      .filter((holder) => keyOf(holder.username) === key).map((holder) => holder.key);
    // Whoever had to give it up may hold it still.
    return keys.includes(key) ? key : keys.at(-1) ?? key;
  }

  /** Keeps a name that was checked from others who would look like it, until {@linkcode release}. */
  hold({ username, key }: Called) {
    for (const look of this.#looksOf(username)) {
      const holders = this.#holders.get(look) ?? [];
      const holder = holders.find((holder) => holder.key === key);
      if (holder) holder.count++;
      else this.#holders.set(look, [...holders, { username, key, count: 1 }]);
    }
  }

  /** Ends one {@linkcode hold} of a name in the same spelling. */
  release({ username, key }: Called) {
    for (const look of this.#looksOf(username)) {
      const holders = this.#holders.get(look)!;
      const holder = holders.find((holder) => holder.key === key)!;
      if (--holder.count > 0) continue;
      if (holders.length === 1) this.#holders.delete(look);
      else this.#holders.set(look, holders.filter((other) => other !== holder));
    }
  }

  /** Who else has a name that looks so. */
  #others(username: string, key: string): Holder[] {
    const looks = [...this.#looksOf(username)];
    return looks.flatMap((look) => this.#holders.get(look) ?? [])
      .filter((holder) => holder.key !== key);
  }

  #looksOf(username: string): Set<string> {
    if (username !== this.#latest.username) {
      this.#latest = { username, looks: looksOf(username) };
    }
    return this.#latest.looks;
  }
}
