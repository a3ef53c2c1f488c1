import { type Fact, type Facts, FactTable, type Next } from "../facts.ts";
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
export class KeptFacts implements Facts {
  #table = new FactTable();
  #keep: (decision: Decision) => Promise<void>;

  /** @param known what is kept @param keep has a decision settled and applied, in the order of the calls */
  constructor(known: [name: string, fact: Fact][], keep: (decision: Decision) => Promise<void>) {
    for (const [name, fact] of known) this.#table.apply(name, fact);
    this.#keep = keep;
  }

  get size(): number {
    return this.#table.size;
  }

  get(name: string): Fact | undefined {
    return this.#table.get(name);
  }

  list(beginning: string): [name: string, fact: Fact][] {
    return this.#table.list(beginning);
  }

  watch(changed: (name: string, fact: Fact | undefined) => void) {
    this.#table.watch(changed);
  }

  async set(name: string, fact: Fact | undefined) {
    await this.change(name, () => fact);
  }

  async change(name: string, next: Next): Promise<Fact | undefined> {
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
      const known = settled.has(name) ? settled.get(name) : this.#table.get(name);
      try {
        const fact = decision.fact = next(known);
        if (fact) this.#table.check(name, fact);
        decision.changes = fact !== known;
        settled.set(name, fact);
      } catch (failure) {
        decision.failure = failure;
      }
    }
    return decisions.filter(({ changes }) => changes);
  }

  /** Lets one hold that is kept. */
  apply({ name, fact, changes }: Decision) {
    if (changes) this.#table.apply(name, fact);
  }
}
