/**
 * The long form of `tests/kill_test.ts`:
 *
 *     deno task soak:kill [--seed N] [--kills N] [--delay MILLISECONDS | --memory]
 *
 * With `--delay` each sync of the disk takes so much longer. With `--memory` the server keeps nothing
 * across a kill: it shows what is found then.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { kill } from "./run.ts";

const { seed, kills, delay, memory } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
    kills: { type: "string", default: "100" },
    delay: { type: "string", default: "0" },
    memory: { type: "boolean", default: false },
  },
}).values;
const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

print(`seed ${seed}`);
const { wrong, ...outcome } = await kill({
  seed: Number(seed),
  kills: Number(kills),
  delay: Number(delay),
  forgetful: memory,
  progress: print,
});
for (const what of wrong) print(what);
print(
  `${JSON.stringify(outcome)}: ${wrong.length === 0 ? "nothing is wrong" : "something is wrong"}`,
);
Deno.exit(wrong.length === 0 ? 0 : 1);
