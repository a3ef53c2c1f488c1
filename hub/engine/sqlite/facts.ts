import { type Fact, FactTable, type Next } from "../facts.ts";
import type { Change } from "./shared.ts";

/** A change that is to be kept, and then holds. */
export interface Decision extends Change {
  next: Next;
  /** Is there anything to change? */
  changes?: boolean;
  /** Why it cannot be. */
  failure?: unknown;
}

/** What the hub has agreed on: a table in memory, each change of which is kept first. */
export class KeptFacts extends FactTable {
  #keep: (decision: Decision) => Promise<void>;

  /** @param known what is kept @param keep has a decision settled and applied, in the order of the calls */
  constructor(known: [name: string, fact: Fact][], keep: (decision: Decision) => Promise<void>) {
    super();
    for (const [name, fact] of known) this.apply(name, fact);
    this.#keep = keep;
  }

  override async set(name: string, fact: Fact | undefined) {
    await this.change(name, () => fact);
  }

  override async change(name: string, next: Next): Promise<Fact | undefined> {
    const decision: Decision = { name, next };
    await this.#keep(decision);
    if (decision.failure) throw decision.failure;
    return decision.fact;
  }

  /** Decides what becomes of some, in their order. @returns what is to be kept */
  settle(decisions: Decision[]): Change[] {
    const settled = new Map<string, Fact | undefined>();
    for (const decision of decisions) {
      const { name, next } = decision;
      const known = settled.has(name) ? settled.get(name) : this.get(name);
      try {
        const fact = decision.fact = next(known);
        if (fact) this.check(name, fact);
        decision.changes = fact !== known;
        settled.set(name, fact);
      } catch (failure) {
        decision.failure = failure;
      }
    }
    return decisions.filter(({ changes }) => changes);
  }

  /** Has what is decided hold, once it is kept. */
  conclude({ name, fact, changes }: Decision) {
    if (changes) this.apply(name, fact);
  }
}
