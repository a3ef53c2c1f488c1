/** What becomes of a chat of two nodes when the network between one of them and Redis is bad. */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { Connection } from "../../hub/engine/redis/connection.ts";
import { ChatError } from "../../messages.ts";
import { type Faults, Proxy, randomFrom } from "../chat/proxy.ts";
import { Glass } from "../engine/contract.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, until } from "../support.ts";
import { RedisServer } from "./server.ts";
import { pass, Two } from "./two.ts";

const { ignore, path } = await need(redis);

/** @param act has two nodes talk, of which the first reaches Redis by a proxy only */
function network(what: string, faults: Faults, act: (two: Two, proxy: Proxy) => Promise<void>) {
  Deno.test(`redis: ${what}`, { ignore, timeout }, async () => {
    await using server = await RedisServer.start(path());
    await using proxy = new Proxy(`127.0.0.1:${server.port}`, {
      random: randomFrom(15),
      ...faults,
    });
    await using two = await Two.meet([`redis://${proxy.host}`, server.url]);
    await act(two, proxy);
    await two.agree();
    assertEquals(two.glasses.map(({ torn, lost }) => [torn, lost]), [[0, ""], [0, ""]]);
  });
}

network("a long way there takes its time only", { delay: 100 }, async (two) => {
  await two.talk(() => pass(1_500));
  assertEquals(two.refusals, 0);
  assertGreater(two.said.size, 20);
});

network("bytes that dribble are read as others are", { split: 1, delay: 2 }, async (two) => {
  await two.talk(() => pass(500));
  assertEquals(two.refusals, 0);
});

network(
  "connections that are cut in the middle of an answer lose nothing, and double nothing",
  { split: 0.3 },
  async (two, proxy) => {
    const random = randomFrom(7);
    await two.talk(async () => {
      while (proxy.cuts < 20) {
        const { cuts } = proxy;
        proxy.cutAfter(Math.floor(random() * 60_000));
        await until(() => proxy.cuts > cuts);
      }
    });
    assertGreater(two.engines[0]!.health.events!.get("reconnect")!, 5);
  },
);

network("what stalls is noticed, and heals by itself", {}, async (two, proxy) => {
  const [ann] = two.engines as [RedisEngine, RedisEngine];
  assertEquals([ann.health.trouble, ann.health.awaySince], [null, undefined]);
  const began = performance.now();
  await two.talk(async () => {
    proxy.stall();
    const slow = performance.now();
    const draft = { username: "ann", content: "x", room: "attic" };
    await assertRejects(async () => await ann.say(["#attic"], draft), ChatError);
    assertLess(performance.now() - slow, 2_300);
    await until(() => ann.health.awaySince !== undefined);
    assert(typeof ann.health.trouble === "string");
    assertGreater(ann.health.awaySince!, began);
    assertLess(ann.health.awaySince!, slow + 2_500);
    await pass(3_000 - (performance.now() - slow));
    proxy.resume();
    await until(() => ann.health.trouble === null);
  });
  assertEquals(ann.health.awaySince, undefined);
  assertGreater(ann.health.events!.get("probe")!, 0);
});

Deno.test(
  "redis: what it refuses is told, and no longer once it keeps again",
  { ignore, timeout },
  async () => {
    await using server = await RedisServer.start(path());
    const lines: string[] = [];
    const engine = new RedisEngine(server.url, {
      log: (level, event) => lines.push(`${level} ${event}`),
    });
    await using _ = { [Symbol.asyncDispose]: () => engine.end() };
    await engine.ready();
    const draft = { username: "ann", content: "x", room: "den" };
    await engine.say(["#den"], draft);
    for (
      const [name, value, usual] of [["maxmemory", "1", "0"], ["min-replicas-to-write", "1", "0"]]
    ) {
      await server.command("CONFIG", "SET", name!, value!);
      await assertRejects(async () => await engine.say(["#den"], draft), ChatError);
      assert(typeof engine.health.trouble === "string");
      assertEquals(engine.health.awaySince, undefined);
      assertEquals((await engine.page("#den", { limit: 9 })).entries.length, 1);
      // Not because of what is read.
      await pass(1_100);
      assert(typeof engine.health.trouble === "string");
      await server.command("CONFIG", "SET", name!, usual!);
      await until(() => engine.health.trouble === null);
    }
    assertEquals(lines, Array(2).fill(["error Redis refuses", "info Redis keeps again"]).flat());
    await server.kill();
    await until(() => engine.health.awaySince !== undefined);
    await server.start();
    await until(() => engine.health.awaySince === undefined);
    assertEquals(lines.slice(4).filter((line) => /away|back/.test(line)), [
      "error Redis away",
      "info Redis back",
    ]);
  },
);

Deno.test("redis: many windows are opened together, and who leaves is not told any more", {
  ignore,
  timeout,
}, async () => {
  await using server = await RedisServer.start(path());
  const engine = new RedisEngine(server.url);
  await using _ = { [Symbol.asyncDispose]: () => engine.end() };
  await engine.ready();
  const calls = async (name: string) => {
    const stats = `${await server.command("INFO", "commandstats")}`;
    return Number(stats.match(`cmdstat_${name}:calls=(\\d+)`)?.[1] ?? 0);
  };
  const open = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) => engine.open(`#r${from + i}`, new Glass())),
    );
  await open(0, 3_000);
  assertLess(await calls("subscribe"), 12);
  // Who leaves and comes back is heard.
  for (let i = 0; i < 1_000; i++) engine.close(`#r${i}`);
  await open(0, 500);
  const [heard] = (await server.command("PUBSUB", "NUMSUB", "parley:live:{#r3}") as number[]).slice(
    1,
  );
  assertEquals(heard, 1);
  for (let left = 1; left !== 0;) {
    [left] = (await server.command("PUBSUB", "NUMSUB", "parley:live:{#r700}") as number[]).slice(
      1,
    ) as [number];
  }
});

Deno.test(
  "redis: a client that gives up while it connects is made to go on",
  { ignore, timeout },
  async () => {
    await using server = await RedisServer.start(path());
    let downs = 0;
    const address = { host: "127.0.0.1", port: server.port };
    const connection = new Connection(address, "probe", {
      message() {},
      up() {},
      down: () => downs++,
    });
    await connection.start();
    const { client } = connection;
    const { connector } = client as unknown as { connector: { disconnect(): void } };
    const ended = new Promise((resolve) => client.once("end", resolve));
    // As it does where it hears of a failover.
    client.once("connecting", () => connector.disconnect());
    connection.renew();
    await ended;
    await until(() => connection.isUp);
    assertEquals(downs, 1);
    await connection.end();
    assertEquals(connection.isUp, false);
  },
);
