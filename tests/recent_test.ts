import { assertEquals, assertStrictEquals } from "@std/assert";
import { type Entry, entryOf } from "../hub/log/batch.ts";
import { Ids } from "../hub/log/ids.ts";
import { Recent } from "../hub/engine/recent.ts";
import { TestTime } from "./time.ts";

const ids = new Ids();

const said = (content = "x"): Entry =>
  entryOf({ type: "chat", username: "ann", content, ...ids.next(), room: "lobby" });

/** What a message takes of the size: its text, and what is kept beside it. */
const cost = said().held + 256;

/** Which of some keys are remembered. */
const known = (recent: Recent, keys: string) => [...keys].filter((key) => recent.get(key)).join("");

Deno.test("a message is remembered by its key", () => {
  const recent = new Recent();
  const entry = said();
  assertEquals(recent.get("a"), undefined);
  recent.add("a", entry);
  recent.add("b", said());
  assertStrictEquals(recent.get("a"), entry);
});

Deno.test("a message is forgotten after five minutes, and not before", () => {
  using time = new TestTime();
  const recent = new Recent();
  recent.add("a", said());
  time.tick(1);
  recent.add("b", said());
  time.tick(5 * 60_000 - 2);
  assertEquals(known(recent, "ab"), "ab");
  time.tick(1);
  assertEquals(known(recent, "ab"), "b");
  time.tick(1);
  assertEquals(known(recent, "ab"), "");
});

Deno.test("messages over the size are forgotten, oldest first and no more than need be", () => {
  const recent = new Recent({ size: 3 * cost });
  for (const key of "abc") recent.add(key, said());
  assertEquals(known(recent, "abc"), "abc");
  recent.add("d", said());
  assertEquals(known(recent, "abcd"), "bcd");
  // As much as two of them, and a byte more.
  recent.add("e", said("x".repeat(cost + 2)));
  assertEquals(known(recent, "abcde"), "e");
});

Deno.test("what is forgotten for its age leaves room for others", () => {
  using time = new TestTime();
  const recent = new Recent({ size: 3 * cost, keep: 1_000 });
  for (let i = 0; i < 10; i++) {
    for (const key of "abc") recent.add(`${key}${i}`, said());
    assertEquals("abc".split("").every((key) => recent.get(`${key}${i}`)), true);
    time.tick(1_000);
  }
});

Deno.test("16 MiB are remembered", () => {
  const recent = new Recent();
  // Each of a little over a MiB.
  const big = said("x".repeat(1024 * 1024));
  for (let i = 0; i < 20; i++) recent.add(String(i), big);
  const remembered = Array.from({ length: 20 }, (_, i) => i).filter((i) => recent.get(String(i)));
  assertEquals(remembered, Array.from({ length: 15 }, (_, i) => i + 5));
});
