import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IdleMap, type IdleOptions } from "../hub/presence/idle_map.ts";
import { TestTime } from "./time.ts";

/** A map of texts that are kept for a second, and those that it forgot. */
function map(options: IdleOptions = {}) {
  const forgotten: string[] = [];
  const forget = (value: string) => forgotten.push(value);
  return Object.assign(new IdleMap<string>(forget, { keep: 1_000, ...options }), { forgotten });
}

Deno.test("an idle value is kept for a while, and then forgotten", () => {
  using time = new TestTime();
  const values = map();
  values.use("a", () => "1");
  values.rest("a");
  time.tick(999);
  assertEquals([values.get("a"), values.size, values.forgotten], ["1", 1, []]);
  time.tick(1);
  assertEquals([values.get("a"), values.size, [...values.entries()]], [undefined, 0, []]);
  assertEquals(values.forgotten, ["1"]);
});

Deno.test("a value in use is kept, however long, and one used again is idle no more", () => {
  using time = new TestTime();
  const values = map();
  values.use("a", () => "1");
  values.use("b", () => "2");
  values.rest("b");
  time.tick(500);
  assertEquals(values.use("b", () => "never made"), "2");
  time.tick(100_000);
  assertEquals([values.get("a"), values.get("b")], ["1", "2"]);
});

Deno.test("a value whose time is over is made anew, and nothing of the old one is used", () => {
  using time = new TestTime();
  const values = map();
  values.use("a", () => "1");
  values.rest("a");
  time.tick(1_000);
  assertEquals(values.use("a", () => `after ${values.forgotten}`), "after 1");
});

Deno.test("a value that comes to rest again is as new as others that do", () => {
  using time = new TestTime();
  const values = map();
  for (const key of ["a", "b"]) {
    values.use(key, () => key);
    values.rest(key);
  }
  time.tick(600);
  values.use("a", () => "never made");
  values.rest("a");
  time.tick(600);
  assertEquals([values.get("a"), values.get("b")], ["a", undefined]);
  values.rest("b");
  assertEquals(values.size, 1);
});

Deno.test("a value that is dropped is forgotten at once, unless it is in use", () => {
  const values = map();
  values.use("a", () => "1");
  values.drop("a");
  values.drop("b");
  assertEquals([values.get("a"), values.forgotten], ["1", []]);
  values.rest("a");
  values.drop("a");
  values.drop("a");
  assertEquals([values.get("a"), values.size, values.forgotten], [undefined, 0, ["1"]]);
});

Deno.test("no more than so many are kept idle, the newest of them", () => {
  using time = new TestTime();
  const values = map({ most: 2 });
  for (const key of ["a", "b", "c"]) {
    values.use(key, () => key);
    values.rest(key);
    time.tick(1);
  }
  assertEquals([...values.entries()], [["b", "b"], ["c", "c"]]);
});

Deno.test("those who use the same value at once have it made once, and may go on together", async () => {
  using time = new TestTime();
  const values = map();
  const made = Promise.withResolvers<string>();
  const waiting = [1, 2].map(() => values.use("a", () => made.promise));
  assertEquals([values.get("a"), values.size], [undefined, 0]);
  made.resolve("1");
  assertEquals(await Promise.all(waiting), ["1", "1"]);
  // Both have it, so both must let go of it.
  values.rest("a");
  time.tick(1_000);
  assertEquals(values.use("a", () => "never made"), "1");
  for (let i = 0; i < 2; i++) values.rest("a");
  time.tick(1_000);
  assertEquals(values.get("a"), undefined);
});

Deno.test("a value that could not be made is made by whoever asks next", async () => {
  using time = new TestTime();
  const values = map();
  const fail = () => Promise.reject(new Error("not today"));
  const waiting = [1, 2].map(() => Promise.resolve(values.use("a", fail)));
  for (const each of waiting) await assertRejects(() => each, Error, "not today");
  assertEquals([values.get("a"), values.size], [undefined, 0]);
  assertEquals(values.use("a", () => "1"), "1");
  // Who waited in vain does not use it.
  values.rest("a");
  time.tick(1_000);
  assertEquals(values.get("a"), undefined);
  assertThrows(() => values.use("b", () => raise("not ever")), Error, "not ever");
  assertEquals(values.use("b", () => "2"), "2");
});

function raise(why: string): never {
  throw new Error(why);
}
