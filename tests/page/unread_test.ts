import { assertEquals } from "@std/assert";
import { Unread } from "../../static/page/model/unread.js";

const order = (n: number) => `01${String(n).padStart(24, "0")}`;

const state = ({ count, calls, first }: Unread) => [count, calls, first];

Deno.test("Unread knows what is left where another tab has read a part", () => {
  const unread = new Unread();
  for (const n of [2, 4, 3, 5]) unread.add(order(n), n === 5 || n === 3);
  assertEquals(state(unread), [4, 2, order(2)]);
  unread.readTo(order(1));
  assertEquals(state(unread), [4, 2, order(2)]);
  unread.readTo(order(3));
  assertEquals(state(unread), [2, 1, order(4)]);
  unread.readTo(order(5));
  assertEquals(state(unread), [0, 0, ""]);
  unread.add(order(6), true);
  unread.clear();
  assertEquals(state(unread), [0, 0, ""]);
  unread.readTo(order(9));
  unread.add(order(7), false);
  assertEquals(state(unread), [1, 0, order(7)]);
});

Deno.test("Unread counts whatever is left, and knows a bounded number one by one", () => {
  const unread = new Unread();
  for (let n = 1; n <= 3_000; n++) unread.add(order(n), true);
  assertEquals(state(unread), [3_000, 3_000, order(1)]);
  // How many of the oldest are read is not known: better too many than too few.
  unread.readTo(order(2_000));
  assertEquals(state(unread), [3_000, 3_000, order(1)]);
  unread.readTo(order(2_001));
  assertEquals(state(unread), [999, 999, order(2_002)]);
});
