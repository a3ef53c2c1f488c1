import { Store } from "../../hub/engine/sqlite/store.ts";
import { Random } from "../fuzz/random.ts";
import { within } from "../support.ts";
import type { Disks } from "./disk.ts";
import { idOf } from "./rows.ts";

export interface CutsOptions {
  rounds: number;
  /** Draws when the power is cut, and what of the unsynced is there nevertheless. */
  seed: number;
  /** Does the writer say that a message is on the disk without making sure? @default false */
  early?: boolean;
}

/**
 * Cuts the power of somebody who writes, again and again, and goes on with what is left.
 *
 * @returns how many messages were said to be on the disk, and which of them were not
 * @throws {Error} what is left is damaged
 */
export async function cutPower(disks: Disks, { rounds, seed, early = false }: CutsOptions) {
  const folder = await Deno.makeTempDir({ prefix: "parley-cuts-" });
  const left = `${folder}/left`;
  const promised = new Set<string>();
  const missing = new Set<string>();
  const random = new Random(seed);
  let next = 1;
  try {
    await Deno.mkdir(left);
    for (let round = 1; round <= rounds; round++) {
      const live = `${folder}/live`;
      await copy(left, live);
      // On a slow disk, the power fails while something is being synced.
      const delay = random.below(2) * 5;
      const env = disks.env(live, { left, delay, seed: random.below(2 ** 31) });
      const milliseconds = random.below(500);
      for (const number of await write(live, next, milliseconds, env, early)) {
        promised.add(idOf(number));
        next = Math.max(next, number + 1);
      }
      await Deno.remove(live, { recursive: true });
      // What is left goes on as it is, and not as it is once somebody has put it in order.
      await copy(left, live);
      const kept = keptIn(live);
      for (const id of promised) if (!kept.has(id)) missing.add(id);
      await Deno.remove(live, { recursive: true });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return { promised: promised.size, missing: [...missing] };
}

/** Lets somebody write for so long, and gives the numbers of what they said is on the disk. */
async function write(
  directory: string,
  first: number,
  milliseconds: number,
  env: Record<string, string>,
  early: boolean,
): Promise<number[]> {
  const module = new URL("writer.ts", import.meta.url).href;
  const args = ["run", "-A", module, directory, `${first}`, ...early ? ["early"] : []];
  const child = new Deno.Command(Deno.execPath(), { args, env, stdout: "piped" }).spawn();
  let said = "";
  let cut: ReturnType<typeof setTimeout> | undefined;
  const all = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      said += text;
      cut ??= setTimeout(() => child.kill("SIGKILL"), milliseconds);
    }
    clearTimeout(cut);
    const { signal } = await child.status;
    if (signal !== "SIGKILL") throw new Error("Cannot cut the power: the writer has ended");
  })();
  await within(all, "a power cut");
  // The last line may be half a line.
  return said.split("\n").slice(0, -1).flatMap((line) => {
    const [from, to] = line.split(" ").map(Number);
    return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i);
  });
}

/** Ids of all that is kept. */
function keptIn(directory: string): Set<string> {
  using store = Store.open(directory, { repair: true });
  if (store.movedAside) throw new Error("Cannot go on: what a power cut left is damaged");
  return new Set([...store.all()].map(({ id }) => id));
}

async function copy(from: string, to: string) {
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
