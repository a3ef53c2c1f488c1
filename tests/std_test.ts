/** The stand-ins in `std/`. Everything here holds for the original packages too. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FakeTime, TimeError } from "@std/testing/time";
import { decodeTime, monotonicUlid } from "@std/ulid";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { accepts, acceptsEncodings } from "@std/http/negotiation";
import { STATUS_CODE, STATUS_TEXT } from "@std/http/status";

Deno.test("FakeTime.tick() runs what falls due, in order", () => {
  using time = new FakeTime(1_000);
  const seen: number[] = [];
  setTimeout(() => seen.push(Date.now()), 50);
  setTimeout(() => seen.push(Date.now()), 20);
  time.tick(49);
  assertEquals(seen, [1_020]);
  time.tick(1);
  assertEquals(seen, [1_020, 1_050]);
  assertEquals([time.start, time.now], [1_000, 1_050]);
});

Deno.test("FakeTime.tick() runs at once what a callback wants at once", () => {
  using time = new FakeTime(0);
  const seen: string[] = [];
  setTimeout(() => {
    seen.push("first");
    setTimeout(() => seen.push(`third at ${Date.now()}`));
  }, 10);
  setTimeout((word: string) => seen.push(word), 10, "second");
  time.tick(10);
  assertEquals(seen, ["first", "second", "third at 10"]);
});

Deno.test("FakeTime.tick() stops where a callback throws", () => {
  using time = new FakeTime(0);
  const seen: number[] = [];
  setTimeout(() => {
    throw new Error("stop");
  }, 10);
  setTimeout(() => seen.push(20), 20);
  assertThrows(() => time.tick(30), Error, "stop");
  assertEquals([time.now, seen], [10, []]);
  time.tick(20);
  assertEquals([time.now, seen], [30, [20]]);
});

Deno.test("FakeTime repeats an interval until it is cleared, at least 1 ms apart", () => {
  using time = new FakeTime(0);
  const seen: string[] = [];
  const slow = setInterval(() => seen.push(`slow ${Date.now()}`), 2);
  const fast = setInterval(() => seen.push(`fast ${Date.now()}`), 0);
  setTimeout(() => clearInterval(fast), 2);
  time.tick(4);
  // Of two that fall due together, the one that was set first comes first.
  assertEquals(seen, ["fast 1", "slow 2", "slow 4"]);
  clearTimeout(slow);
  time.tick(10);
  assertEquals(seen.length, 3);
});

Deno.test("FakeTime.next() goes to the next timer, if there is one", () => {
  using time = new FakeTime(0);
  let ran = 0;
  setTimeout(() => ran++, 70);
  setTimeout(() => ran++, 70);
  assertEquals([time.next(), time.now, ran], [true, 70, 2]);
  assertEquals([time.next(), time.now], [false, 70]);
});

Deno.test("FakeTime.tickAsync() lets promises settle first", async () => {
  using time = new FakeTime(0);
  const seen: string[] = [];
  Promise.resolve().then(() => setTimeout(() => seen.push("set by a promise"), 5));
  await time.tickAsync(5);
  assertEquals(seen, ["set by a promise"]);
});

Deno.test("FakeTime fakes Date and AbortSignal.timeout()", () => {
  using time = new FakeTime("2026-01-02T03:04:05.006Z");
  assertEquals(new Date().toISOString(), "2026-01-02T03:04:05.006Z");
  assertEquals(new Date(0).getTime(), 0);
  assert(new Date() instanceof Date);
  const signal = AbortSignal.timeout(10);
  time.tick(9);
  assertEquals(signal.aborted, false);
  time.tick(1);
  assertEquals([signal.aborted, signal.reason.name], [true, "TimeoutError"]);
});

Deno.test("FakeTime does not go back, and says why it cannot", () => {
  assertThrows(() => new FakeTime("no time"), TypeError, "invalid start time NaN");
  using time = new FakeTime(1_000);
  assertThrows(() => time.tick(-1), RangeError, "time must be >= 1000: received 999");
  const text = "alert(1)" as unknown as () => void;
  assertThrows(() => setTimeout(text), TimeError, "non-function callbacks to setTimeout");
});

Deno.test("FakeTime is one at a time and ends with its scope", () => {
  const before = { Date, setTimeout, timeout: AbortSignal.timeout };
  {
    using _time = new FakeTime();
    assertThrows(() => new FakeTime(), TimeError, "time is already faked");
  }
  assertEquals({ Date, setTimeout, timeout: AbortSignal.timeout }, before);
  assertThrows(() => FakeTime.restore(), TimeError, "time is already restored");
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
  assertEquals(tag, '"5-LPJNul+wow4m6DsqxbninhsWHlw"');
  assertEquals(ifNoneMatch(tag, tag), false);
  assertEquals(ifNoneMatch(`W/${tag}`, tag), false);
  assertEquals(ifNoneMatch('"other"', tag), true);
  assertEquals(ifNoneMatch(null, tag), true);
});

Deno.test("accepts() weighs what the client prefers", () => {
  const request = new Request("http://x", { headers: { accept: "text/html, */*;q=0.8" } });
  const type: "application/json" | "text/html" | undefined = accepts(
    request,
    "application/json",
    "text/html",
  );
  assertEquals(type, "text/html");
  const anything = new Request("http://x", { headers: { accept: "*/*" } });
  assertEquals(accepts(anything, "application/json", "text/html"), "application/json");
});

Deno.test("acceptsEncodings() says which of some is taken", () => {
  const request = new Request("http://x", { headers: { "accept-encoding": "gzip, br;q=0" } });
  assertEquals(acceptsEncodings(request, "gzip"), "gzip");
  assertEquals(acceptsEncodings(request, "br"), undefined);
  assertEquals(acceptsEncodings(request, "deflate"), undefined);
  const anything = new Request("http://x", { headers: { "accept-encoding": "*" } });
  assertEquals(acceptsEncodings(anything, "br"), "br");
});

Deno.test("STATUS_TEXT has the words of a STATUS_CODE", () => {
  assertEquals(STATUS_TEXT[STATUS_CODE.ContentTooLarge], "Content Too Large");
  assertEquals(STATUS_TEXT[429], "Too Many Requests");
});

Deno.test("assertRejects() gives the error it saw", async () => {
  const error = await assertRejects(() => Promise.reject(new TypeError("no")), TypeError);
  assertEquals(error.message, "no");
});
