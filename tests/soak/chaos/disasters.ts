import { setTimeout as wait } from "node:timers/promises";
import { type Crowd, pick } from "./crowd.ts";
import type { Node } from "./node.ts";
import type { Store } from "./store.ts";

/** All to which something can happen. */
export interface World {
  nodes: Node[];
  store: Store;
  crowd: Crowd;
}

/** Something that happens; all is as it was before once it is over. */
type Disaster = (world: World, random: () => number) => unknown;

/** What happens to the same thing, one after the other. */
interface Lane {
  /** Milliseconds between two of them, at least and at most. */
  rest: [number, number];
  /** By what it is called in the counts; each happens so many times in a round. */
  disasters: Record<string, [times: number, Disaster]>;
}

/** Milliseconds by which a node's lease is outlasted, and by which it is not. */
const [BRIEF, LONG] = [3_000, 9_000];

/** A number from one to another. */
const from = (random: () => number, least: number, most: number) =>
  least + random() * (most - least);

/** All nodes but the last, which lives on, so that can be seen what it takes in the long run. */
const mortal = ({ nodes }: World, random: () => number) => pick(random, nodes.slice(0, -1));

/** Those that do not find Redis themselves. */
const led = (nodes: Node[], random: () => number) =>
  pick(random, nodes.filter(({ isLed }) => isLed));

const LANES: Lane[] = [
  {
    rest: [1_000, 4_000],
    disasters: {
      "nodes killed": [3, (world, random) => mortal(world, random).kill(random() ** 2 * 8_000)],
      "nodes restarted": [1, (world, random) => mortal(world, random).restart()],
      "nodes stopped": [
        2,
        ({ nodes }, random) => pick(random, nodes).stop(from(random, 100, BRIEF)),
      ],
      "nodes stopped for long": [
        1,
        ({ nodes }, random) => pick(random, nodes).stop(from(random, 6_000, LONG)),
      ],
    },
  },
  {
    rest: [2_000, 5_000],
    disasters: {
      "Redis killed": [2, ({ store }, random) => store.kill(random() ** 2 * 4_000)],
      "Redis stopped": [2, ({ store }, random) => store.stop(from(random, 100, BRIEF))],
      "Redis stopped for long": [1, ({ store }, random) => store.stop(from(random, 4_000, LONG))],
      "subscriptions killed": [2, ({ store }) => store.disconnect("pubsub")],
      "connections killed": [1, ({ store }) => store.disconnect("normal")],
      "failovers": [1, ({ store }) => store.failover(false)],
      "failovers by a kill": [1, ({ store }) => store.failover(true)],
    },
  },
  {
    rest: [500, 3_000],
    disasters: {
      "lines to Redis cut": [3, ({ nodes }, random) => led(nodes, random).line.cut()],
      "lines to Redis cut within": [
        3,
        async ({ nodes }, random) => {
          const { line } = led(nodes, random);
          line.cutAfter(Math.floor(random() * 20_000));
          await wait(1_000);
          line.cutAfter(Infinity);
        },
      ],
      "lines to Redis slow": [
        2,
        async ({ nodes }, random) => {
          const { line } = led(nodes, random);
          line.slow(from(random, 5, 300));
          await wait(from(random, 1_000, 5_000));
          line.slow(0);
        },
      ],
      "lines to Redis stalled": [
        2,
        async ({ nodes }, random) => {
          const { line } = led(nodes, random);
          line.stall();
          await wait(from(random, 100, LONG));
          line.resume();
        },
      ],
      "lines to Redis dead": [2, ({ nodes }, random) => led(nodes, random).line.silence()],
    },
  },
  {
    rest: [50, 500],
    disasters: {
      "people cut": [12, ({ crowd }, random) => pick(random, crowd.people).network.cut()],
      "people cut within": [
        12,
        ({ crowd }, random) => {
          pick(random, crowd.people).network.cutAfter(Math.floor(random() * 20_000));
        },
      ],
      "people cut off": [4, ({ crowd }, random) => pick(random, crowd.people).network.silence()],
      "people half cut off": [
        2,
        ({ crowd }, random) => pick(random, crowd.people).network.halfOpen(),
      ],
      "people stalled": [
        3,
        async ({ crowd }, random) => {
          const { network } = pick(random, crowd.people);
          network.stall();
          await wait(from(random, 100, 4_000));
          network.resume();
        },
      ],
      "people slow": [
        3,
        async ({ crowd }, random) => {
          const { network } = pick(random, crowd.people);
          network.slow(from(random, 10, 200));
          await wait(from(random, 500, 2_000));
          network.slow(0);
        },
      ],
    },
  },
  {
    rest: [100, 1_500],
    disasters: {
      "people gone": [4, ({ crowd }, random) => crowd.go(random, random() < 0.5)],
      "people come": [3, ({ crowd }) => crowd.come()],
      "rooms changed": [10, ({ crowd }, random) => crowd.wander(random)],
    },
  },
];

/** How long disasters go on. */
export interface Span {
  /** Is it over? It is looked at before each. @param rounds how often all have happened */
  over: (rounds: number) => boolean;
  /** Does each happen once in a round, one right after the other? */
  brief: boolean;
  /** Determines what happens, in which order. */
  random: () => () => number;
  /** Is told of each that begins. */
  tell: (what: string) => void;
}

/** Share of the rests where all is to be over soon. */
const BRIEFLY = 0.3;

/** Has everything happen again and again, in an order of chance: each lane by itself. @returns how often each did */
export async function happen(world: World, span: Span): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  const rounds = LANES.map(() => 0);
  const ended = new AbortController();
  const isOver = () => ended.signal.aborted || span.over(Math.min(...rounds));
  const lanes = LANES.map(async ({ rest, disasters }, i) => {
    const random = span.random();
    const share = span.brief ? BRIEFLY : 1;
    const cards = Object.entries(disasters).flatMap(([name, [times, act]]) =>
      Array.from({ length: span.brief ? 1 : times }, () => ({ name, act }))
    );
    for (;; rounds[i]!++) {
      for (const { name, act } of shuffled(cards, random)) {
        if (isOver()) return;
        span.tell(name);
        await act(world, random);
        counts.set(name, (counts.get(name) ?? 0) + 1);
        await wait(from(random, ...rest) * share);
      }
    }
  });
  // Where one fails, all end, and what they have begun comes to its end.
  const failures: unknown[] = [];
  for (const lane of lanes) {
    lane.catch((failure) => {
      failures.push(failure);
      ended.abort();
    });
  }
  await Promise.allSettled(lanes);
  if (failures.length > 0) throw failures[0];
  return counts;
}

/** The same in an order of chance. */
function shuffled<T>(cards: readonly T[], random: () => number): T[] {
  return cards.map((card) => ({ card, at: random() })).sort((a, b) => a.at - b.at)
    .map(({ card }) => card);
}
