/**
 * Writes messages into a store until it is ended, and prints of each lot its first and last number
 * once it is on the disk: `writer.ts DIRECTORY FIRST [early]`, where `early` prints it before that.
 *
 * @module
 */
import { Store } from "../../hub/engine/sqlite/store.ts";
import { rowsOf } from "./rows.ts";

const [directory, first, early] = Deno.args;
const store = Store.open(directory!);
let next = Number(first);

/** One of two that take turns, so that one writes while the other waits for the disk. */
async function write() {
  while (true) {
    const from = next;
    const to = from + from % 40;
    next = to + 1;
    store.write(rowsOf(from, to, { rooms: 200 }), 0);
    const synced = store.sync();
    if (!early) await synced;
    Deno.stdout.writeSync(new TextEncoder().encode(`${from} ${to}\n`));
    // A turn of the event loop, in which the other comes.
    await new Promise((resolve) => setTimeout(resolve));
  }
}

await Promise.all([write(), write()]);
