/**
 * What a program does on a disk of its own: `scenes.ts NAME DIRECTORY [FAULTS]`; it prints what came of
 * it as JSON, and ends as by a power cut.
 *
 * @module
 */
import { Store } from "../../hub/engine/sqlite/store.ts";
import { rowsOf } from "./rows.ts";

const [name, directory, faults] = Deno.args;
const store = Store.open(directory!);

/** The message of an error; an empty text where there is none. */
async function refusal(work: () => unknown): Promise<string> {
  try {
    await work();
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

const pause = (milliseconds: number) => new Promise((end) => setTimeout(end, milliseconds));

/** The part of the log's header that is new whenever it begins again. */
const salt = () => Deno.readFileSync(`${directory}/parley.db-wal`).slice(16, 24).join();

const scenes: Record<string, () => Promise<unknown>> = {
  /** Copies a long log, and writes before and after the copy was made. */
  async copy() {
    store.write(rowsOf(1, 2_000, { rooms: 500, size: 2_000 }), 0);
    const { size } = Deno.statSync(`${directory}/parley.db`);
    const before = salt();
    const synced = store.sync();
    store.write(rowsOf(2_001, 2_500, { rooms: 500, size: 2_000 }), 0);
    // The file grows when the copy is made, and is synced for a while after that.
    for (let i = 0; i < 5_000 && Deno.statSync(`${directory}/parley.db`).size === size; i++) {
      await pause(1);
    }
    const grown = Deno.statSync(`${directory}/parley.db`).size > size;
    store.write(rowsOf(2_501, 2_600, { rooms: 500 }), 0);
    const during = salt();
    await synced;
    return { grown, restarted: during !== before };
  },

  /** Ends while a copy is being synced. */
  async close() {
    const { size } = Deno.statSync(`${directory}/parley.db`);
    // So much that it is copied without anybody waiting for that.
    store.write(rowsOf(1, 2_000, { rooms: 500, size: 5_000 }), 0);
    while (Deno.statSync(`${directory}/parley.db`).size === size) await pause(1);
    store[Symbol.dispose]();
  },

  /** Goes on while something is synced. */
  async wait() {
    store.write(rowsOf(1, 1), 0);
    let turns = 0;
    let over = false;
    const synced = store.sync().then(() => over = true);
    for (; !over && turns < 1_000; turns++) await pause(1);
    await synced;
    return turns;
  },

  /** Writes where there is no room, and again once there is. */
  async full() {
    store.write(rowsOf(1, 10), 0);
    await store.sync();
    Deno.writeTextFileSync(`${faults}/full`, "");
    const why = await refusal(() => store.write(rowsOf(11, 20, { rooms: 5 }), 7));
    const { rows } = store.page("#r0", { limit: 100 }, "~");
    const rooms = store.roomCount;
    Deno.removeSync(`${faults}/full`);
    store.write(rowsOf(21, 30), 0);
    await store.sync();
    return { why, kept: rows.length, rooms };
  },

  /** Goes on where what was written could not be synced. */
  async fail() {
    store.write(rowsOf(1, 10), 0);
    await store.sync();
    Deno.writeTextFileSync(`${faults}/sync`, "");
    store.write(rowsOf(11, 20), 0);
    const whys = [await refusal(() => store.sync())];
    Deno.removeSync(`${faults}/sync`);
    whys.push(await refusal(() => store.sync()));
    whys.push(await refusal(() => store.write(rowsOf(21, 30), 0)));
    const kept = store.page("#r0", { limit: 100 }, "~").rows.length;
    store[Symbol.dispose]();
    return { whys, kept };
  },
};

const outcome = JSON.stringify(await scenes[name!]!());
Deno.stdout.writeSync(new TextEncoder().encode(outcome));
Deno.kill(Deno.pid, "SIGKILL");
