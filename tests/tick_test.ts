/** When tasks run: at once when nothing goes on, together when much does. */
import { assert, assertEquals } from "@std/assert";
import { setImmediate, setTimeout } from "node:timers/promises";
import { inWaves, soon } from "../hub/tick.ts";

/** Longer than the longest rest: nothing goes on any more. */
const calm = () => setTimeout(30);

Deno.test("soon() runs a task once, at the end of the job, when nothing goes on", async () => {
  await calm();
  let runs = 0;
  const task = () => void runs++;
  soon(task);
  soon(task);
  assertEquals(runs, 0);
  await Promise.resolve();
  assertEquals(runs, 1);
  await calm();
  assertEquals(runs, 1);
});

Deno.test("soon() gathers what is asked for while something goes on", async () => {
  await calm();
  const ran: string[] = [];
  let job = 0;
  const task = (name: string) => () => {
    ran.push(`${name} in job ${job}`);
    queueMicrotask(() => job++);
  };
  soon(task("first"));
  await Promise.resolve();
  soon(task("second"));
  soon(task("third"));
  await Promise.resolve();
  assertEquals(ran, ["first in job 0"]);
  await calm();
  assertEquals(ran.slice(1), ["second in job 1", "third in job 1"]);
});

Deno.test("soon() lets a lone task rest as long as the last ones took", async () => {
  await calm();
  soon(() => {
    const end = performance.now() + 8;
    while (performance.now() < end);
  });
  await Promise.resolve();
  const asked = performance.now();
  await new Promise<void>(soon);
  assert(performance.now() - asked >= 7);
  await calm();
});

Deno.test("inWaves() goes on from turn to turn, past what was taken away meanwhile", async () => {
  const items = new Set(Array.from({ length: 100 }, (_, i) => i));
  const met: number[] = [];
  inWaves(items, (item) => met.push(item));
  assertEquals(met.length, 32);
  items.delete(40);
  await setImmediate();
  assertEquals(met.length, 64);
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  assertEquals(met, [...items].toSorted((a, b) => a - b));
});
