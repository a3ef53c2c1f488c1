import { assertEquals } from "@std/assert";
import { Allowance, costOf, tooFast } from "../hub/conversation/rate.ts";
import { TestTime } from "./time.ts";

/** What so many commands at once are answered. */
const take = (allowance: Allowance, count: number) =>
  Array.from({ length: count }, () => allowance.take());

Deno.test("a full allowance takes a burst, and then tells how long to wait", () => {
  using _time = new TestTime();
  const allowance = new Allowance({ rate: 10, burst: 3 });
  assertEquals(take(allowance, 5), [0, 0, 0, 100, 100]);
});

Deno.test("an allowance is refilled at a steady rate", () => {
  using time = new TestTime();
  // A token takes 333.3 ms.
  const allowance = new Allowance({ rate: 3, burst: 2 });
  take(allowance, 2);
  time.tick(100);
  assertEquals(allowance.take(), 234);
  time.tick(233);
  assertEquals(allowance.take(), 1);
  time.tick(1);
  assertEquals(take(allowance, 2), [0, 333]);
  time.tick(333);
  assertEquals(allowance.take(), 0);
});

Deno.test("an allowance holds no more than a burst, however long the pause", () => {
  using time = new TestTime();
  const allowance = new Allowance({ rate: 10, burst: 3 });
  time.tick(3_600_000);
  assertEquals(take(allowance, 4), [0, 0, 0, 100]);
});

Deno.test("what costs several tokens waits until there are as many", () => {
  using time = new TestTime();
  const allowance = new Allowance({ rate: 3, burst: 4 });
  assertEquals([allowance.take(3), allowance.take(3), allowance.take()], [0, 667, 0]);
  time.tick(667);
  assertEquals(allowance.take(2), 0);
});

Deno.test("nothing costs more than a burst", () => {
  using _time = new TestTime();
  const allowance = new Allowance({ rate: 10, burst: 4 });
  assertEquals([allowance.take(64), allowance.take(64)], [0, 400]);
});

Deno.test("a frame costs a token for each KiB of UTF-8 that it begins", () => {
  const costs = [0, 1, 342, 1_024, 1_025, 2_048, 2_049].map((bytes) => costOf("x".repeat(bytes)));
  assertEquals(costs, [1, 1, 1, 1, 2, 2, 3]);
  assertEquals(costOf("語".repeat(341)), 1);
  assertEquals(costOf("語".repeat(342)), 2);
});

Deno.test("a wait is told in whole milliseconds, and long enough", () => {
  using time = new TestTime();
  const allowance = new Allowance({ rate: 3, burst: 1 });
  assertEquals(take(allowance, 2), [0, 334]);
  time.tick(334);
  assertEquals(allowance.take(), 0);
});

Deno.test("a rate of 0 is no limit", () => {
  const allowance = new Allowance({ rate: 0, burst: 1 });
  assertEquals(take(allowance, 100), Array(100).fill(0));
});

Deno.test("who is too fast is told when to try again", () => {
  const { code, message, about } = tooFast(120, "r");
  assertEquals([code, about], ["rate_limited", { retryAfter: 120, ref: "r" }]);
  assertEquals(message, "Cannot take so many commands: wait 120 ms");
});
