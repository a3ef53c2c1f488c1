/** What a store does on disks that are slow, full, failing or cut off. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Store } from "../../hub/engine/sqlite/store.ts";
import { within } from "../support.ts";
import { cutPower } from "./cuts.ts";
import { Disks, disks } from "./disk.ts";
import { idOf } from "./rows.ts";

/**
 * Plays a scene, and gives what came of it, and what a power cut would leave: at its end, or once the log
 * is gone from the disk.
 */
async function play(name: string, delay = 0, until: "end" | "gone" = "end") {
  using disks = await Disks.make();
  const folder = await Deno.makeTempDir({ prefix: "parley-" });
  try {
    const [live, left] = [`${folder}/live`, `${folder}/left`];
    await Deno.mkdir(live);
    await Deno.mkdir(left);
    const env = disks.env(live, { left, delay, faults: true });
    const module = new URL("scenes.ts", import.meta.url).href;
    const args = ["run", "-A", module, name, live, env.PARLEY_DISK_FAULTS!];
    const child = new Deno.Command(Deno.execPath(), { args, env, stdout: "piped" }).spawn();
    const output = child.output();
    if (until === "gone") {
      await appears(`${left}/parley.db-wal`, true);
      await appears(`${left}/parley.db-wal`, false);
      child.kill("SIGKILL");
    }
    const { stdout } = await within(output, `the end of ${name}`, 30_000);
    const outcome = JSON.parse(new TextDecoder().decode(stdout) || "null");
    using store = Store.open(left, { repair: true });
    assertEquals(store.movedAside, undefined);
    return { outcome, left: [...store.all()].map(({ id }) => id) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Waits until a file is there, or is not. */
async function appears(file: string, there: boolean) {
  const isThere = () => Deno.stat(file).then(() => true, () => false);
  for (let i = 0; await isThere() !== there; i++) {
    assert(i < 30_000);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Ids of the messages with numbers from 1 to another. */
const idsTo = (last: number) => Array.from({ length: last }, (_, i) => idOf(i + 1));

Deno.test("what was synced outlives power cuts; what was not may be gone", disks, async () => {
  using disks = await Disks.make();
  const seed = Math.floor(Math.random() * 2 ** 31);
  // deno-lint-ignore no-console
  console.log(`seed ${seed}: deno run -A tests/engine/main.ts --seed ${seed} --rounds 4`);
  const synced = await cutPower(disks, { rounds: 4, seed });
  assertEquals(synced.missing, []);
  assert(synced.promised > 500, `${synced.promised} messages show nothing`);
  // That is how a store would be noticed that promises too early.
  const early = await cutPower(disks, { rounds: 3, seed, early: true });
  assert(early.missing.length > 0);
});

Deno.test("a copy takes only what is synced, and the log stays until it is", disks, async () => {
  const { outcome, left } = await play("copy", 50);
  assertEquals(outcome, { grown: true, restarted: false });
  assertEquals(left, idsTo(left.length));
  assert(left.length >= 2_000);
});

Deno.test("who ends while a copy is being made has all of it on the disk", disks, async () => {
  const { left } = await play("close", 100, "gone");
  assertEquals(left, idsTo(2_000));
});

Deno.test(
  "the event loop goes on while the disk works",
  disks,
  async () => {
    const { outcome, left } = await play("wait", 100);
    assert(outcome > 10, `${outcome} turns`);
    assertEquals(left, idsTo(1));
  },
);

Deno.test(
  "a full disk refuses what is written, and takes it once there is room",
  disks,
  async () => {
    const { outcome: { why, kept, rooms }, left } = await play("full");
    assertMatch(why, /^Cannot write \S+parley\.db: the disk is full: make room$/);
    assertEquals([kept, rooms], [10, 1]);
    assertEquals(left, idsTo(30).filter((id) => id <= idOf(10) || id > idOf(20)));
  },
);

Deno.test("after a sync that failed nothing is promised any more", disks, async () => {
  const { outcome: { whys, kept }, left } = await play("fail");
  for (const why of whys) {
    assertMatch(
      why,
      /^Cannot write \S+parley\.db: the disk fails: look into the log of the system$/,
    );
  }
  assertEquals([whys.length, kept, left], [3, 20, idsTo(10)]);
});
