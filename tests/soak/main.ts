/**
 * The long form of `tests/soak_test.ts`:
 *
 *     deno task soak [--seed N] [--minutes N | --steps N]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { soak } from "./soak.ts";

const { seed, minutes, steps } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
    minutes: { type: "string", default: "5" },
    steps: { type: "string" },
  },
}).values;
const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

print(`seed ${seed}`);
const outcome = await soak({
  seed: Number(seed),
  ...(steps ? { steps: Number(steps) } : { milliseconds: Number(minutes) * 60_000 }),
  progress: print,
});
print(JSON.stringify(outcome));
