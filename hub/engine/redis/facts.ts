import { clock } from "../../base/clock.ts";
import { type Fact, FactTable, type Next } from "../facts.ts";
import { Turns } from "../turns.ts";
import { PATIENCE } from "./bounds.ts";
import changeText from "./fact.lua" with { type: "text" };
import allText from "./facts.lua" with { type: "text" };
import forgetText from "./forget.lua" with { type: "text" };
import type { Keys } from "./keys.ts";
import { type Link, now, Script } from "./link.ts";

const [ALL, FORGET, GIVE] = [allText, forgetText, changeText].map((text) => new Script(text)) as [
  Script,
  Script,
  Script,
];
const CHANGE = new Script(changeText, { waits: true });

/** What facts need of the engine. */
export interface FactsOptions {
  link: Link;
  keys: Keys;
  /** Asks for something that is not there without Redis. @throws {ChatError} `unavailable` */
  ask<T>(act: (until: number) => Promise<T>): Promise<T>;
}

/** What is known of one: when it was changed, and what it is since then. */
interface Known {
  stamp: number;
  /** As it is in Redis, behind its stamp. */
  json: string;
  /** Until when that must be known, in milliseconds since the epoch. */
  until?: number;
}

/** A fact as it is in Redis; without a value it was lifted. */
interface Record extends Partial<Fact> {
  name: string;
}

/** A change that somebody asks for. */
interface Change {
  kind: "set" | "follow";
  /** As it is in Redis, behind its stamp. */
  json: string;
  name: string;
  /** When that was changed which is known here. */
  stamp: number;
  asked: number;
  /** What came of it, as it is in Redis; or why nothing did. */
  text?: string;
  failure?: unknown;
}

/** Milliseconds for which it is known of a fact that it was lifted. */
const LIFTED = 86_400_000;
/** Milliseconds after the end of a fact in which it is let go: clocks may differ. */
const MARGIN = 60_000;
/** Facts in one call: nobody else is served by Redis meanwhile. */
const TOGETHER = 200;

/**
 * What all nodes have agreed on, as one of them holds it. Redis keeps it and has all told; of what it
 * has lost each node gives back what it knows, and the newer of two changes holds.
 */
export class RedisFacts extends FactTable {
  #options: FactsOptions;
  #known = new Map<string, Known>();
  /** Which change was the newest, of those up to which all are known. */
  #version = "";
  #turns = new Turns((changes: Change[]) => this.#act(changes));
  #loading?: Promise<void>;
  #again = false;

  constructor(options: FactsOptions) {
    super();
    this.#options = options;
  }

  override async set(name: string, fact: Fact | undefined) {
    await this.#change("set", name, fact);
  }

  override async change(name: string, next: Next): Promise<Fact | undefined> {
    while (true) {
      const known = this.get(name);
      const fact = next(known);
      // Whoever was first is taken in by then.
      if (fact === known || await this.#change("follow", name, fact)) return fact;
    }
  }

  /** Takes in what was published. */
  take(text: string) {
    const end = text.indexOf("\n");
    const [prev, version] = text.slice(0, end).split(" ") as [string, string];
    for (const line of text.slice(end + 1).split("\n")) this.#takeIn(line);
    if (prev === this.#version) this.#version = version;
    else this.load().catch(() => {});
  }

  /** Looks whether anything has changed that was not told here, and lets go of what has ended. @throws {Error} */
  async look() {
    await this.load();
    const ended = [...this.#known].filter(([, { until }]) =>
      until !== undefined && until + MARGIN < clock.date()
    ).map(([name]) => name);
    const { link, keys } = this.#options;
    for (let i = 0; i < ended.length; i += TOGETHER) {
      const some = ended.slice(i, i + TOGETHER);
      await link.run(FORGET, [keys.facts.facts], some, now() + PATIENCE);
      for (const name of some) this.#known.delete(name);
    }
  }

  /** Reads all, where there is anything that is not known here, and gives back what Redis lacks. @throws {Error} */
  load(): Promise<void> {
    this.#again = this.#loading !== undefined;
    return this.#loading ??= this.#load().finally(() => this.#loading = undefined);
  }

  async #load() {
    do {
      this.#again = false;
      const { link, keys } = this.#options;
      const { facts, version } = keys.facts;
      const answer = await link.run(ALL, [facts, version], [this.#version], now() + PATIENCE);
      const [newest, all] = answer as [string, string[]?];
      if (!all) continue;
      const there = new Map<string, number>();
      for (let i = 0; i < all.length; i += 2) {
        there.set(all[i]!, stampOf(all[i + 1]!));
        this.#takeIn(all[i + 1]!);
      }
      this.#version = newest;
      const lacking = [...this.#known].filter(([name, { stamp, until }]) =>
        stamp > (there.get(name) ?? 0) && (until === undefined || until > clock.date())
      );
      try {
        await this.#give(lacking);
      } catch (error) {
        // It is looked at again, though nothing has changed there.
        this.#version = "";
        throw error;
      }
    } while (this.#again);
  }

  /** Gives back what Redis has lost. @throws {Error} */
  async #give(lacking: [string, Known][]) {
    for (let i = 0; i < lacking.length; i += TOGETHER) {
      const values = lacking.slice(i, i + TOGETHER)
        .flatMap(([name, { stamp, json }]) => ["give", name, stamp, json]);
      await this.#run(GIVE, values, now() + PATIENCE);
    }
  }

  /** Has some changed. @returns what each is then @throws {Error} */
  async #run(script: Script, values: (string | number)[], until: number): Promise<string[]> {
    const { link, keys } = this.#options;
    const { facts, version, live } = keys.facts;
    const all = [live, ...values];
    return await link.run(script, [facts, version], all, until) as string[];
  }

  /** Has one changed. @returns is it as it was to be? @throws {ChatError} */
  #change(kind: Change["kind"], name: string, fact: Fact | undefined): Promise<boolean> {
    if (fact) this.check(name, fact);
    const record: Record = { name, ...fact ?? { until: clock.date() + LIFTED } };
    const json = JSON.stringify(record);
    return this.#options.ask(async () => {
      const { stamp = 0 } = this.#known.get(name) ?? {};
      const change: Change = { kind, name, stamp, json, asked: now() };
      await this.#turns.add(change, 0);
      if (change.text === undefined) throw change.failure;
      this.#takeIn(change.text);
      return change.text.endsWith(` ${json}`);
    });
  }

  /** Has some changed, in their order. Never fails: each is told what came of it. */
  async #act(changes: Change[]) {
    for (let i = 0; i < changes.length; i += TOGETHER) {
      const some = changes.slice(i, i + TOGETHER);
      const values = some.flatMap(({ kind, name, stamp, json }) => [kind, name, stamp, json]);
      try {
        const until = Math.max(...some.map(({ asked }) => asked)) + PATIENCE;
        const texts = await this.#run(CHANGE, values, until);
        some.forEach((change, i) => change.text = texts[i]);
      } catch (failure) {
        for (const change of some) change.failure = failure;
      }
    }
  }

  /** Takes in one as it is in Redis, unless a newer change of it is known. */
  #takeIn(text: string) {
    const stamp = stampOf(text);
    const json = text.slice(text.indexOf(" ") + 1);
    const { name, value, until }: Record = JSON.parse(json);
    if (stamp <= (this.#known.get(name)?.stamp ?? 0)) return;
    this.#known.set(name, { stamp, json, until });
    const fact = until === undefined ? { value: value! } : { value: value!, until };
    this.apply(name, value === undefined ? undefined : fact);
  }
}

function stampOf(text: string): number {
  return Number(text.slice(0, text.indexOf(" ")));
}
