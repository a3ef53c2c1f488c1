/** Parts of the Redis engine that need no Redis. */
import { assert, assertEquals, assertGreater, assertRejects, fail } from "@std/assert";
import { entryOfText } from "../../hub/log/batch.ts";
import { Backlog } from "../../hub/engine/redis/backlog.ts";
import { Condition } from "../../hub/engine/redis/condition.ts";
import { Expected } from "../../hub/engine/redis/expected.ts";
import { Heard } from "../../hub/engine/redis/heard.ts";
import { readNews } from "../../hub/engine/redis/news.ts";
import { before, placeAt } from "../../hub/engine/redis/places.ts";
import { Pulse } from "../../hub/engine/redis/pulse.ts";
import { Tail } from "../../hub/engine/redis/tail.ts";
import { Subscriptions } from "../../hub/engine/redis/subscriptions.ts";
import { Glass } from "../engine/contract.ts";
import { until } from "../support.ts";
import { TestTime } from "../time.ts";

/** A Redis that has what was asked for once it is told so. */
class Subscribed {
  readonly asked: string[] = [];
  wholes = 0;
  #there = Promise.withResolvers<void>();
  readonly subscriptions = new Subscriptions({
    subscribe: (names) => this.#ask(`+${names.length} ${names[0]}`),
    unsubscribe: (names) => this.#ask(`-${names.length} ${names[0]}`),
    pause: () => Promise.resolve(),
    whole: () => this.wholes++,
  });

  /** Lets what is under way succeed, or fail. */
  async let(done = true) {
    await until(() => this.asked.length > 0);
    const there = this.#there;
    this.#there = Promise.withResolvers();
    if (done) there.resolve();
    else there.reject(new Error("lost"));
    return this.asked.shift();
  }

  #ask(what: string) {
    this.asked.push(what);
    return this.#there.promise;
  }
}

Deno.test("redis: what is subscribed to together is asked for together, one after the other", async () => {
  const redis = new Subscribed();
  const { subscriptions } = redis;
  subscriptions.rise();
  await until(() => redis.wholes === 1);
  const all = Array.from({ length: 700 }, (_, i) => subscriptions.add(`${i}`, 9_000));
  const some = Promise.allSettled(all);
  assertEquals(await redis.let(), "+500 0");
  subscriptions.delete("3");
  // Who leaves before it was asked for is not asked for.
  subscriptions.delete("600");
  const late = subscriptions.add("late", 9_000);
  const left = assertRejects(() => subscriptions.add("600", 9_000), Error, "not wanted");
  subscriptions.delete("600");
  assertEquals(await redis.let(), "-1 3");
  assertEquals(await redis.let(false), "+200 500");
  assertEquals(await redis.let(), "+200 500");
  await Promise.all([late, left]);
  // Whoever comes back before it was left is there still.
  subscriptions.delete("late");
  await subscriptions.add("late", 9_000);
  assertEquals(redis.asked, []);
  // On a new connection there is nothing of it.
  subscriptions.drop();
  subscriptions.delete("5");
  subscriptions.rise();
  assertEquals(await redis.let(), "+500 0");
  assertEquals(redis.wholes, 1);
  assertEquals(await redis.let(), "+198 502");
  await until(() => redis.wholes === 2);
  subscriptions.drop();
  const lost = assertRejects(() => subscriptions.add("x", 9_000), Error, "shutting down");
  subscriptions.end();
  await lost;
  assertEquals(redis.asked, []);
  // Those that were not waited for any more.
  assertEquals((await some).filter(({ status }) => status === "rejected").length, 1);
});

Deno.test("redis: a connection that does not answer three times in a row is given up", async () => {
  const told: string[] = [];
  const answers = [1, 0, undefined, undefined, 1, undefined, undefined, undefined];
  const pulse = new Pulse({
    async beat() {
      const heard = answers.shift();
      told.push(`${heard}`);
      // The next one waits for it.
      await new Promise((resolve) => setTimeout(resolve, 12));
      if (heard === undefined) throw new Error("late");
      return heard;
    },
    deaf: () => told.push("deaf"),
    missed: () => told.push("missed"),
    dead: () => told.push("dead"),
  }, 5);
  pulse.start();
  await until(() => told.includes("dead"));
  pulse.end();
  const miss = ["undefined", "missed"];
  assertEquals(told, ["1", "0", "deaf", ...miss, ...miss, "1", ...miss, ...miss, ...miss, "dead"]);
});

Deno.test("redis: how it stands is told once, and what happens often in one line a second", () => {
  using time = new TestTime();
  const lines: unknown[] = [];
  const condition = new Condition((...line) => lines.push(line));
  assertEquals([condition.trouble, condition.awaySince], [null, undefined]);
  condition.keeps();
  condition.answers();
  condition.keeps("full");
  condition.keeps("full");
  assertEquals([condition.trouble, condition.refuses], ["full", true]);
  condition.fails("gone");
  const since = condition.awaySince!;
  time.tick(1_500);
  condition.fails("gone for long");
  assertEquals([condition.trouble, condition.awaySince], ["gone for long", since]);
  condition.answers();
  assertEquals([condition.trouble, condition.awaySince], ["full", undefined]);
  condition.keeps();
  condition.keeps();
  assertEquals([condition.trouble, condition.refuses], [null, false]);
  for (let i = 0; i < 3; i++) condition.befell("hole", { i });
  condition.befell("epoch");
  time.tick(1_000);
  condition.befell("hole", { i: 3 });
  assertEquals(lines, [
    ["error", "Redis refuses", { error: "full" }],
    ["error", "Redis away", { error: "gone" }],
    ["info", "Redis back", { seconds: 1.5 }],
    ["info", "Redis keeps again"],
    ["info", "Redis did not tell everything: it is read", { i: 0, times: 1 }],
    ["warn", "messages lost", { times: 1 }],
    ["info", "Redis did not tell everything: it is read", { i: 3, times: 3 }],
  ]);
  assertEquals([condition.events.get("hole"), condition.events.get("probe")], [4, 0]);
});

Deno.test("redis: what was heard is known for a while, and takes so much memory only", () => {
  const heard = new Heard();
  const entry = (id: string, length = 1) =>
    entryOfText("x".repeat(length), { id, type: "chat", username: "ann" });
  heard.add("#a", { entry: entry("2") });
  heard.add("#a", { entry: entry("1"), prev: "" });
  heard.add("#b", { entry: entry("3", 9e6) });
  // That was much: what came before is old from here on.
  heard.add("#a", { entry: entry("4") });
  assertEquals(heard.of("#a").map(({ entry: { id } }) => id), ["1", "2", "4"]);
  assertEquals(heard.channels, ["#a", "#b"]);
  assertEquals([heard.has("#a", "1"), heard.has("#b", "1"), heard.has("#c", "1")], [
    true,
    false,
    false,
  ]);
  heard.add("#c", { entry: entry("5", 9e6) });
  heard.add("#a", { entry: entry("6") });
  assertEquals([heard.has("#a", "1"), heard.has("#a", "4"), heard.has("#b", "3")], [
    false,
    true,
    false,
  ]);
  assertEquals(heard.of("#a")[0]!.entry.id, "4");
});

Deno.test("redis: what is published while a hole is filled waits up to a bound", () => {
  const news = (length: number, restored = "") =>
    readNews(`a b c 0${restored}\n${"x".repeat(length)}`);
  const many = new Backlog();
  for (let i = 0; i < 500; i++) many.add(news(1));
  assertEquals([many.take().length, many.overflowed], [500, false]);
  many.add(news(1, " +"));
  // What was given back is told nowhere else.
  assertEquals(many.take().map(({ restored }) => restored), [true]);
  assert(many.overflowed);
  const long = new Backlog();
  long.add(news(600_000));
  assertEquals(long.overflowed, false);
  long.add(news(600_000));
  assertEquals([long.take(), long.overflowed], [[], true]);
  long.add(news(600_000));
  assertEquals(long.take().length, 1);
});

Deno.test("redis: what is expected is looked for when it is late, and given up", async () => {
  let looks = 0;
  const expected = new Expected(() => looks++);
  const done: string[] = [];
  const began = performance.now();
  const wait = (id: string) => expected.wait(id).then(() => done.push(id));
  const all = [wait("2"), wait("1"), wait("3"), wait("9")];
  expected.reach("2");
  await Promise.all(all.slice(0, 2));
  assertEquals([done, looks], [["2", "1"], 0]);
  await until(() => looks === 2);
  assertGreater(performance.now() - began, 190);
  expected.reach("4");
  await all[2];
  await expected.settled();
  assertEquals(done, ["2", "1", "3", "9"]);
  assertGreater(performance.now() - began, 1_990);
  all.push(wait("5"));
  expected.reach();
  await Promise.all(all);
});

Deno.test("redis: the place before an id is below it, and above all others", () => {
  const middle = "ABCDEFGHJKMN";
  const id = placeAt({ time: 5, count: 1 }, middle);
  assertEquals(before(id), placeAt({ time: 5, count: 0 }, middle));
  assertEquals(before(before(id)), placeAt({ time: 4, count: 32_767 }, middle));
});

Deno.test("redis: a window that is being opened is brought nothing before it is begun", async () => {
  const middle = "ABCDEFGHJKMN";
  const [one, two] = [1, 2].map((count) => placeAt({ time: 5, count }, middle)) as [string, string];
  const state = { newest: one, lost: "", floor: "", notices: 0, born: "" };
  const entry = entryOfText("x", { id: two, type: "chat", username: "ann" });
  const read: string[] = [];
  const glass = new Glass();
  const tail = new Tail(glass, {
    read(since) {
      read.push(since);
      return Promise.resolve({ ...state, last: two, newest: two, entries: [entry], whole: true });
    },
    ahead: () => fail("it is ahead of nothing"),
    missed() {},
    heard() {},
    hasHeard: () => true,
  });
  // Somebody looks over all of them meanwhile, and it is another dataset.
  tail.compare({ last: two, lost: "" });
  tail.forget(two);
  await tail.fill();
  assertEquals([read, glass.entries, tail.last], [[], [], ""]);
  glass.begin({ newest: one, lost: "", floor: "" });
  tail.begin({ ...state, last: one });
  await until(() => glass.entries.length === 1);
  assertEquals([read, tail.last], [[one], two]);
});
