/**
 * The long form of the power cuts in `disk_test.ts`:
 *
 *     deno run -A tests/engine/main.ts [--seed N] [--rounds N]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { cutPower } from "./cuts.ts";
import { Disks } from "./disk.ts";

const { seed, rounds } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    rounds: { type: "string", default: "100" },
  },
}).values;
const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

print(`seed ${seed}`);
using disks = await Disks.make();
const { promised, missing } = await cutPower(disks, { seed: Number(seed), rounds: Number(rounds) });
print(`${promised} messages were on the disk; of these are gone: ${missing.length}`);
if (missing.length > 0) Deno.exit(1);
