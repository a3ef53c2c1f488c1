import type { Machine } from "./machine.ts";
import type { Tool } from "./tools.ts";

/** Where a tool is, or why there is none. */
export type Found = { path: string } | { missing: string };

/** Seconds for a tool to start. */
const TRIAL = 30;

/** Files of these names in the `PATH`. */
export function which(names: string[], machine: Machine): string[] {
  const windows = machine.os === "windows";
  const folders = machine.variable("PATH")?.split(windows ? ";" : ":").filter(Boolean) ?? [];
  return names.flatMap((name) =>
    folders.map((folder) => windows ? `${folder}\\${name}.exe` : `${folder}/${name}`)
  ).filter((path) => machine.has(path));
}

/** Looks for a tool: where its variable says, or else by its usual names and in its usual places. */
export async function find(tool: Tool, machine: Machine): Promise<Found> {
  return await firstOf(tool, machine, () => Promise.resolve(undefined));
}

/** Looks for a tool that starts: what lacks a library is passed over. */
export async function findWorking(tool: Tool, machine: Machine): Promise<Found> {
  return await firstOf(
    tool,
    machine,
    (path) => machine.run([path, ...tool.trial(machine.folder())], TRIAL),
  );
}

async function firstOf(
  tool: Tool,
  machine: Machine,
  fault: (path: string) => Promise<string | undefined>,
): Promise<Found> {
  const named = machine.variable(tool.variable);
  const none = named?.match(/^none(?:: (.*))?$/s);
  if (none) return { missing: none[1] ?? `${tool.variable} says that there is none` };
  if (named && !machine.has(named)) return { missing: `${tool.variable}: no file ${named}` };
  /** Paths of what does not start, by the reason: a file of several names is told once. */
  const faults = new Map<string, string>();
  for await (const path of named ? [named] : usual(tool, machine)) {
    const why = await fault(path);
    if (why === undefined) return { path };
    faults.set(why, path);
  }
  const texts = [...faults].map(([why, path]) => `${path} does not start (${why})`);
  return { missing: texts.join(", ") || "none was found" };
}

/** Where a tool is on such a machine, the likeliest first; the last is asked for only if need be. */
async function* usual({ names, places, spare }: Tool, machine: Machine): AsyncGenerator<string> {
  yield* which(names, machine);
  for (const place of places[machine.os] ?? []) {
    const path = place.replace(/%(.+?)%/g, (_, name) => machine.variable(name) ?? "");
    if (machine.has(path)) yield path;
  }
  const path = await spare?.path();
  if (path && machine.has(path)) yield path;
}
