/**
 * The long form of `tests/redis/chaos_test.ts`:
 *
 *     deno task chaos [--seed N] [--minutes N | --brief] [--sabotage KIND] [--quiet]
 *
 * With `--brief` everything happens once, as in that test.
 * With `--sabotage` every node has a fault that must be found: see `sabotage.ts`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { need } from "../../prepare/need.ts";
import { redis } from "../../prepare/tools.ts";
import { chaos } from "./run.ts";
import { summary } from "./summary.ts";

/** How many things that are wrong are told of each kind. */
const TOLD = 10;

const { seed, minutes, brief, sabotage, quiet } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
    minutes: { type: "string", default: "10" },
    brief: { type: "boolean", default: false },
    sabotage: { type: "string" },
    quiet: { type: "boolean", default: false },
  },
}).values;
const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => interrupted.abort());
}
const { path } = await need(redis);
print(`seed ${seed}`);
const outcome = await chaos({
  path: path(),
  seed: Number(seed),
  milliseconds: brief ? undefined : Number(minutes) * 60_000,
  sabotage,
  signal: interrupted.signal,
  progress: quiet ? undefined : print,
});
const { faults } = outcome;
const kinds = Map.groupBy(faults, ({ kind }) => kind);
for (const [kind, some] of kinds) {
  for (const { what } of some.slice(0, TOLD)) print(`${kind}: ${what}`);
}
print(summary(outcome));
const again = `deno task chaos --seed ${seed} ${brief ? "--brief" : `--minutes ${minutes}`}`;
print(faults.length === 0 ? `nothing is wrong: ${again}` : `something is wrong: ${again}`);
Deno.exit(faults.length === 0 ? 0 : 1);
