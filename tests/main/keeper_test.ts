/** What becomes of a process that is to go on. */
import { assertEquals } from "@std/assert";
import { type Child, Keeper } from "../../main/keeper.ts";
import { TestTime } from "../time.ts";

/** Processes that end when they are told to. */
class Fakes {
  started = 0;
  pauses: number[] = [];
  killed: unknown[] = [];
  end!: (code: number) => void;
  readonly keeper = new Keeper(() => this.#start(), ({ pause }) => this.pauses.push(pause));

  #start(): Child {
    this.started++;
    const status = new Promise<Deno.CommandStatus>((resolve) => {
      this.end = (code) => resolve({ success: code === 0, code, signal: null });
    });
    return { status, kill: (signal) => this.killed.push(signal) };
  }
}

/** Lets time pass, and all happen that follows from it. */
async function pass(time: TestTime, milliseconds: number) {
  await time.tickAsync(milliseconds);
  await time.tickAsync(0);
}

Deno.test("who ends soon after the start is not started again", async () => {
  using time = new TestTime();
  const fakes = new Fakes();
  time.tick(9_999);
  fakes.end(1);
  assertEquals([await fakes.keeper.done, fakes.started, fakes.pauses], [1, 1, []]);
});

Deno.test("who ends later is started again, after longer and longer pauses", async () => {
  using time = new TestTime();
  const fakes = new Fakes();
  await pass(time, 10_000);
  for (let i = 1; i <= 7; i++) {
    fakes.end(1);
    await pass(time, 0);
    await pass(time, fakes.pauses.at(-1)! - 1);
    assertEquals(fakes.started, i);
    await pass(time, 1);
    assertEquals(fakes.started, i + 1);
  }
  assertEquals(fakes.pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  await pass(time, 59_999);
  fakes.end(0);
  await pass(time, 30_000);
  await pass(time, 60_000);
  fakes.end(0);
  await pass(time, 0);
  assertEquals(fakes.pauses.slice(7), [30_000, 1_000]);
  fakes.keeper.stop();
  assertEquals(await fakes.keeper.done, 0);
});

Deno.test("who is stopped is told once, and not started again", async () => {
  using time = new TestTime();
  const fakes = new Fakes();
  await pass(time, 20_000);
  fakes.keeper.stop();
  fakes.keeper.stop();
  fakes.end(3);
  assertEquals([await fakes.keeper.done, fakes.killed, fakes.started], [3, ["SIGTERM"], 1]);
});
