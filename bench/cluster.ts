/**
 * Many processes that are one chat: Parley and Redis beside Socket.IO and Redis, repetitions interleaved.
 *
 *     deno task bench:cluster [--quick] [--only CHATS:WORKLOADS] [--repeat N] [--window SECONDS] [--write]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { added } from "./cluster/added.ts";
import { type Chat, chats, startChat } from "./cluster/chats.ts";
import { type Apart, calculated, nodeCosts } from "./cluster/model.ts";
import { MODEL, type Part, parts } from "./cluster/parts.ts";
import { measureRedis } from "./cluster/redis_costs.ts";
import { FEW, MANY } from "./cluster/workloads/apart.ts";
import { workloads } from "./cluster/workloads/mod.ts";
import { describeMachine } from "./machine.ts";
import { prepare } from "./prepare.ts";
import { Report } from "./report.ts";
import { chooseCores, generate, output } from "./runner.ts";
import { median } from "./statistics.ts";
import type { Scale } from "./workloads/workload.ts";

const HELP = `Measures chats of many processes and one Redis

  --quick           one short repetition of everything
  --only C:W        only chats C under workloads W, both comma-separated, either may be left out
  --repeat N        repetitions of each measurement                5, with --quick 1
  --window SECONDS  how long each measurement lasts                3, with --quick 0.5
  --write           write CLUSTER.md
  --help            this text

chats      ${chats.map(({ name }) => name).join(", ")}
workloads  ${workloads.map(({ name }) => name).join(", ")}, costs`;

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));

const flags = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    repeat: { type: "string" },
    window: { type: "string" },
    write: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
}).values;
if (flags.help) {
  print(HELP);
  Deno.exit(0);
}
const { quick } = flags;
const repeat = Number(flags.repeat ?? (quick ? 1 : 5));
const window = Number(flags.window ?? (quick ? 0.5 : 3)) * 1_000;
const scale: Scale = { window, warmup: window / 2, quick };
const [names = "", loads = ""] = flags.only.split(":");
const isChosen = (list: string, name: string) => list === "" || list.split(",").includes(name);

const ready = await prepare(chats.filter(({ name }) => isChosen(names, name)));
const cores = await chooseCores();
const redis = (await output(["redis-server", "--version"]))?.match(/v=(\S+)/)?.[1];
if (!redis) {
  print("bench: redis-server is not there");
  Deno.exit(2);
}
const machine = `${await describeMachine(ready)}, redis ${redis}`;
for (const { contender, skipped } of ready) {
  if (skipped) print(`${contender.title} is skipped: ${skipped}`);
}
const generator = new URL("cluster/generator.ts", import.meta.url).pathname;

/** A part, with those of its chats and workloads that are chosen. */
const chosen = parts.map((part: Part) => {
  const its = ready.filter(({ contender }) => part.chats.includes(contender.name));
  const loads_ = part.workloads.filter(({ name }) => isChosen(loads, name));
  const run = { repeat, scale, cores, machine, ours: part.ours };
  return { ...part, workloads: loads_, ready: its, report: new Report(its, loads_, run) };
}).filter(({ ready, workloads }) => ready.length > 0 && workloads.length > 0);

/** All figures, by workload and chat, a value of each round. */
const figures = new Map<string, Record<string, number>[]>();

for (let round = 0; round < repeat; round++) {
  for (const { name } of workloads) {
    const those = chosen.filter(({ workloads }) => workloads.some((one) => one.name === name));
    const workload = workloads.find((one) => one.name === name)!;
    const running = ready.filter(({ contender, skipped }) =>
      !skipped && those.some(({ chats }) => chats.includes(contender.name))
    ).map(({ contender }) => contender as Chat);
    // Each round begins with another one, so that none always follows the same one.
    const shift = round % Math.max(1, running.length);
    for (const chat of [...running.slice(shift), ...running.slice(0, shift)]) {
      const [server, core] = those[0]!.spread ? [] : [cores.server, cores.generator];
      const isSafe = those[0]!.safe;
      const begin = () => startChat(chat, { core: server, safe: isSafe });
      const result = await generate(generator, name, scale, begin, core);
      const its = those.filter(({ chats }) => chats.includes(chat.name));
      for (const { report } of its) report.add(chat, workload, result);
      if ("figures" in result) {
        const key = `${name} ${chat.name}`;
        figures.set(key, [...figures.get(key) ?? [], result.figures]);
      }
      print(its[0]!.report.line(chat, workload, result));
    }
  }
}

const sections = [
  "# Many processes",
  "Written by `deno task bench:cluster --write`; [README.md](README.md) says how to read it.",
  machine,
  `Every figure is the median of ${repeat} interleaved repetitions of ${
    window / 1_000
  } s, with the ` +
  "least and the greatest in brackets.",
];
for (const { title, about, report } of chosen) {
  sections.push(`# ${title}`, about, report.text());
}
const summary = added(figures);
if (summary) sections.push(summary);
if (isChosen(loads, "costs")) {
  print("what Redis does");
  const costs = await measureRedis({
    milliseconds: quick ? 200 : 1_000,
    repeat: Math.min(repeat, 3),
    core: cores.server,
  });
  const of = (workload: string, chat: string, key: string) =>
    median((figures.get(`${workload} ${chat}`) ?? []).map((round) => round[key]!));
  const [few, many] = [FEW, MANY].map((count) => ({
    speaks: of(`N${count}`, MODEL, "speaks"),
    listens: of(`N${count}`, MODEL, "listens"),
  })) as [Apart, Apart];
  const nodes = nodeCosts(few, many, of("B", "parley-1-redis", "nodes"));
  sections.push("# Beyond two cores", calculated(costs, nodes));
}
const text = sections.join("\n\n") + "\n";
print(`\n${text}`);
if (flags.write) {
  const results = new URL("CLUSTER.md", import.meta.url);
  await Deno.writeTextFile(results, text);
  await output([Deno.execPath(), "fmt", results.pathname]);
  print("written: bench/CLUSTER.md");
}
