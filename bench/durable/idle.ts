/** A server with very many rooms in which nobody is: what they cost. */
import { fill } from "./fill.ts";
import { type Figure, figure } from "./comparison.ts";
import { begin, DISK } from "./pair.ts";

/** Measures the memory of an empty server, and of one with so many rooms on disk, by turns. */
export async function idle(rooms: number, repeat: number, core?: number): Promise<Figure[]> {
  const directory = await Deno.makeTempDir();
  const resident = { memory: [] as number[], disk: [] as number[] };
  try {
    fill(directory, { rooms, each: 2 });
    for (let round = 0; round < repeat; round++) {
      for (const [where, data] of [["memory", undefined], ["disk", directory]] as const) {
        const { server, resident: now } = await begin(DISK, core, data);
        resident[where].push(now);
        await server[Symbol.asyncDispose]();
      }
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  const title = `memory with ${rooms.toLocaleString("en")} rooms on disk, and with none`;
  return [figure(title, 0.5, resident, { unit: "MiB", digits: 1 })];
}
