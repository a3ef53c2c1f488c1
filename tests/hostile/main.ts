/**
 * All attacks, one after the other, on any server or on one of its own:
 *
 *     deno task hostile [ws://HOST:PORT] [--only NAME] [--seconds N] [--seed N]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { attacks, families } from "./attacks.ts";
import { Ours } from "./ours.ts";
import { type Outcome, Siege } from "./siege.ts";

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    seconds: { type: "string", default: "5" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const seed = Number(values.seed);
const [given] = positionals;

/** An attack of that name, or all of a family of that name. */
const chosen = Object.entries(families).flatMap(([family, attacks]) =>
  attacks.filter(({ name }) => [undefined, family, name].includes(values.only))
);
if (chosen.length === 0) {
  print(
    `Cannot find ${values.only}: there are the families ${Object.keys(families).join(", ")}, and`,
  );
  for (const { name } of attacks) print(`  ${name}`);
  Deno.exit(2);
}

const columns = (cells: readonly unknown[]) =>
  [
    String(cells[0]).padEnd(40),
    ...cells.slice(1, -1).map((cell) => String(cell).padStart(8)),
    cells.at(-1),
  ]
    .join(" ").trimEnd();

function row({ names, tried, heard, delayed, problems }: Outcome): string {
  const { said, lost, doubled, misordered, p99 } = heard;
  const wrong = lost + doubled + misordered;
  return columns([
    names.join(),
    tried,
    said,
    wrong,
    p99.toFixed(1),
    delayed.toFixed(1),
    problems.join("; "),
  ]);
}

print(`seed ${seed}`);
const ours = given === undefined ? await Ours.start() : undefined;
const host = ours?.host ?? new URL(given!).host;
const place = ours?.place(seed) ?? { seed };
let found = 0;
try {
  using siege = await Siege.start(host, place);
  const before = await place.vitals?.memory;
  print(columns(["attack", "inputs", "said", "lost", "p99 ms", "no core", "found"]));
  for (const attack of chosen) {
    const outcome = await siege.attack([attack], Number(values.seconds));
    found += outcome.problems.length;
    print(row(outcome));
  }
  const after = await place.vitals?.memory;
  if (before && after) {
    print(`memory ${before / 2 ** 20 | 0} MiB before, ${after / 2 ** 20 | 0} after`);
  }
} finally {
  await ours?.[Symbol.asyncDispose]();
}
print(`${chosen.length} attacks, ${found} problems`);
Deno.exit(found === 0 ? 0 : 1);
