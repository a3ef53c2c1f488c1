/**
 * Prepares what the tests need, and runs `deno` with the words given:
 *
 *     deno run --allow-all tests/prepare/main.ts test --allow-all
 *
 * The tests find each tool in its variable. One that is neither here nor to be had is told in a line,
 * before them and after them.
 *
 * @module
 */
import { halvesOf, runBeside } from "./halves.ts";
import { ThisMachine } from "./machine.ts";
import { insisted } from "./need.ts";
import { Preparation } from "./prepare.ts";
import { tools } from "./tools.ts";

/** Seconds for everything that is done before the tests. */
const MOST = 480;

const machine = new ThisMachine(AbortSignal.timeout(MOST * 1_000));
const preparation = new Preparation(machine);
const env: Record<string, string> = {};
const lines: string[] = [];
for (const tool of tools) {
  const found = await preparation.ready(tool);
  env[tool.variable] = "path" in found ? found.path : `none: ${found.missing}`;
  if ("path" in found) continue;
  const end = insisted() ? "fail" : "are ignored";
  lines.push(
    `Tests in need of ${tool.title} ${end}: ${found.missing} (${tool.variable} names one)`,
  );
}
machine.clear();

for (const line of lines) machine.tell(line);
const code = await runBeside(machine.deno, halvesOf(Deno.args), env);
for (const line of lines) machine.tell(line);
Deno.exit(code);
