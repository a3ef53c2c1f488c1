/**
 * The benchmark: every server under every workload, repetitions interleaved.
 *
 *     deno task bench [--quick] [--only SERVERS:WORKLOADS] [--also REVISION] [--repeat N] [--window SECONDS] [--write]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Checkout } from "./checkout.ts";
import { describeMachine } from "./machine.ts";
import { prepare } from "./prepare.ts";
import { OURS, Report } from "./report.ts";
import { chooseCores, measure, output } from "./runner.ts";
import { contenders, ofVersion } from "./servers.ts";
import { workloads } from "./workloads/mod.ts";
import type { Scale } from "./workloads/workload.ts";

const HELP = `Measures Parley and its peers side by side

  --quick           one short repetition of everything, within two minutes
  --only S:W        only servers S under workloads W, both comma-separated, either may be left out:
                    parley-v1,bun:A,B   parley   :D
  --also REVISION   also Parley as it was at a revision of git, beside the chosen ones that keep
                    nothing on disk
  --repeat N        repetitions of each measurement                5, with --quick 1
  --window SECONDS  how long each measurement lasts                3, with --quick 0.4
  --write           write RESULTS.md and results.svg; a full run does it anyway
  --help            this text

servers    ${contenders.map(({ name }) => name).join(", ")}
workloads  ${workloads.map(({ name }) => name).join(", ")}`;

/** Seconds after which a quick run measures nothing more. */
const QUICK = 105;

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));

function refuse(message: string): never {
  print(`bench: ${message} (--help lists the flags)`);
  Deno.exit(2);
}

function readFlags() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string", default: "" },
        also: { type: "string" },
        repeat: { type: "string" },
        window: { type: "string" },
        write: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    refuse((error as Error).message.split("\n")[0]!);
  }
}

/** Those whose name is in a comma-separated list, or begins like one in it: D picks D100. */
function pick<T extends { name: string }>(all: T[], list: string, kind: string): T[] {
  if (list === "") return all;
  const chosen = new Set<T>();
  for (const wanted of list.split(",")) {
    const exact = all.filter(({ name }) => name === wanted);
    const found = exact.length > 0
      ? exact
      : all.filter(({ name }) => name.replace(/\d+$/, "") === wanted);
    if (found.length === 0) refuse(`there is no ${kind} "${wanted}"`);
    found.forEach((one) => chosen.add(one));
  }
  return all.filter((one) => chosen.has(one));
}

function amount(flag: string, text: string | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text);
  if (!(value > 0 && value <= 1_000)) refuse(`--${flag} must be a number over 0, not "${text}"`);
  return value;
}

const flags = readFlags();
if (flags.help) {
  print(HELP);
  Deno.exit(0);
}
const [servers = "", loads = ""] = flags.only.split(":");
const chosenWorkloads = pick(workloads, loads, "workload");
await using other = flags.also ? await Checkout.of(flags.also) : undefined;
const chosenServers = pick(contenders, servers, "server").flatMap((server) =>
  other && OURS.includes(server.name) && !server.durable
    ? [server, ofVersion(server, flags.also!, other.root)]
    : [server]
);
const repeat = Math.ceil(amount("repeat", flags.repeat, flags.quick ? 1 : 5));
const window = amount("window", flags.window, flags.quick ? 0.4 : 3) * 1_000;
const scale: Scale = { window, warmup: window / 2, quick: flags.quick };

print("preparing the peers");
const ready = await prepare(chosenServers);
const machine = await describeMachine(ready);
for (const { contender, skipped } of ready) {
  if (skipped) print(`${contender.title} is skipped: ${skipped}`);
}
const running = ready.filter(({ skipped }) => !skipped);
const cores = await chooseCores();
const report = new Report(ready, chosenWorkloads, { repeat, scale, cores, machine });

const total = repeat * chosenWorkloads.length * running.length;
const began = performance.now();
let done = 0;
for (let round = 0; round < repeat; round++) {
  for (const workload of chosenWorkloads) {
    // Each round begins with another server, so that none always follows the same one.
    const shift = round % Math.max(1, running.length);
    for (const { contender } of [...running.slice(shift), ...running.slice(0, shift)]) {
      const late = flags.quick && performance.now() - began > QUICK * 1_000;
      const result = late
        ? { error: "not measured: the two minutes of --quick are over" }
        : await measure(contender, workload, scale, cores);
      report.add(contender, workload, result);
      const left = (performance.now() - began) / ++done * (total - done) / 1_000;
      print(
        `${String(done).padStart(String(total).length)}/${total}  ${Math.ceil(left)} s left  ` +
          report.line(contender, workload, result),
      );
    }
  }
}

print(`\n${machine}\n\n${report.text()}`);
if (flags.write || (!flags.quick && flags.only === "")) {
  const results = new URL("RESULTS.md", import.meta.url);
  const image = new URL("results.svg", import.meta.url);
  await Deno.writeTextFile(results, report.markdown());
  await Deno.writeTextFile(image, report.chart());
  // As the gate wants every file of the project.
  await output([Deno.execPath(), "fmt", results.pathname, image.pathname]);
  print("written: bench/RESULTS.md, bench/results.svg");
}
