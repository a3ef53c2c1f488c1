import { within } from "../within.ts";
import type { Attack } from "./attack.ts";
import { hash } from "./hash.ts";
import { type Heard, type Letters, Pair } from "./pair.ts";
import { type Known, Target } from "./target.ts";
import type { Vitals } from "./vitals.ts";

/** Milliseconds that 99 % of what honest people say may take, whoever attacks. */
export const BOUND = 250;
/** Milliseconds that a quiet server is listened to, to know how slow the machine is. */
const QUIET = 1_500;
/** How many times it is tried anew. */
const TRIES = 2;
/** Milliseconds that the pair talks at least, so that its times mean something. */
const LEAST = 1_000;
/** Milliseconds in which an attack has to end once its time is over. */
const END = 10_000;

/** What came of attacks beside each other. */
export interface Outcome {
  names: string[];
  /** Inputs. */
  tried: number;
  heard: Heard;
  /** What must not be, in words. */
  problems: string[];
}

/** What is known of the server. */
export interface Place extends Known {
  seed: number;
  /** How the pair is let in. */
  letters?: Letters;
  /** Where it is our own. */
  vitals?: Vitals;
}

/** Attacks on a server, one after the other, while an honest pair goes on talking. */
export class Siege implements Disposable {
  #host: string;
  #place: Place;
  #pair: Pair;

  private constructor(host: string, place: Place, pair: Pair) {
    this.#host = host;
    this.#place = {
      ...place,
      names: pair.names,
      secrets: [...place.secrets ?? [], ...pair.secrets],
    };
    this.#pair = pair;
  }

  /** Has the pair begin. */
  static async start(host: string, place: Place): Promise<Siege> {
    return new Siege(host, place, await Pair.start(host, place.letters));
  }

  [Symbol.dispose]() {
    this.#pair[Symbol.dispose]();
  }

  /**
   * Has attacks go on beside each other, until each has tried all or so many seconds are over.
   *
   * @param bound milliseconds that 99 % of what the pair says may take
   */
  async attack(attacks: readonly Attack[], seconds: number, bound = BOUND): Promise<Outcome> {
    // What the machine kept the server waiting for is not its own.
    const isPrompt = ({ heard }: Outcome) => heard.served <= bound;
    let outcome = await this.#once(attacks, seconds);
    const { problems } = outcome;
    for (let tries = 1; !isPrompt(outcome); tries++) {
      // A busy machine is slow by itself, and mostly not each time.
      const quiet = await this.#quiet();
      outcome = await this.#once(attacks, seconds);
      problems.push(...outcome.problems);
      const { p99 } = outcome.heard;
      if (p99 < 2 * quiet) break;
      if (isPrompt(outcome) || tries < TRIES) continue;
      const [slow, alone] = [p99, quiet].map((ms) => ms.toFixed());
      problems.push(`the pair waits for ${slow} ms, and for ${alone} when nobody attacks`);
      break;
    }
    return { ...outcome, problems };
  }

  /** The pair's time where nobody attacks. */
  async #quiet(): Promise<number> {
    await this.#pair.report();
    await new Promise((resolve) => setTimeout(resolve, QUIET));
    return (await this.#pair.report()).p99;
  }

  async #once(attacks: readonly Attack[], seconds: number): Promise<Outcome> {
    const { seed, vitals } = this.#place;
    await this.#pair.report();
    const before = await vitals?.held();
    const time = new AbortController();
    const targets = attacks.map(({ name }) =>
      new Target(this.#host, seed ^ hash(name), time.signal, this.#place)
    );
    const least = new Promise((resolve) => setTimeout(resolve, LEAST));
    const all = Promise.all(attacks.map(async (attack, at) => {
      try {
        await attack.run(targets[at]!);
      } catch (error) {
        targets[at]!.found.add(`it failed: ${(error as Error).stack}`);
      }
    }));
    const timer = setTimeout(() => time.abort(), seconds * 1_000);
    await within(all, "the end of an attack", seconds * 1_000 + END).finally(() => {
      clearTimeout(timer);
      time.abort();
    });
    await Promise.all(targets.map((target) => target.leave()));
    await least;
    const heard = await this.#pair.report();
    return {
      names: attacks.map(({ name }) => name),
      tried: targets.reduce((sum, { tried }) => sum + tried, 0),
      heard,
      problems: [
        ...targets.flatMap(({ found }, at) =>
          [...found].map((what) => `${attacks[at]!.name}: ${what}`)
        ),
        ...unheard(heard),
        ...before ? await vitals!.returned(before) : [],
        ...vitals?.faults(this.#place.secrets) ?? [],
      ],
    };
  }
}

/** What the pair has to complain of, but for time. */
function unheard({ said, lost, doubled, misordered, faults }: Heard): string[] {
  const counts = Object.entries({ lost, doubled, misordered }).filter(([, count]) => count > 0)
    .map(([what, count]) => `of the ${said} messages of the pair ${count} are ${what}`);
  return [...counts, ...faults, ...said === 0 ? ["the pair is silent"] : []];
}
