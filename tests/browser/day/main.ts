/**
 * The long form of `tests/browser/day_test.ts`:
 *
 *     deno task soak:page [--seed N] [--minutes N]
 *
 * The minutes are those of a busy chat with 600 messages in each, and take a few seconds.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { spend } from "./day.ts";

const { seed, minutes } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
    minutes: { type: "string", default: "60" },
  },
}).values;
const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

print(`seed ${seed}`);
const outcome = await spend({
  seed: Number(seed),
  minutes: Number(minutes),
  rooms: 24,
  filled: Number(minutes) >= 20,
  progress: print,
});
print(JSON.stringify(outcome));
