/**
 * Two honest people who talk while somebody attacks, in a thread of their own: whatever this one is
 * busy with, their times are true.
 *
 * @module
 */
import { within } from "../within.ts";
import type { Heard, Order } from "./pair_worker.ts";

export type { Heard } from "./pair_worker.ts";

/** How a pair is let in. */
export interface Letters {
  /** The address they come from; without it the system chooses. */
  from?: string;
  /** Makes a token for somebody, where it takes one. */
  token?: (username: string) => Promise<string>;
  /** The file that says for how long the machine has kept the server waiting for a core (Linux). */
  schedule?: string;
}

/** Milliseconds until both are connected, at most. */
const ARRIVAL = 20_000;
/** Milliseconds until all is heard that was said, at most, whatever is lost. */
const REPORT = 30_000;

/** The pair, until it is disposed of. */
export class Pair implements Disposable {
  readonly names: readonly [string, string];
  /** What only they may ever hear: a word in all that they tell each other in private, and their tokens. */
  readonly secrets: readonly string[];
  #worker: Worker;

  private constructor(worker: Worker, names: [string, string], secrets: string[]) {
    this.#worker = worker;
    this.names = names;
    this.secrets = secrets;
  }

  /** Has them connect, each on a connection of their own, and begin to talk. */
  static async start(host: string, { from, token, schedule }: Letters = {}): Promise<Pair> {
    const some = crypto.randomUUID().slice(0, 8);
    const names: [string, string] = [`carl-${some}`, `dora-${some}`];
    const tokens = token ? await Promise.all(names.map(token)) : [];
    const [room, secret] = [`pair-${some}`, `between-us-${some}`];
    const worker = new Worker(new URL("./pair_worker.ts", import.meta.url), { type: "module" });
    const pair = new Pair(worker, names, [secret, ...tokens]);
    try {
      await pair.#ask({ host, names, room, secret, tokens, from, schedule }, ARRIVAL);
    } catch (error) {
      worker.terminate();
      throw error;
    }
    return pair;
  }

  /** What became of all that they said since the last time this was asked, once it is heard or lost. */
  async report(): Promise<Heard> {
    return await this.#ask("report", REPORT) as Heard;
  }

  [Symbol.dispose]() {
    this.#worker.terminate();
  }

  #ask(order: Order, ms: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#worker.onmessage = ({ data }) =>
      data.error ? reject(new Error(data.error)) : resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    this.#worker.postMessage(order);
    return within(promise, "the honest pair", ms);
  }
}
