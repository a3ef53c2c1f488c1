import { assertEquals } from "@std/assert";
import { IdleMap } from "../hub/presence/idle_map.ts";
import { TestTime } from "./time.ts";

/** A map of texts that are their own newest ids. */
const map = (options = {}) => new IdleMap<string>((value) => value, { keep: 1_000, ...options });

Deno.test("an idle value is kept for a while, and what is known of it after that", () => {
  using time = new TestTime();
  const values = map({ floor: "0" });
  values.use("a", () => "1");
  values.rest("a");
  time.tick(999);
  assertEquals([values.get("a"), values.size], ["1", 1]);
  time.tick(1);
  assertEquals([values.get("a"), values.size, [...values.entries()]], [undefined, 0, []]);
  assertEquals(values.past("a"), { lost: "1", floor: "1" });
  assertEquals(values.past("b"), { lost: "", floor: "0" });
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
  assertEquals(values.use("a", ({ lost }) => `after ${lost}`), "after 1");
});

Deno.test("a value that comes to rest again is as new as others that do", () => {
  using time = new TestTime();
  const values = map();
  for (const key of ["a", "b"]) {
    values.use(key, () => key);
    values.rest(key);
  }
  time.tick(600);
  values.rest("a");
  time.tick(600);
  assertEquals([values.get("a"), values.get("b")], ["a", undefined]);
  values.rest("b");
  assertEquals(values.size, 1);
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

Deno.test("of more than so many forgotten ones it is only known that they were no newer", () => {
  using time = new TestTime();
  const values = map({ most: 2, floor: "0" });
  const forget = (key: string, id: string) => {
    values.use(key, () => id);
    values.rest(key);
    time.tick(1_001);
    assertEquals(values.get(key), undefined);
  };
  forget("b", "2");
  forget("a", "1");
  forget("c", "3");
  // Nothing is known of "b" any more, and of nobody else before it.
  assertEquals(values.past("b"), { lost: "", floor: "2" });
  assertEquals(values.past("a"), { lost: "1", floor: "1" });
  forget("d", "4");
  assertEquals(values.past("a"), { lost: "", floor: "2" });
  // What was never said leaves nothing behind.
  forget("e", "");
  assertEquals([values.past("e"), values.past("c")], [
    { lost: "", floor: "2" },
    { lost: "3", floor: "3" },
  ]);
});

Deno.test("a key used again after it was forgotten takes no place among the forgotten", () => {
  using time = new TestTime();
  const values = map({ most: 2 });
  for (const key of ["1", "2"]) {
    values.use(key, () => key);
    values.rest(key);
  }
  time.tick(1_001);
  values.use("1", ({ lost }) => `${lost} again`);
  values.use("3", () => "3");
  values.rest("3");
  time.tick(1_001);
  assertEquals(values.past("2"), { lost: "2", floor: "2" });
  assertEquals([values.get("1"), values.past("1")], ["1 again", { lost: "", floor: "" }]);
});
