/** A server behind which lies a long past: how soon it is there, and how soon one is where in it. */
import { fill, roomOf } from "./fill.ts";
import { type Figure, figure } from "./comparison.ts";
import { begin, chill, DISK, MEMORY, warm } from "./pair.ts";
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

/** Looks into rooms, first with a disk that is read for each, then with all of it in the system's memory. */
async function measureVisits(
  directory: string,
  ids: string[],
  options: PastOptions,
): Promise<Figure[]> {
  const { rooms, core } = options;
  await using open = new AsyncDisposableStack();
  const [memory, disk] = await Promise.all(
    [MEMORY, DISK].map(async (contender) => {
      const { server } = await begin(contender, core, directory);
      return open.use(server).target.port;
    }),
  ) as [number, number];
  const said = await talk(memory, Array.from({ length: rooms }, (_, n) => roomOf(n)), THERE);
  const ports = { memory, disk };
  await chill(directory);
  const cold = await look(ports, said, ids, options);
  await warm(directory);
  return [
    ...figures(cold, "read from the disk"),
    ...figures(await look(ports, said, ids, options)),
  ];
}

/** Looks into rooms at random, and at old pages of them, of both servers by turns. Milliseconds. */
async function look(
  { memory, disk }: { memory: number; disk: number },
  said: Map<string, string[]>,
  ids: string[],
  { rooms, each, visits }: PastOptions,
) {
  const entering = { memory: [] as number[], disk: [] as number[] };
  const paging = { memory: [] as number[], disk: [] as number[] };
  for (let visit = 0; visit < visits; visit++) {
    const number = Math.floor(Math.random() * rooms);
    const room = roomOf(number);
    entering.memory.push(await enter(memory, room));
    entering.disk.push(await enter(disk, room));
    const old = 50 + Math.floor(Math.random() * (each - 50));
    paging.memory.push(await leaf(memory, room, said.get(room)!.at(-1)!));
    paging.disk.push(await leaf(disk, room, ids[old * rooms + number]!));
  }
  return { entering, paging };
}

function figures({ entering, paging }: Awaited<ReturnType<typeof look>>, how?: string): Figure[] {
  const more = { unit: "ms", digits: 2 };
  // What the disk itself takes is not the server's to promise.
  const [room, page] = how ? [{}, {}] : [{ aim: 10 }, { aim: 5 }];
  const named = (title: string) => how ? `${title}, ${how}` : title;
  return [
    figure(named("entering a room, median"), 0.5, entering, more),
    figure(named("entering a room, p99"), 0.99, entering, { ...more, ...room }),
    figure(named("a page of old history, median"), 0.5, paging, more),
    figure(named("a page of old history, p99"), 0.99, paging, { ...more, ...page }),
  ];
}
