import { ChatError } from "../../messages.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Company } from "../engine/company.ts";
import type { Filter } from "./filter.ts";
import type { Identity } from "./identity.ts";
import type { Rulings } from "./rulings.ts";
import { SlowMode } from "./slow.ts";

/** Where something is to be said: in a room, or to somebody. */
export type Target = { room: string } | { to: string };

/** What is asked before something is said by somebody who may speak: is it their turn, and may it be said? */
export class Approval {
  #rulings: Rulings;
  #company: Company;
  #filter?: Filter;
  #slow = new SlowMode();

  constructor(rulings: Rulings, company: Company, filter?: Filter) {
    this.#rulings = rulings;
    this.#company = company;
    this.#filter = filter;
  }

  /**
   * Asks for it.
   *
   * @returns what may be said: at once, where there is nobody to ask
   * @throws {ChatError} `rate_limited`, `forbidden`, `unavailable`
   */
  ask(who: Identity, target: Target, content: string): Soon<string> {
    const turn = "room" in target ? this.#turn(who, target.room) : undefined;
    return whenThere(turn, () => {
      if (!this.#filter) return content;
      const { username, name } = who;
      return this.#filter.ask({ username, name, ...target, content });
    });
  }

  /** Is it somebody's turn in a room? In a slow one each has to wait, whichever server they come to. */
  #turn({ key, admin }: Identity, room: string): Soon<void> {
    const { slow } = this.#rulings.settings(room);
    if (slow === undefined || admin) return;
    const name = `slow #${room} ${key}`;
    const here = this.#slow.pass(name, slow * 1_000);
    const wait = here || this.#company.take?.(name, { rate: 1 / slow, burst: 1 }, 1);
    return whenThere(wait, (wait = 0) => {
      if (wait === 0) return;
      if (here === 0) this.#slow.keepWaiting(name, wait);
      throw new ChatError(
        "rate_limited",
        `Cannot say more in ${room}, it is slow: wait ${wait} ms`,
        {
          retryAfter: wait,
          room,
        },
      );
    });
  }
}
