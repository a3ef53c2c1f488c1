/**
 * `deno task import`: takes in what `deno task export` wrote, from standard input.
 *
 * Messages keep their ids, and so their order and all that points at them: what a page has read, the
 * `before` and `since` of a request. A place is known where this file gave it out, which its random
 * digits tell, or where a message of that id is kept in the channel. So whoever has read up to a message
 * that was imported reads on from there. Whoever stands at another place of the server of before is told
 * that something may be lost, and it may: that server could go on after it was exported. This is why a
 * file never takes the digits of another, not even an empty one: they would claim what came later, and
 * give the same ids out again. Who wants to move everything copies the files instead.
 *
 * @module
 */
import { Store, StoreError } from "../hub/engine/sqlite/store.ts";
import { LIMITS } from "../messages.ts";
import { flag, helpOf, readFlags } from "./flags.ts";
import { Intake, IntakeError } from "./intake.ts";
import { linesOf } from "./lines.ts";
import { orRefuse, refuse } from "./refuse.ts";
import { text } from "./values.ts";

const FLAGS = {
  data: flag("DIR", "directory in which messages are kept", "./data", text("a directory")),
};

const HELP = `Takes in messages, one a line, each room's oldest first, as "export" writes them:
deno task import < messages.ndjson

${helpOf(FLAGS)}

What is there already is passed over. No server may run in the directory meanwhile.`;

async function main() {
  const flags = orRefuse(() => readFlags(FLAGS, Deno.args));
  // deno-lint-ignore no-console
  if (!flags) return console.log(HELP);
  try {
    using store = Store.open(flags.data);
    const intake = new Intake(store);
    await intake.take(linesOf(Deno.stdin.readable, LIMITS.frame));
    await store.sync();
    // deno-lint-ignore no-console
    console.log(`Messages imported: ${intake.added}; there already: ${intake.known}`);
  } catch (error) {
    const { message } = error as Error;
    const isPlain = error instanceof StoreError || error instanceof IntakeError;
    refuse(isPlain ? message : `Cannot import into ${flags.data}: ${message}`, 1);
  }
}

if (import.meta.main) main();
