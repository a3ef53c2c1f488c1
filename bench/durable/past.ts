/** A server behind which lies a long past: how soon it is there, and how soon one is where in it. */
import { fill, roomOf } from "./fill.ts";
import { type Figure, figure } from "./comparison.ts";
import { begin, chill, DISK, MEMORY } from "./pair.ts";
import { enter, leaf, talk } from "./visits.ts";

/** How much there is, and how it is measured. */
export interface PastOptions {
  rooms: number;
  /** Messages in each room. */
  each: number;
  /** How many people look into rooms. */
  visits: number;
  /** How often each server is started. */
  repeat: number;
  core?: number;
}

/** Messages of each room that are said to the server that keeps them in memory: a page, and what is before it. */
const THERE = 60;

/** Measures both servers by turns. */
export async function past(options: PastOptions): Promise<Figure[]> {
  const directory = await Deno.makeTempDir();
  try {
    const ids = fill(directory, options);
    const starts = await measureStarts(directory, options);
    return [...starts, ...await measureVisits(directory, ids, options)];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Starts both, again and again. */
async function measureStarts(directory: string, { repeat, core }: PastOptions): Promise<Figure[]> {
  const took = { memory: [] as number[], disk: [] as number[] };
  const resident = { memory: [] as number[], disk: [] as number[] };
  for (let round = 0; round < repeat; round++) {
    for (const [where, contender] of [["memory", MEMORY], ["disk", DISK]] as const) {
      await chill(directory);
      const begun = await begin(contender, core, directory);
      took[where].push(begun.took);
      resident[where].push(begun.resident);
      await begun.server[Symbol.asyncDispose]();
    }
  }
  return [
    figure("start, until `/healthz` answers", 0.5, took, { unit: "ms", digits: 0, aim: 1_000 }),
    figure("memory after it", 0.5, resident, { unit: "MiB", digits: 0, aim: 100 }),
  ];
}

/** Looks into rooms at random, and at old pages of them, of both by turns. */
async function measureVisits(
  directory: string,
  ids: string[],
  { rooms, each, visits, core }: PastOptions,
): Promise<Figure[]> {
  await chill(directory);
  await using open = new AsyncDisposableStack();
  const [recent, kept] = await Promise.all(
    [MEMORY, DISK].map(async (contender) => {
      const { server } = await begin(contender, core, directory);
      return open.use(server).target.port;
    }),
  ) as [number, number];
  const said = await talk(recent, Array.from({ length: rooms }, (_, n) => roomOf(n)), THERE);
  const entering = { memory: [] as number[], disk: [] as number[] };
  const paging = { memory: [] as number[], disk: [] as number[] };
  for (let visit = 0; visit < visits; visit++) {
    const number = Math.floor(Math.random() * rooms);
    const room = roomOf(number);
    entering.memory.push(await enter(recent, room));
    entering.disk.push(await enter(kept, room));
    const old = 50 + Math.floor(Math.random() * (each - 50));
    paging.memory.push(await leaf(recent, room, said.get(room)!.at(-1)!));
    paging.disk.push(await leaf(kept, room, ids[old * rooms + number]!));
  }
  const more = { unit: "ms", digits: 2 };
  return [
    figure("entering a room, median", 0.5, entering, more),
    figure("entering a room, p99", 0.99, entering, { ...more, aim: 10 }),
    figure("a page of old history, median", 0.5, paging, more),
    figure("a page of old history, p99", 0.99, paging, { ...more, aim: 5 }),
  ];
}
