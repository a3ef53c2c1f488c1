import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { setImmediate } from "node:timers";
import { Pace } from "../hub/base/pace.ts";
import { TestTime } from "./time.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("a pace does what takes little time at once, and the rest in the next turns, in order", async () => {
  using time = new TestTime();
  const pace = new Pace(5);
  const done: number[] = [];
  const act = (number: number) => () => {
    time.tick(2);
    return done.push(number);
  };
  const soon = [1, 2, 3, 4, 5, 6, 7].map((number) => pace.do(act(number)));
  assertEquals([done, soon.slice(0, 3)], [[1, 2, 3], [1, 2, 3]]);
  await turn();
  assertEquals(done, [1, 2, 3, 4, 5, 6]);
  assertEquals(await Promise.all(soon), [1, 2, 3, 4, 5, 6, 7]);
  await turn();
  assertEquals(pace.do(act(8)), 8);
});

Deno.test("what fails at a pace fails for who asked for it, and holds up nobody", async () => {
  using time = new TestTime();
  const pace = new Pace(1);
  const fail = () => {
    time.tick(1);
    throw new Error("no");
  };
  assertThrows(() => pace.do(fail), Error, "no");
  const [failing, after] = [pace.do(fail), pace.do(() => "after")];
  await assertRejects(async () => await failing, Error, "no");
  assertEquals(await after, "after");
  await turn();
});
