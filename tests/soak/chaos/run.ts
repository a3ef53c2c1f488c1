/**
 * Everybody talks, on three nodes and one Redis, and everything goes wrong that can: and yet what was
 * acknowledged is there, once, in one order, and for those whom it is for, and everybody knows who is there.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { randomFrom } from "../../chat/proxy.ts";
import { backwards } from "../kill/history.ts";
import { Book, type Fault, type Kind } from "./book.ts";
import { Crowd, pick, ROOMS } from "./crowd.ts";
import { happen } from "./disasters.ts";
import { strangers } from "./lists.ts";
import { Node } from "./node.ts";
import { Store } from "./store.ts";
import { type Took, Usage } from "./usage.ts";

/** How a run goes. */
export interface ChaosOptions {
  /** The program `redis-server`. */
  path: string;
  /** Determines what happens to what; the network's and the processes' timing is their own. */
  seed: number;
  /** How long things happen, in milliseconds. @default until everything has happened once */
  milliseconds?: number;
  /** The longest pause before each message of somebody, in milliseconds. @default 1000 */
  pause?: number;
  /** A fault that is to be found: see `sabotage.ts`. @default none */
  sabotage?: string;
  /** What becomes of the messages of each connection before anybody looks at them. @default nothing */
  spoil?: typeof WebSocket;
  /** Ends what happens when aborted; what is wrong until then is told. */
  signal?: AbortSignal;
  /** Is told what happens. */
  progress?: (text: string) => void;
}

/** What a run did. */
export interface Outcome {
  seconds: number;
  /** Messages that were acknowledged, and how often one was told to somebody. */
  acknowledged: number;
  told: number;
  /** Milliseconds until half of them were acknowledged, and 99 of 100. */
  p50: number;
  p99: number;
  /** Answers that something could not be done yet. */
  refused: number;
  reconnects: number;
  gaps: number;
  /** What happened how often. */
  happened: Map<string, number>;
  /** What processes took in the second and in the last third of the time. */
  usage: Map<string, [middle: Took, last: Took]>;
  /** How many things are wrong, by their kind. */
  wrong: Map<Kind, number>;
  /** The first of them. */
  faults: Fault[];
}

const NODES = ["node 1", "node 2", "node 3"];
/** Messages that are kept of each room. */
const KEEP = 3_000;
/** Milliseconds for everybody to enter, and in the end for all to be answered, told and known. */
const PATIENCE = 30_000;
/** Milliseconds between two looks whether all is well. */
const LOOK = 250;
/** The longest run of which nobody looks how memory grows, in milliseconds. */
const SHORT = 120_000;

/** Runs until the time is over, then lets everything be well again, and looks what is wrong. */
export async function chaos(options: ChaosOptions): Promise<Outcome> {
  const { path, seed, milliseconds, pause = 1_000, spoil, signal, progress } = options;
  const began = performance.now();
  let streams = 0;
  const random = () => randomFrom(seed * 31 + streams++);
  const book = new Book();
  const nodes: Node[] = [];
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await Store.start(path));
  const remove = () => [...nodes, store].forEach((one) => one.remove());
  addEventListener("unload", remove);
  stack.defer(() => removeEventListener("unload", remove));
  for (const name of NODES) {
    const node = await Node.start({
      name,
      redis: () => store.host,
      // The last one asks the Sentinel itself.
      url: name === NODES.at(-1) ? store.url : undefined,
      args: ["--keep", `${KEEP}`],
      flags: options.sabotage ? ["--preload", sabotageOf(options.sabotage)] : [],
    });
    nodes.push(stack.use(node));
  }
  const leads = random();
  const crowd = stack.use(
    new Crowd(() => pick(leads, nodes).host, { random: random(), pause, spoil }, book),
  );
  using usage = new Usage(
    new Map([["the node that lives on", () => nodes.at(-1)!.pid], ["Redis", () => store.pid]]),
  );
  await settle(() => crowd.entered ? [] : ["not everybody is let in"]);
  crowd.talk();
  const begun = performance.now();
  const happened = await happen({ nodes, store, crowd }, {
    random,
    brief: milliseconds === undefined,
    over: (rounds) =>
      signal?.aborted ||
      (milliseconds === undefined ? rounds > 0 : performance.now() - begun > milliseconds),
    tell: (what) => progress?.(`${seconds(began)} s: ${what}; ${book.acknowledged} messages`),
  });
  progress?.(`${seconds(began)} s: calm; ${book.acknowledged} messages`);
  await crowd.hush();
  await crowd.bury();
  for (const { network } of crowd.people) network.cutAfter(Infinity);
  const late = await settle(() => [
    ...crowd.entered ? [] : ["not everybody is back"],
    ...crowd.waiting > 0 ? [`${crowd.waiting} messages are not answered`] : [],
    ...book.missing() > 0 ? [`${book.missing()} messages are not told`] : [],
  ]);
  for (const what of late) book.fault("other", what);
  const hosts = new Map(nodes.map(({ name, host }) => [name, host]));
  for (const what of await settle(() => strangers(hosts, crowd))) book.fault("ghost", what);
  for (const [name, host] of hosts) {
    for (const room of ROOMS) {
      try {
        book.compare(name, `#${room}`, await backwards(host, room));
      } catch (error) {
        book.fault("other", `${name}: ${(error as Error).message}`);
      }
    }
  }
  book.close();
  if (performance.now() - begun > SHORT) {
    for (const what of usage.grown) book.fault("other", what);
  }
  const { thirds } = usage;
  const { refused, reconnects, gaps } = crowd.counts;
  await stack.disposeAsync();
  for (const what of nodes.flatMap(({ faults }) => faults)) book.fault("other", what);
  const delays = book.delays.sort((a, b) => a - b);
  const share = (part: number) => Math.round(delays[Math.floor(delays.length * part)] ?? 0);
  return {
    seconds: seconds(began),
    acknowledged: book.acknowledged,
    told: book.told,
    p50: share(0.5),
    p99: share(0.99),
    refused,
    reconnects,
    gaps,
    happened,
    usage: thirds,
    wrong: book.counts,
    faults: book.faults,
  };
}

/** Waits until nothing is wrong any more, for a while. @returns what still is */
async function settle(look: () => string[] | Promise<string[]>): Promise<string[]> {
  const end = performance.now() + PATIENCE;
  while (true) {
    const wrong = await look();
    if (wrong.length === 0 || performance.now() > end) return wrong;
    await wait(LOOK);
  }
}

const seconds = (since: number) => Math.round((performance.now() - since) / 1_000);

const sabotageOf = (kind: string) => new URL(`sabotage.ts?${kind}`, import.meta.url).href;
