/**
 * The load generator's process: runs one workload against one server, given as JSON on standard
 * input, and prints the outcome as JSON.
 *
 * @module
 */
import { workloads } from "../workloads/mod.ts";
import type { Scale, Workload } from "../workloads/workload.ts";
import type { Target } from "./crowd.ts";

/** What the process is told to do. */
export interface Job {
  workload: string;
  target: Target;
  scale: Scale;
}

/** Does the job that it is told, of some workloads, and ends the process. */
export async function obey(workloads: readonly Workload[]): Promise<never> {
  const { workload, target, scale }: Job = await new Response(Deno.stdin.readable).json();
  const found = workloads.find(({ name }) => name === workload);
  if (!found) throw new Error(`Cannot run workload ${workload}: there is none of this name`);
  const outcome = found.run(target, scale);
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(outcome) + "\n"));
  Deno.exit(0);
}

if (import.meta.main) await obey(workloads);
