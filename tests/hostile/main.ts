/**
 * All attacks, one after the other, on any server or on one of its own:
 *
 *     deno task hostile [ws://HOST:PORT] [--only NAME] [--seconds N] [--seed N] [--nginx]
 *
 * With `--nginx` its own server is behind nginx, as `docs/operations.md` configures it, and what still gets
 * to the server is counted.
 *
 * @module
 */
import { parseArgs } from "node:util";
import type { Attack } from "./attack.ts";
import { attacks, families, guarded } from "./attacks.ts";
import { Counter } from "../nginx/counter.ts";
import { Nginx } from "../nginx/nginx.ts";
import { need } from "../prepare/need.ts";
import { nginx } from "../prepare/tools.ts";
import { Ours } from "./ours.ts";
import { type Outcome, type Place, Siege } from "./siege.ts";

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    nginx: { type: "boolean", default: false },
    seconds: { type: "string", default: "5" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
});
const seed = Number(values.seed);
const [given] = positionals;

/** The attack of that name, all of a family of that name, or all. */
const chosenOf = (families: Record<string, Attack[]>): Attack[] =>
  Object.entries(families).flatMap(([family, attacks]) =>
    attacks.filter(({ name }) => [undefined, family, name].includes(values.only))
  );

const columns = (cells: readonly unknown[]) =>
  [
    String(cells[0]).padEnd(40),
    ...cells.slice(1, -1).map((cell) => String(cell).padStart(8)),
    cells.at(-1),
  ].join(" ").trimEnd();

function row({ names, tried, heard, problems }: Outcome): string {
  const { said, lost, doubled, misordered, p99, served } = heard;
  const wrong = lost + doubled + misordered;
  const times = [p99, served].map((ms) => ms.toFixed(1));
  return columns([names.join(), tried, said, wrong, ...times, problems.join("; ")]);
}

/** Has attacks go on, one after the other, and gives how many inputs were tried, and what was found. */
async function besiege(
  host: string,
  place: Place,
  attacks: Attack[],
  counter?: Counter,
): Promise<[number, number]> {
  using siege = await Siege.start(host, place);
  const before = await place.vitals?.memory;
  let [tried, found] = [0, 0];
  print(columns(["attack", "inputs", "said", "lost", "p99 ms", "served", "found"]));
  for (const attack of attacks) {
    const reached = { connections: counter?.connections ?? 0, bytes: counter?.bytes ?? 0 };
    const outcome = await siege.attack([attack], Number(values.seconds));
    tried += outcome.tried;
    found += outcome.problems.length;
    print(row(outcome));
    if (!counter) continue;
    const connections = counter.connections - reached.connections;
    const bytes = counter.bytes - reached.bytes;
    print(`  to the server: ${connections} connections, ${Math.round(bytes / 1_024)} KiB`);
  }
  const after = await place.vitals?.memory;
  if (before && after) {
    print(`memory: ${before / 2 ** 20 | 0} MiB before, ${after / 2 ** 20 | 0} MiB after`);
  }
  return [tried, found];
}

print(`seed ${seed}`);
const behind = values.nginx ? ["--trust-proxy", "1"] : [];
let [done, tried, found] = [0, 0, 0];
for (
  const [all, start] of [
    [chosenOf(families), () => Ours.start(behind)],
    [chosenOf(guarded), () => Ours.guarded()],
    ...given ? [] : [[chosenOf({ privacy: guarded.privacy }), () => Ours.claimed()] as const],
  ] as const
) {
  if (all.length === 0) continue;
  await using ours = given === undefined ? await start() : undefined;
  await using counter = ours && values.nginx ? new Counter(ours.host) : undefined;
  await using proxy = counter && await Nginx.start((await need(nginx)).path(), counter.host);
  const host = proxy?.host ?? ours?.host ?? new URL(given!).host;
  const [more, wrong] = await besiege(host, ours?.place(seed) ?? { seed }, all, counter);
  done += all.length;
  tried += more;
  found += wrong;
}
if (done === 0) {
  const names = attacks.map(({ name }) => `\n  ${name}`).join("");
  const all = Object.keys({ ...families, ...guarded }).join(", ");
  print(`Cannot find ${values.only}: there are the families ${all}, and in them${names}`);
  Deno.exit(2);
}
print(`${done} attacks, ${tried} inputs, ${found} problems`);
Deno.exit(found === 0 ? 0 : 1);
