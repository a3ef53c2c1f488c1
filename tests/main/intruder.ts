/**
 * Runs with exactly the rights that a task gives which starts the server: serves, as the program does,
 * then tries what it should not be able to, and prints what came of each attempt as one JSON object.
 * With `--data ./data` it keeps what is said, as the program does.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { Hub } from "../../hub.ts";
import { SqliteEngine } from "../../hub/engine/sqlite.ts";
import { routes } from "../../routes.ts";

const [, directory] = Deno.args;
const engine = directory === undefined ? undefined : SqliteEngine.open(directory);
const hub = new Hub({ engine });
const { handle } = routes(hub);
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
  say: await outcome(async () => {
    const body = JSON.stringify({ username: "ann", content: "hi" });
    const said = `http://127.0.0.1:${port}/api/rooms/lobby/messages`;
    return (await (await fetch(said, { method: "POST", body })).json()).content;
  }),
  data: await outcome(() => Deno.writeTextFile("./data/intruder.txt", "was here")),
  above: await outcome(() => Deno.writeTextFile("./data/../intruder.txt", "was here")),
  list: await outcome(() => [...Deno.readDirSync(".")]),
  attach: await outcome(() => {
    const db = new DatabaseSync(":memory:");
    try {
      db.exec("ATTACH './intruder.db' AS intruder");
    } finally {
      db.close();
    }
  }),
  read: await outcome(() => Deno.readTextFile(new URL("../../deno.json", import.meta.url))),
  write: await outcome(() => Deno.writeTextFile("intruder.txt", "was here")),
  env: await outcome(() => Deno.env.get("SECRET")),
  spawn: await outcome(() => new Deno.Command(Deno.execPath()).output()),
  sys: await outcome(() => Deno.hostname()),
};
// deno-lint-ignore no-console
console.log(JSON.stringify(outcomes));
await server.shutdown();
await hub.end();
