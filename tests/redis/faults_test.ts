/** What becomes of a chat of two nodes when something becomes of Redis. */
import process from "node:process";
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import type { RedisEngine, RedisOptions } from "../../hub/engine/redis.ts";
import { ChatError } from "../../messages.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, until } from "../support.ts";
import { RedisServer } from "./server.ts";
import { pass, Two } from "./two.ts";

const { ignore, path } = await need(redis);
const SAFE = { settings: { appendonly: "yes", appendfsync: "always" } };

/** @param test is given a Redis, and two nodes who have talked already */
function faults(
  what: string,
  test: (server: RedisServer, two: Two) => Promise<void>,
  options: RedisOptions = {},
) {
  Deno.test(`redis: ${what}`, { ignore, timeout }, async () => {
    await using server = await RedisServer.start(path(), SAFE);
    await using two = await Two.meet([server.url, server.url], options);
    await two.talk(() => pass(20));
    await test(server, two);
  });
}

const join = {
  type: "join",
  username: "ann",
  content: "ann joined the chat",
  room: "den",
} as const;

faults("connections that are killed lose nothing, and double nothing", async (server, two) => {
  await two.talk(async () => {
    for (let i = 0; i < 8; i++) {
      await server.command("CLIENT", "KILL", "TYPE", "pubsub");
      await pass(i * 10);
    }
  });
  await two.agree();
  assertEquals(two.refusals, 0);
  // Also where nobody says anything that would show that something is missing.
  const [ann] = two.engines;
  await server.command("CLIENT", "KILL", "TYPE", "pubsub");
  await two.say(ann!, "last");
  await two.agree();
});

faults(
  "Redis that stops for a moment holds things up, and for long is told",
  async (server, two) => {
    await two.talk(async () => {
      server.signal("SIGSTOP");
      await pass(1_300);
      server.signal("SIGCONT");
      await pass(100);
    });
    assertEquals(two.refusals, 0);
    await two.agree();
    await two.talk(async () => {
      server.signal("SIGSTOP");
      await pass(500);
      const began = performance.now();
      await assertRejects(async () => {
        await two.engines[0]!.say(["#attic"], { username: "bob", content: "x", room: "attic" });
      }, ChatError);
      assertLess(performance.now() - began, 2_300);
      await pass(2_000);
      assert(typeof two.engines[0]!.health.trouble === "string");
      server.signal("SIGCONT");
      await pass(100);
    });
    assertGreater(two.refusals, 0);
    await two.agree();
    await until(() => two.engines.every(({ health }) => health.trouble === null));
  },
);

faults(
  "Redis that is killed and started again has everything that was told",
  async (server, two) => {
    await two.talk(async () => {
      await server.kill();
      await pass(300);
      await server.start();
      await pass(100);
    });
    await two.agree();
    const ids = two.glasses[0]!.ids;
    const page = await two.engines[1]!.page("#den", {
      since: two.engines[1]!.start,
      limit: 10_000,
      bytes: 1e9,
    });
    assertEquals(page.entries.map(({ id }) => id), ids);
  },
);

faults(
  "Redis that was emptied is another dataset, and readers are told so",
  async (server, two) => {
    const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
    await two.agree();
    const { start } = ann;
    const before = two.glasses[0]!.ids.at(-1)!;
    await server.command("FLUSHALL");
    two.said.clear();
    await two.say(ann, "after");
    const after = two.said.get("after")!;
    assertGreater(after, before);
    await until(() => two.glasses.every(({ lost }) => lost > before && lost < after));
    await until(() => bob.start === ann.start && ann.start > start);
    assertEquals([ann.knows(before), bob.knows(before), bob.knows(after)], [false, false, true]);
    await until(() => two.glasses.every(({ ids }) => ids.at(-1) === after));
    assertEquals((await bob.page("#den", { since: before, limit: 9 })).entries.length, 1);
  },
);

faults("a room that Redis has forgotten is told as lost", async (server, two) => {
  await two.agree();
  const before = two.glasses[0]!.ids.at(-1)!;
  const keys = await server.command("KEYS", "*:{#den}") as string[];
  await server.command("DEL", ...keys);
  two.said.clear();
  await two.say(two.engines[0]!, "after");
  const after = two.said.get("after")!;
  assertGreater(after, before);
  await until(() => two.glasses.every(({ ids, lost }) => ids.at(-1) === after && lost > before));
  // Who knew of it has told Redis, so that everybody else is told so too.
  const [lost] = two.glasses.map((glass) => glass.lost);
  let page = await two.engines[1]!.page("#den", { limit: 9 });
  for (let i = 0; i < 100 && page.lost === ""; i++) {
    page = await two.engines[1]!.page("#den", { limit: 9 });
  }
  assertEquals([page.lost, page.entries.length], [lost, 1]);
  await until(() => two.glasses.every((glass) => glass.lost === lost));
});

faults("messages of which only the stream is gone are told as lost", async (server, two) => {
  await two.agree();
  const before = two.glasses[0]!.ids.at(-1)!;
  const [log] = await server.command("KEYS", "*log:{#den}") as string[];
  await server.command("DEL", log!);
  assertEquals((await two.engines[0]!.page("#den", { limit: 9 })).lost, before);
  two.said.clear();
  await two.say(two.engines[0]!, "after");
  await until(() => two.glasses.every(({ lost }) => lost === before));
});

faults(
  "Redis that has become a replica is left once, whatever is under way",
  async (server, two) => {
    const warnings: unknown[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on("warning", warn);
    const [ann] = two.engines as [RedisEngine];
    await server.command("REPLICAOF", "127.0.0.1", "1");
    const said = Array.from({ length: 20 }, async (_, i) => {
      await ann.say([`#room${i}`], { username: "ann", content: "x", room: `room${i}` });
    });
    await pass(500);
    await server.command("REPLICAOF", "NO", "ONE");
    await Promise.all(said);
    process.off("warning", warn);
    assertEquals(warnings, []);
  },
);

faults("Redis without memory keeps nothing, and gives what it has", async (server, two) => {
  const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
  await server.command("CONFIG", "SET", "maxmemory", "1");
  const draft = { username: "ann", content: "x", room: "den" };
  const began = performance.now();
  await assertRejects(async () => await ann.say(["#den"], draft), ChatError, "memory");
  assertLess(performance.now() - began, 1_000);
  assert(ann.health.trouble?.includes("memory"));
  assertGreater((await bob.page("#den", { limit: 9 })).entries.length, 0);
  await server.command("CONFIG", "SET", "maxmemory", "0");
  await two.talk(() => pass(20));
  await two.agree();
  await until(() => ann.health.trouble === null);
});

faults("who misses notices is told so, and of nothing twice", async (server, two) => {
  const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
  const joins = () =>
    two.glasses.map(({ entries }) => entries.filter(({ type }) => type === "join").length);
  const entry = await ann.tell("#den", join);
  await until(() => two.glasses.every(({ ids }) => ids.includes(entry.id)));
  assertEquals(two.glasses.map(({ missed }) => missed), [0, 0]);
  // Redis is away: it is told nowhere, and yet it is answered.
  server.signal("SIGSTOP");
  const { id } = await ann.tell("#den", join);
  assertGreater(id, entry.id);
  assertEquals([two.glasses[0]!.missed, joins()], [1, [1, 1]]);
  assertGreater((await ann.stamp("#den")).id, entry.id);
  server.signal("SIGCONT");
  await two.talk(() => pass(50));
  await two.agree();
  // What the first try may have told nevertheless is told once.
  await bob.tell("#den", join);
  await two.agree();
  await until(() => joins().every((count) => count === joins()[0] && count <= 3));
});
