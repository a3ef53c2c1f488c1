/** Looking after all that goes on, in turn. */
import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers/promises";
import type { OutboxOptions } from "../hub/conversation/outbox.ts";
import { type Open, Rounds } from "../routes/rounds.ts";
import { TestTime } from "./time.ts";

class Visited implements Open {
  visits = 0;
  close() {}
  visit() {
    this.visits++;
  }
}

/** Lets the turns of the event loop pass in which a round is made. */
async function round() {
  for (let turn = 0; turn < 10; turn++) await setImmediate();
}

Deno.test("Rounds visit everything every second, in several turns where it is much", async () => {
  using time = new TestTime();
  const crowd = Array.from({ length: 1_000 }, () => new Visited());
  const open = new Set(crowd);
  const rounds = new Rounds(open);
  await time.tickAsync(999);
  assertEquals(crowd.some(({ visits }) => visits > 0), false);
  time.tick(1);
  assertEquals([crowd[0]!.visits, crowd[999]!.visits], [1, 0]);
  open.delete(crowd[998]!);
  await round();
  assertEquals([crowd[998]!.visits, crowd[999]!.visits], [0, 1]);
  time.tick(1_000);
  await round();
  assertEquals(new Set(crowd.map(({ visits }) => visits)), new Set([2, 0]));
  rounds.close();
  time.tick(10_000);
  await round();
  assertEquals(crowd[0]!.visits, 2);
});

for (const bounds of [{ stall: 200 }, { silence: 200 }] as OutboxOptions[]) {
  Deno.test(`Rounds are frequent enough for ${JSON.stringify(bounds)}`, () => {
    using time = new TestTime();
    const one = new Visited();
    const rounds = new Rounds(new Set([one]), bounds);
    time.tick(100);
    assertEquals(one.visits, 10);
    rounds.close();
  });
}
