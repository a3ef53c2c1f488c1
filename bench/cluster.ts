/**
 * Many processes that are one chat: Parley and Redis beside Socket.IO and Redis, repetitions interleaved.
 *
 *     deno task bench:cluster [--quick] [--only CHATS:WORKLOADS] [--repeat N] [--window SECONDS] [--write]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type Chat, chats, safe, startChat } from "./cluster/chats.ts";
import { workloads } from "./cluster/workloads/mod.ts";
import { describeMachine } from "./machine.ts";
import { prepare } from "./prepare.ts";
import { Report } from "./report.ts";
import { chooseCores, generate, output } from "./runner.ts";
import type { Scale } from "./workloads/workload.ts";

const HELP = `Measures chats of many processes and one Redis

  --quick           one short repetition of everything
  --only C:W        only chats C under workloads W, both comma-separated, either may be left out
  --repeat N        repetitions of each measurement                5, with --quick 1
  --window SECONDS  how long each measurement lasts                3, with --quick 0.5
  --write           write CLUSTER.md
  --help            this text

chats      ${chats.map(({ name }) => name).join(", ")}
workloads  ${workloads.map(({ name }) => name).join(", ")}`;

/** Whose ratios against the others are told. */
const OURS = ["parley-2", "parley-2-plain"];

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
const chosen = workloads.filter(({ name }) => isChosen(loads, name));
const cores = await chooseCores();
const machine = await describeMachine(ready);
for (const { contender, skipped } of ready) {
  if (skipped) print(`${contender.title} is skipped: ${skipped}`);
}
const running = ready.filter(({ skipped }) => !skipped).map(({ contender }) => contender as Chat);
const report = new Report(ready, chosen, { repeat, scale, cores, machine, ours: OURS });
const generator = new URL("cluster/generator.ts", import.meta.url).pathname;

for (let round = 0; round < repeat; round++) {
  for (const workload of chosen) {
    const shift = round % Math.max(1, running.length);
    for (const chat of [...running.slice(shift), ...running.slice(0, shift)]) {
      const isApart = workload.name === "R";
      if (isApart && (!chat.redis || chat.nodes < 2)) continue;
      const [server, core] = workload.name === "S" ? [] : [cores.server, cores.generator];
      const begin = () => startChat(isApart ? safe(chat) : chat, server);
      const result = await generate(generator, workload.name, scale, begin, core);
      report.add(chat, workload, result);
      print(report.line(chat, workload, result));
    }
  }
}

print(`\n${machine}\n\n${report.text()}`);
void output;
