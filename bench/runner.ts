/**
 * Runs one workload on one server: starts the server, then the load generator in a process of its
 * own on another core, and takes its outcome.
 *
 * @module
 */
import type { Job } from "./load/main.ts";
import { pinned } from "./launch.ts";
import { type Contender, type RunningServer, start } from "./servers.ts";
import type { Outcome, Scale, Workload } from "./workloads/workload.ts";

const generator = new URL("load/main.ts", import.meta.url).pathname;

/** Which cores the two processes get; undefined: the system decides. */
export interface Cores {
  server?: number;
  generator?: number;
}

/** One repetition that was measured, or could not be. */
export type Result = Outcome | { error: string };

/** Measures once; an error of the server or of the generator becomes part of the result. */
export function measure(
  contender: Contender,
  workload: Workload,
  scale: Scale,
  cores: Cores,
): Promise<Result> {
  const begin = () => start(contender, { core: cores.server });
  return generate(generator, workload.name, scale, begin, cores.generator);
}

/**
 * Has a load generator do a workload.
 *
 * @param program its file @param begin starts the server @param core that the generator runs on
 */
export async function generate(
  program: string,
  workload: string,
  scale: Scale,
  begin: () => Promise<RunningServer>,
  core?: number,
): Promise<Result> {
  const [command, ...args] = pinned(core, [Deno.execPath(), "run", "--allow-all", program]);
  try {
    // It loads while the server does, and begins when it is told its job.
    await using load = new Deno.Command(command!, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    const outputs = load.output();
    await using server = await begin();
    const job: Job = { workload, target: server.target, scale };
    await new Response(JSON.stringify(job)).body!.pipeTo(load.stdin);
    const { success, stdout, stderr } = await outputs;
    if (success) return JSON.parse(new TextDecoder().decode(stdout));
    const why = new TextDecoder().decode(stderr).match(/Error: (.*)/)?.[1];
    return { error: why ?? "the load generator failed" };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Two cores that share nothing, where the machine has two and `taskset` exists. */
export async function chooseCores(): Promise<Cores> {
  if (navigator.hardwareConcurrency < 2 || !await canRun(["taskset", "--version"])) return {};
  const siblings = await Deno.readTextFile(
    "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
  ).catch(() => "0");
  const taken = siblings.trim().split(/[,-]/).map(Number);
  const other = Array.from({ length: navigator.hardwareConcurrency }, (_, core) => core)
    .find((core) => !taken.includes(core));
  return { server: 0, generator: other ?? 1 };
}

/** Does a command exist and succeed? */
export async function canRun([program, ...args]: string[]): Promise<boolean> {
  return (await output([program!, ...args])) !== undefined;
}

/** What a command prints, trimmed; undefined when it cannot be run or fails. */
export async function output(
  [program, ...args]: string[],
  options: Deno.CommandOptions = {},
): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program!, {
      ...options,
      args,
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
