/** Who is there, over several nodes, and what becomes of it when something becomes of one of them. */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { ChatError } from "../../messages.ts";
import type { RedisOptions } from "../../hub/engine/redis.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, until } from "../support.ts";
import { Nodes } from "./nodes.ts";
import { RedisServer } from "./server.ts";
import { pass } from "./two.ts";

const { ignore, path } = await need(redis);

/** @param test is given some nodes, and the Redis they are on */
function company(
  what: string,
  count: number,
  test: (nodes: Nodes, server: RedisServer) => Promise<void>,
  options: RedisOptions & { announce?: number } = {},
) {
  Deno.test(`redis: ${what}`, { ignore, timeout }, async () => {
    await using server = await RedisServer.start(path());
    await using nodes = await Nodes.start(server, count, options);
    await test(nodes, server);
  });
}

/** Waits until something asked for is so. */
async function eventually<T>(ask: () => Promise<T>, wanted: T) {
  let last: unknown;
  for (let i = 0; i < 1_000; i++) {
    last = await ask();
    try {
      assertEquals(last, wanted);
      return;
    } catch {
      await pass(10);
    }
  }
  assertEquals(last, wanted);
}

company("a person on two nodes comes once and goes once", 2, async ([one, two]) => {
  const told = [one!, two!];
  assertEquals(await one!.enter("Ann"), { count: 1, names: ["Ann"] });
  assertEquals(await two!.enter("ann"), { count: 1, names: ["Ann"] });
  assertEquals(await two!.enter("bob"), { count: 2, names: ["Ann", "bob"] });
  assertEquals(await one!.engine.company.roster("#den"), { count: 2, names: ["Ann", "bob"] });
  assertEquals(await one!.leave("Ann"), { count: 2, entry: undefined });
  assertEquals(await two!.engine.company.roster("#den"), { count: 2, names: ["ann", "bob"] });
  const { count, entry } = await two!.leave("ann");
  assertEquals([count, entry], [1, two!.glass.entries.at(-1)]);
  // Who is not there any more does not go again.
  assertEquals(await two!.leave("ann"), { count: 1, entry: undefined });
  for (const { told: all } of told) {
    await until(() => all.length <= 3);
  }
  await until(() => told.every((node) => node.told.length === 3));
  for (const node of told) assertEquals(node.told, ["join Ann", "join bob", "leave ann"]);
});

company("who comes, talks and goes is told in that order", 2, async ([one, two]) => {
  const asked: unknown[] = [];
  const wanted: string[] = [];
  for (let i = 0; i < 20; i++) {
    const name = `ann${i}`;
    asked.push(one!.enter(name));
    asked.push(one!.engine.say(["#den"], { username: name, content: `${i}`, room: "den" }));
    asked.push(one!.leave(name));
    wanted.push(`join ${name}`, `${i}`, `leave ${name}`);
    if (i % 5 === 4) await Promise.all(asked);
  }
  await Promise.all(asked);
  assertEquals(one!.told, wanted);
  await until(() => two!.told.length === wanted.length);
  assertEquals(two!.told, wanted);
});
