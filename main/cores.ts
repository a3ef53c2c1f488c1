/**
 * `deno task start:cores`: one process for each core, all behind one port, which are one chat by Redis.
 * Linux gives each of them its part of the connections.
 *
 * @module
 */
import manifest from "../deno.json" with { type: "json" };
import { environment } from "./environment.ts";
import { Keeper } from "./keeper.ts";
import { logger } from "./log.ts";
import { orRefuse, refuse } from "./refuse.ts";
import { READ, readSettings } from "./settings.ts";

/** What each is run with: the words of that task after `deno`. */
const WORDS = manifest.tasks["start:env"].command.split(" ").slice(1);

async function main() {
  const settings = orRefuse(() => readSettings(Deno.args, environment(READ)));
  // deno-lint-ignore no-console
  if (!settings) return console.log("The flags are those of deno task start: see its --help.");
  if (!settings.redis) refuse("start:cores needs --redis URL: by it the processes are one chat");
  if (settings.port === 0) refuse("start:cores needs a --port: it is the same for all processes");
  const log = logger(settings["log-level"]);
  const keepers = Array.from({ length: navigator.hardwareConcurrency }, (_, core) => {
    return new Keeper(start, (fields) => log("error", "process ended", { core, ...fields }));
  });
  const stop = () => keepers.forEach((keeper) => keeper.stop());
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  const ends = keepers.map(({ done }) => done);
  // Who could not start is missing for good: then somebody has to look at it.
  const code = await Promise.race(ends);
  stop();
  await Promise.all(ends);
  Deno.exit(code);
}

function start(): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [...WORDS, ...Deno.args, "--reuse-port"],
    cwd: new URL("..", import.meta.url),
    // Or a terminal would send its signals to both, and a second one ends a process at once.
    detached: true,
  }).spawn();
}

if (import.meta.main) main();
