/**
 * Runs with exactly the rights that `deno task start` gives: serves, as the program does, then tries
 * what it should not be able to, and prints what came of each attempt as one JSON object.
 *
 * @module
 */
import { Hub } from "../../hub.ts";
import { routes } from "../../routes.ts";

const { handle } = routes(new Hub());
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handle);
const { port } = server.addr;

async function outcome(attempt: () => unknown): Promise<string> {
  try {
    return String(await attempt());
  } catch (error) {
    return (error as Error).name;
  }
}

const outcomes = {
  serve: await outcome(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).text()),
  read: await outcome(() => Deno.readTextFile(new URL("../../deno.json", import.meta.url))),
  write: await outcome(() => Deno.writeTextFile("intruder.txt", "was here")),
  env: await outcome(() => Deno.env.get("SECRET")),
  spawn: await outcome(() => new Deno.Command(Deno.execPath()).output()),
  sys: await outcome(() => Deno.hostname()),
};
// deno-lint-ignore no-console
console.log(JSON.stringify(outcomes));
await server.shutdown();
