import { residentMemory } from "../load/usage.ts";
import { type Contender, contenders, type RunningServer, start } from "../servers.ts";

const named = (name: string) => contenders.find((contender) => contender.name === name)!;

/** The server that keeps everything in memory, and the one that has it on disk. */
export const MEMORY: Contender = named("parley-v1");
export const DISK: Contender = named("parley-sqlite");

/** Milliseconds after which a server that has started is looked at. */
const CALM = 1_000;

/** What a server that has just started is like. */
export interface Begun {
  server: RunningServer;
  /** Milliseconds until `/healthz` answered. */
  took: number;
  /** MiB of memory that it has a second later. */
  resident: number;
}

/** Starts a server, on a directory if it is durable. @throws {Error} when it is not well */
export async function begin(
  contender: Contender,
  core?: number,
  directory?: string,
): Promise<Begun> {
  const began = performance.now();
  const server = await start(contender, { core, directory });
  const answer = await fetch(`http://127.0.0.1:${server.target.port}/healthz`);
  const took = performance.now() - began;
  if (!answer.ok) throw new Error(`Cannot measure ${contender.title}: ${await answer.text()}`);
  await answer.body?.cancel();
  await new Promise((resolve) => setTimeout(resolve, CALM));
  return { server, took, resident: residentMemory(server.target.pid) / 2 ** 20 };
}

/** Has the system forget what it holds of a directory's files, where it can: what is read comes from the disk. */
export const chill = (directory: string) => read(directory, ["iflag=nocache", "count=0"]);

/** Has the system hold all of a directory's files, where it has the memory. */
export const warm = (directory: string) => read(directory, ["bs=1M"]);

async function read(directory: string, how: string[]) {
  for await (const { name } of Deno.readDir(directory)) {
    const args = [`if=${directory}/${name}`, "of=/dev/null", ...how];
    await new Deno.Command("dd", { args, stderr: "null" }).output().catch(() => {});
  }
}
