/** What is oldest, and that it takes no longer to find it where many were before it. */
import { assertEquals, assertLess } from "@std/assert";
import { entryOf } from "../hub/log/batch.ts";
import { IdleMap } from "../hub/presence/idle_map.ts";
import { Ids } from "../hub/log/ids.ts";
import { Queue } from "../hub/base/queue.ts";
import { Recent } from "../hub/engine/recent.ts";
import { TestTime } from "./time.ts";

/** Empties a queue, oldest first. */
function drain(queue: Queue<string, number>): string {
  let drained = "";
  while (queue.oldest) {
    const { key, value } = queue.oldest;
    drained += key + value;
    queue.delete(key);
  }
  return drained;
}

Deno.test("Queue has the oldest first, whatever was taken out or put in again", () => {
  const queue = new Queue<string, number>();
  const fill = () => [..."abcde"].forEach((key, i) => queue.push(key, i));
  for (
    const [change, left] of [
      [() => {}, "a0b1c2d3e4"],
      [() => queue.delete("a"), "b1c2d3e4"],
      [() => queue.delete("c"), "a0b1d3e4"],
      [() => queue.delete("e"), "a0b1c2d3"],
      [() => queue.delete("x"), "a0b1c2d3e4"],
      [() => queue.push("a", 7), "b1c2d3e4a7"],
      [() => queue.push("c", 7), "a0b1d3e4c7"],
      [() => queue.push("e", 7), "a0b1c2d3e7"],
      [() => [..."abcde"].forEach((key) => queue.delete(key)), ""],
    ] as const
  ) {
    fill();
    change();
    assertEquals([queue.size, drain(queue)], [left.length / 2, left]);
    assertEquals([queue.size, queue.oldest, queue.get("a")], [0, undefined, undefined]);
  }
  queue.push("b", 1);
  assertEquals([queue.get("b"), queue.get("a")], [1, undefined]);
});

/** Milliseconds that 10,000 looks take, at least: a busy machine only makes it more. */
function least(look: () => void): number {
  const times = Array.from({ length: 4 }, () => {
    const start = performance.now();
    for (let n = 0; n < 10_000; n++) look();
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** More than half of what a Map of this size has room for: it makes no order before it is full. */
const MANY = 33_000;

/** What remembers many keys, looks one up, and forgets the first half of all. */
const memories: Record<string, (time: TestTime) => { look(): void; forget(): void }> = {
  Recent() {
    const said = entryOf({ type: "chat", username: "ann", content: "x", ...new Ids().next() });
    const cost = said.held + 256;
    const recent = new Recent({ size: MANY * cost });
    for (let n = 0; n < MANY; n++) recent.add(String(n), said);
    return {
      look: () => recent.get("x"),
      forget: () => recent.add("long", { ...said, held: MANY / 2 * cost }),
    };
  },
  IdleMap(time) {
    const map = new IdleMap(() => "", { most: MANY });
    for (let n = 0; n < MANY; n++) {
      if (n === MANY / 2) time.tick(300_000);
      map.use(String(n), () => ({}));
      map.rest(String(n));
    }
    time.tick(299_999);
    return { look: () => map.get("x"), forget: () => time.tick(1) };
  },
};

for (const [name, make] of Object.entries(memories)) {
  Deno.test(`${name} is looked at as fast once it has forgotten much`, () => {
    using time = new TestTime();
    const { look, forget } = make(time);
    const before = least(look);
    forget();
    // The way past all that is gone would take a hundred times as long.
    assertLess(least(look), 10 + 10 * before);
  });
}
