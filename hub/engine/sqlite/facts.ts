import { type Fact, type Facts, FactTable } from "../facts.ts";
import type { Change } from "./shared.ts";

/** A change that is to be kept, and then holds. */
export interface Decision extends Change {
  /** Is it to hold only where nothing does? */
  isFirst: boolean;
  /** What holds instead of it, where something does. */
  known?: Fact;
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
    if (fact) this.#table.check(name, fact);
    await this.#keep({ name, fact, isFirst: false });
  }

  async add(name: string, fact: Fact): Promise<Fact> {
    this.#table.check(name, fact);
    const decision: Decision = { name, fact, isFirst: true };
    await this.#keep(decision);
    return decision.known ?? fact;
  }

  /** Decides what becomes of some, in their order. @returns what is to be kept */
  settle(decisions: Decision[]): Change[] {
    const settled = new Map<string, Fact | undefined>();
    return decisions.filter((decision) => {
      const { name, fact, isFirst } = decision;
      decision.known = settled.has(name) ? settled.get(name) : this.#table.get(name);
      if (isFirst && decision.known) return false;
      decision.known = undefined;
      settled.set(name, fact);
      return true;
    });
  }

  /** Lets one hold that is kept. */
  apply({ name, fact, known }: Decision) {
    if (!known) this.#table.apply(name, fact);
  }
}
