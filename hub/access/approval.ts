import { ChatError } from "../../messages.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Company } from "../engine/company.ts";
import type { Engine } from "../engine/engine.ts";
import type { Filter } from "./filter.ts";
import type { Identity } from "./identity.ts";
import type { Rulings } from "./rulings.ts";
import { SlowMode } from "./slow.ts";

/** Where something is to be said: in a room, or to somebody. */
export type Target = { room: string } | { to: string };

/** What somebody wishes to say, and by what it is known when it comes again. */
export interface Wish {
  content: string;
  ref?: string;
}

/** What is asked before something is said by somebody who may speak: is it their turn, and may it be said? */
export class Approval {
  #rulings: Rulings;
  #engine: Engine;
  #company: Company;
  #filter?: Filter;
  #slow = new SlowMode();

  constructor(rulings: Rulings, engine: Engine, company: Company, filter?: Filter) {
    this.#rulings = rulings;
    this.#engine = engine;
    this.#company = company;
    this.#filter = filter;
  }

  /**
   * Asks for it.
   *
   * @returns what may be said: at once, where there is nobody to ask
   * @throws {ChatError} `rate_limited`, `forbidden`, `unavailable`
   */
  ask(who: Identity, target: Target, { content, ref }: Wish): Soon<string> {
    const filter = this.#filter;
    if (!filter) return whenThere(this.#turn(who, target, ref), () => content);
    const { username, name } = who;
    // Nothing is asked about who has to wait; and what may not be said takes nobody's turn.
    const early = whenThere(
      this.#turn(who, target, ref, true),
      () => filter.ask({ username, name, ...target, content }),
    );
    return whenThere(early, (content) => whenThere(this.#turn(who, target, ref), () => content));
  }

  /**
   * Takes somebody's turn in a room: in a slow one each has to wait, whichever server they come to. What was
   * said already takes none.
   *
   * @param looks is it only looked whether it can be theirs, as far as this server knows?
   */
  #turn(
    { key, username, admin }: Identity,
    target: Target,
    ref?: string,
    looks = false,
  ): Soon<void> {
    if (!("room" in target) || admin) return;
    const { room } = target;
    const { slow } = this.#rulings.settings(room);
    if (slow === undefined) return;
    const name = `slow #${room} ${key}`;
    const interval = slow * 1_000;
    const wait = this.#slow.wait(name, interval) ||
      (looks ? 0 : this.#company.take?.(name, { rate: 1 / slow, burst: 1 }, 1));
    return whenThere(wait, (wait = 0) => {
      if (wait > 0) return this.#repeat({ username, room, ref }, wait);
      if (!looks) this.#slow.pass(name, interval);
    });
  }

  /** Lets through what was said already: who asks for the echo has it. @throws {ChatError} `rate_limited` */
  #repeat(draft: { username: string; room: string; ref?: string }, wait: number): Soon<void> {
    return whenThere(this.#engine.isSaid(draft), (isSaid) => {
      if (isSaid) return;
      const { room } = draft;
      throw new ChatError(
        "rate_limited",
        `Cannot say more in ${room}, it is slow: wait ${wait} ms`,
        { retryAfter: wait, room },
      );
    });
  }
}
