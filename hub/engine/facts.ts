import { ChatError } from "../../messages.ts";
import { clock } from "../base/clock.ts";
import type { Soon } from "../base/soon.ts";

/** Something that holds under a name. */
export interface Fact {
  /** At most 1,024 characters. */
  value: string;
  /** Until when, in milliseconds since the epoch. @default for ever */
  until?: number;
}

/**
 * What all processes know at once and the engine keeps: who is banned, what a room is about. Few and
 * small facts, by name: each process holds all of them, so that looking one up takes no time.
 */
export interface Facts {
  /** How many there are. */
  readonly size: number;

  /** What holds under a name. */
  get(name: string): Fact | undefined;

  /** Those whose names begin with a text, sorted by name. */
  list(beginning: string): [name: string, fact: Fact][];

  /**
   * Lets something hold under a name, or nothing.
   *
   * @throws {ChatError} `unavailable`: it may hold nevertheless; or there are too many; `bad_message`: it is
   * too long
   */
  set(name: string, fact: Fact | undefined): Soon<void>;

  /**
   * Has what holds under a name follow on what held before: nobody changes it in between.
   *
   * @param next gives what is to hold, of what does; may be called more than once
   * @returns what holds then @throws {ChatError} as {@linkcode set}
   */
  change(name: string, next: Next): Soon<Fact | undefined>;

  /**
   * Calls after each change, here or elsewhere, and where something is known anew; not where the time of
   * something is over.
   */
  watch(changed: (name: string, fact: Fact | undefined) => void): void;
}

/** Gives what is to hold, of what does; that itself where nothing is to change. */
export type Next = (known: Fact | undefined) => Fact | undefined;

/** How many there may be, and how long each is. */
export const FACTS = { most: 10_000, name: 256, value: 1_024 } as const;

/** The facts as one process holds them: all that there is to them where nothing is kept. */
export class FactTable implements Facts {
  #facts = new Map<string, Fact>();
  #watchers: ((name: string, fact: Fact | undefined) => void)[] = [];

  get size(): number {
    return this.#facts.size;
  }

  get(name: string): Fact | undefined {
    if (this.#facts.size === 0) return undefined;
    const fact = this.#facts.get(name);
    if (fact === undefined || holds(fact)) return fact;
    this.#facts.delete(name);
  }

  list(beginning: string): [string, Fact][] {
    return [...this.#facts]
      .filter(([name, fact]) => name.startsWith(beginning) && holds(fact))
      .sort(([a], [b]) => a < b ? -1 : 1);
  }

  set(name: string, fact: Fact | undefined): Soon<void> {
    if (fact) this.check(name, fact);
    this.apply(name, fact);
  }

  change(name: string, next: Next): Soon<Fact | undefined> {
    const known = this.get(name);
    const fact = next(known);
    if (fact !== known) this.set(name, fact);
    return fact;
  }

  watch(changed: (name: string, fact: Fact | undefined) => void) {
    this.#watchers.push(changed);
  }

  /** Looks whether there is room for one. @throws {ChatError} */
  check(name: string, { value }: Fact) {
    if (name.length > FACTS.name) throw tooLong("its name", FACTS.name);
    if (value.length > FACTS.value) throw tooLong("it", FACTS.value);
    if (!(name.isWellFormed() && value.isWellFormed())) {
      throw new ChatError("bad_message", "Cannot keep this: there is half a character in it");
    }
    if (this.#facts.size < FACTS.most || this.#facts.has(name)) return;
    for (const [name, fact] of this.#facts) if (!holds(fact)) this.#facts.delete(name);
    if (this.#facts.size < FACTS.most) return;
    throw new ChatError("unavailable", `Cannot keep more than ${FACTS.most} of these: lift some`);
  }

  /** Takes note of what holds by now, and tells whoever watches. */
  apply(name: string, fact: Fact | undefined) {
    if (fact && holds(fact)) this.#facts.set(name, fact);
    else if (!this.#facts.delete(name)) return;
    for (const changed of this.#watchers) changed(name, fact);
  }
}

function tooLong(what: string, most: number): ChatError {
  return new ChatError("bad_message", `Cannot keep this: ${what} is over ${most} characters`);
}

function holds({ until }: Fact): boolean {
  return until === undefined || clock.date() < until;
}
