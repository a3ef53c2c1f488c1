import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { decodeTime, monotonicUlid } from "@std/ulid";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { accepts } from "@std/http/negotiation";

Deno.test("FakeTime.tick() runs what falls due, in order", () => {
  using time = new FakeTime(1_000);
  const seen: number[] = [];
  setTimeout(() => seen.push(Date.now()), 50);
  setTimeout(() => seen.push(Date.now()), 20);
  time.tick(49);
  assertEquals(seen, [1_020]);
  time.tick(1);
  assertEquals(seen, [1_020, 1_050]);
});

Deno.test("FakeTime is one at a time and ends with its scope", () => {
  const before = Date;
  {
    using _time = new FakeTime();
    assertThrows(() => new FakeTime(), Error, "already faked");
  }
  assertEquals(Date, before);
});

Deno.test("monotonicUlid() strictly increases within one millisecond", () => {
  const now = Date.now() + 1_000;
  const ids = Array.from({ length: 100 }, () => monotonicUlid(now));
  assertEquals(ids, ids.toSorted());
  assertEquals(new Set(ids).size, 100);
  assertEquals(decodeTime(ids[99]!), now);
});

Deno.test("eTag() and ifNoneMatch() agree", async () => {
  const tag = await eTag("hello");
  assertEquals(ifNoneMatch(tag, tag), false);
  assertEquals(ifNoneMatch('"other"', tag), true);
});

Deno.test("accepts() weighs what the client prefers", () => {
  const request = new Request("http://x", { headers: { accept: "text/html, */*;q=0.8" } });
  assertEquals(accepts(request, "application/json", "text/html"), "text/html");
});

Deno.test("assertRejects() gives the error it saw", async () => {
  const error = await assertRejects(() => Promise.reject(new TypeError("no")), TypeError);
  assertEquals(error.message, "no");
});
