/**
 * What it costs to keep on disk what is said: the same server with and without `--data`, by turns.
 *
 *     deno task bench:durable [--quick] [--only PARTS] [--repeat N] [--window SECONDS] [--write]
 *
 * @module
 */
import { parseArgs } from "node:util";
import { HEAD, rowsOf } from "./durable/comparison.ts";
import { idle } from "./durable/idle.ts";
import { MEMORY } from "./durable/pair.ts";
import { past } from "./durable/past.ts";
import { said } from "./durable/talk.ts";
import { describeMachine } from "./machine.ts";
import { prepare } from "./prepare.ts";
import { table } from "./report.ts";
import { chooseCores, output } from "./runner.ts";

const HELP = `Measures what it costs to keep on disk what is said

  --quick           a tenth of the messages and rooms, one short repetition
  --only PARTS      of past (a million messages), idle (100,000 rooms), talk (A, B and D100)
  --repeat N        repetitions of each measurement               5, with --quick 1
  --window SECONDS  how long each measurement of talk lasts       2, with --quick 0.4
  --write           write DURABLE.md
  --help            this text`;

const print = (text: string) => Deno.stdout.writeSync(new TextEncoder().encode(text + "\n"));

const flags = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "past,idle,talk" },
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
const parts = flags.only.split(",");
const repeat = Number(flags.repeat ?? (quick ? 1 : 5));
const window = Number(flags.window ?? (quick ? 0.4 : 2)) * 1_000;
const cores = await chooseCores();
const rooms = quick ? 100 : 1_000;
const many = quick ? 10_000 : 100_000;

const sections = [
  "# What a disk costs",
  "Written by `deno task bench:durable --write`; [README.md](README.md) says how to read it.",
  await describeMachine(await prepare([MEMORY])),
];
if (parts.includes("past")) {
  print("a long past");
  const figures = await past({ rooms, each: 1_000, visits: 500, repeat, core: cores.server });
  sections.push(
    "## A long past",
    `${(rooms * 1_000).toLocaleString("en")} messages are kept, of 30 days, in ` +
      `${
        rooms.toLocaleString("en")
      } rooms that talked at the same time. The system has forgotten ` +
      "the file before each start. 500 people connect, each into a room at random, and wish for its " +
      "last 50 messages: the time is told until its `room` message is there. Then each reads 50 " +
      "messages by HTTP from a random moment of its past. The server without a disk knows 60 " +
      `messages of each room. Starts are medians of ${repeat}.`,
    table(HEAD, rowsOf(figures)),
  );
}
if (parts.includes("idle")) {
  print("idle rooms");
  sections.push(
    "## Idle rooms",
    `Resident memory a second after the start, the median of ${repeat}; both servers keep what is ` +
      "said on disk, and for the first there is nothing yet.",
    table(
      ["", "unit", "empty", "with rooms", "ratio", "aim"],
      rowsOf(await idle(many, repeat, cores.server)),
    ),
  );
}
if (parts.includes("talk")) {
  print("talk");
  const scale = { window, warmup: window / 2, quick };
  sections.push(
    `Every figure from here on is the median of ${repeat} interleaved repetitions of ` +
      `${
        window / 1_000
      } s, with the least and the greatest in brackets. Syncs of a disk of + 5 ms ` +
      "take so much longer than those of this machine.",
    await said({ repeat, scale, cores, progress: print }),
  );
}
const text = sections.join("\n\n") + "\n";
print(`\n${text}`);
if (flags.write) {
  const results = new URL("DURABLE.md", import.meta.url);
  await Deno.writeTextFile(results, text);
  await output([Deno.execPath(), "fmt", results.pathname]);
  print("written: bench/DURABLE.md");
}
