/** What becomes of what is taken back, and of what the hub has agreed on, when Redis forgets or nodes hear nothing. */
import type { Fact } from "../../hub/engine/facts.ts";
import { assert, assertEquals, assertLess } from "@std/assert";
import { RedisEngine } from "../../hub/engine/redis.ts";
import type { Act } from "../../hub/engine/engine.ts";
import { idsOf } from "../engine/contract.ts";
import { Proxy } from "../chat/proxy.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, until } from "../support.ts";
import { Nodes } from "./nodes.ts";
import { RedisServer } from "./server.ts";
import { comeAfterLoss, pass, Two } from "./two.ts";

const { ignore, path } = await need(redis);
const options = { ignore, timeout };

const act = (re?: string): Act =>
  re === undefined
    ? { type: "clear", room: "den", by: "bob" }
    : { type: "delete", re, room: "den", by: "bob" };

/** What is in the room. */
async function kept(engine: RedisEngine) {
  const { entries, newest, lost } = await engine.page("#den", { limit: 999, bytes: 1e6 });
  assertEquals(newest, entries.at(-1)?.id ?? lost);
  return entries.map(({ text }) => JSON.parse(text)).map(({ type, content, re }) =>
    content ?? (re ? `${type} ${re}` : type)
  );
}

/** Kills Redis, which goes on with what it had saved, and waits until both have found it. */
async function forget(server: RedisServer, { engines }: Two, times = 1) {
  await server.kill();
  await server.start();
  await until(() => engines.every(({ health }) => health.events!.get("failover") === times));
}

Deno.test(
  "redis: what was taken back is given back to none, and that it was is",
  options,
  async () => {
    await using server = await RedisServer.start(path());
    await using two = await Two.meet([server.url, server.url]);
    const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
    const say = async (...contents: string[]) => {
      for (const content of contents) await two.say(ann, content);
    };
    await say("0", "1", "2", "3");
    await server.command("SAVE");
    // Of one that Redis has, of one that it forgets, and of the newest.
    await say("4", "5");
    const deletions = [];
    for (const content of ["1", "4"]) {
      deletions.push(await bob.takeBack("#den", act(two.said.get(content)!)));
    }
    await say("6", "7");
    const last = await ann.takeBack("#den", act(two.said.get("7")!));
    await until(() => two.glasses.every(({ ids }) => ids.at(-1) === last.id));
    await forget(server, two);
    await say("8");
    await until(() => two.glasses.every(({ entries }) => entries.at(-1)!.text.includes('"8"')));
    const left = [
      "0",
      "2",
      "3",
      "5",
      ...deletions.map(({ re }) => `delete ${re}`),
      "6",
      `delete ${last.re}`,
      "8",
    ];
    await comes(async () => (await kept(ann)).length === left.length);
    assertEquals(await kept(bob), left);
    assertEquals(two.glasses.map(({ torn, lost }) => [torn, lost]), [[0, ""], [0, ""]]);
    const { archive } = two.glasses[0]!.origin;
    assertEquals(await archive!.before(2), two.said.get("5"));
    assertEquals(await archive!.count(two.said.get("5")!, 99), 5);
    // All of it, before and after what is forgotten.
    await server.command("SAVE");
    await say("9");
    const cleared = await bob.takeBack("#den", act());
    await say("10");
    await until(() => two.glasses.every(({ entries }) => entries.at(-1)!.text.includes('"10"')));
    await forget(server, two, 2);
    await comes(async () => (await kept(ann)).length === 2);
    assertEquals(await kept(ann), ["clear", "10"]);
    assertEquals(two.glasses.map(({ torn, lost, ids }) => [torn, lost, ids.includes(cleared.id)]), [
      [0, "", true],
      [0, "", true],
    ]);
    await say("11");
    const again = { username: "ann", content: "x", room: "den", ref: "10" };
    assertEquals((await bob.say(["#den"], again)).again, true);
  },
);

Deno.test(
  "redis: whoever did not hear that a message was taken back does not give it back",
  options,
  async () => {
    await using server = await RedisServer.start(path());
    await using proxy = new Proxy(`127.0.0.1:${server.port}`);
    await using two = await Two.meet([`redis://${proxy.host}`, server.url]);
    const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
    for (const content of ["0", "1", "2"]) await two.say(ann, content);
    await two.agree();
    // Ann hears nothing of this, and Redis is another one when she comes back.
    proxy.stall();
    const deletion = await bob.takeBack("#den", act(two.said.get("1")!));
    await two.say(bob, "3");
    await server.command("SAVE");
    await server.kill();
    await server.start();
    await until(() => bob.health.events!.get("failover") === 1);
    proxy.cut();
    proxy.resume();
    await until(() => ann.health.events!.get("failover") === 1);
    await two.say(ann, "4");
    await until(() => two.glasses.every(({ ids }) => ids.at(-1) === two.said.get("4")));
    assertEquals(await kept(ann), ["0", "2", `delete ${deletion.re}`, "3", "4"]);
    assertEquals(two.glasses.map(({ torn, ids }) => [torn, ids.length]), [[0, 6], [0, 6]]);
  },
);

Deno.test("redis: who has read on past what is taken back lets go of it", options, async () => {
  await using server = await RedisServer.start(path());
  await using proxy = new Proxy(`127.0.0.1:${server.port}`);
  await using two = await Two.meet([`redis://${proxy.host}`, server.url]);
  const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
  await two.say(ann, "0");
  await two.say(ann, "1");
  await two.agree();
  await server.command("SAVE");
  await bob.end();
  const deletion = await ann.takeBack("#den", act(two.said.get("0")!));
  await using cid = await comeAfterLoss(server, proxy, two);
  const { engine, glass, entry } = cid;
  proxy.cut();
  proxy.resume();
  await until(() => glass.torn === 1);
  assertEquals([glass.undone, glass.ids], [[deletion.id], [entry.id]]);
  assertEquals(await kept(engine), ["1", `delete ${deletion.re}`, "past"]);
});

Deno.test(
  "redis: what is taken back in a room of another line is no message of this one",
  options,
  async () => {
    await using server = await RedisServer.start(path());
    await using nodes = await Nodes.start(server, 1);
    const { engine } = nodes[0]!;
    const { entry: { id } } = await engine.say(["#other"], {
      username: "ann",
      content: "x",
      room: "other",
    });
    for (const re of [id, `${id.slice(0, 25)}1`]) {
      const error = await engine.takeBack("#den", act(re)).catch((error) => error.code);
      assertEquals(error, "no_such_message");
    }
    assertEquals(idsOf((await engine.page("#other", { limit: 9 })).entries), [id]);
  },
);

Deno.test(
  "redis: all nodes know what one says, also who hears nothing for a while",
  options,
  async () => {
    await using server = await RedisServer.start(path());
    await using nodes = await Nodes.start(server, 3, { look: 100 });
    const [one, two, three] = nodes.map(({ engine: { facts } }) => facts);
    const told: string[] = [];
    two!.watch((name, fact) => void told.push(`${name} ${fact?.value}`));
    await one!.set("ban #den ann", { value: "1" });
    await one!.set("ban #den bob", { value: "2", until: Date.now() + 60_000 });
    assertEquals(one!.size, 2);
    await until(() => told.length === 2);
    assertEquals(two!.list("ban"), one!.list("ban"));
    const both = await Promise.all([
      one!.change("key", (known) => known ?? { value: "a" }),
      two!.change("key", (known) => known ?? { value: "b" }),
    ]);
    assertEquals(both[0], both[1]);
    // What many change at once has what each of them has made of it.
    const more = (value: string) => (known?: Fact) => ({ value: `${known?.value ?? ""}${value}` });
    await Promise.all([one!, two!, three!].map((facts, i) => facts.change("all", more(`${i}`))));
    await until(() => [one!, two!, three!].every((facts) => facts.get("all")?.value.length === 3));
    assertEquals([...one!.get("all")!.value].sort().join(""), "012");
    await one!.set("all", undefined);
    await until(() => told.at(-1) === "all undefined");
    // One that is away is told nothing, and looks when it is back.
    nodes[2]!.stop();
    await two!.set("ban #den ann", undefined);
    await two!.set("topic", { value: "x" });
    await until(() => one!.get("topic") !== undefined);
    assertEquals([one!.get("ban #den ann"), one!.size], [undefined, 3]);
    nodes[2]!.go();
    await until(() => three!.get("topic") !== undefined);
    assertEquals(three!.list(""), one!.list(""));
    assertEquals(told.filter((change) => !change.startsWith("all ")), [
      "ban #den ann 1",
      "ban #den bob 2",
      `key ${both[0]!.value}`,
      "ban #den ann undefined",
      "topic x",
    ]);
    // What is published is known by its version: nothing is read again for it.
    const { calls } = await commandsOf(server, "hgetall");
    for (let i = 0; i < 30; i++) await one!.set("topic", { value: i < 29 ? `${i}` : "y" });
    await until(() => three!.get("topic")!.value === "y");
    // But where somebody looks in between: else it would be thrice for each.
    assertLess((await commandsOf(server, "hgetall")).calls, calls + 60);
  },
);

Deno.test(
  "redis: what nodes have agreed on they give back, and the newer change holds",
  options,
  async () => {
    await using server = await RedisServer.start(path());
    await using both = await Two.meet([server.url, server.url], { look: 100 });
    const [one, two] = both.engines.map(({ facts }) => facts);
    await one!.set("a", { value: "1" });
    await one!.set("b", { value: "1" });
    await one!.set("c", { value: "1", until: Date.now() + 400 });
    await server.command("SAVE");
    await one!.set("a", { value: "2" });
    await two!.set("b", undefined);
    await until(() => two!.get("a")?.value === "2" && one!.get("b") === undefined);
    await server.kill();
    await server.start();
    const there = async () => {
      const all = await server.command("HGETALL", `${both.prefix}facts:{facts}`) as string[];
      const facts = all.filter((_, i) => i % 2 === 1).map((text) => JSON.parse(text.slice(14)));
      return facts.filter(({ value }) => value).map(({ name, value }) => `${name}${value}`).sort();
    };
    await comes(async () => (await there()).includes("a2"));
    await comes(async () => !(await there()).includes("b1"));
    await until(() => one!.list("").length === 1 && two!.list("").length === 1);
    await server.command("FLUSHALL");
    await comes(async () => (await there()).includes("a2"));
    // While another Redis has just taken over nothing is decided.
    await comes(() => Promise.resolve(two!.set("d", { value: "3" })).then(() => true, () => false));
    await until(() => one!.get("d") !== undefined);
    // Who comes later is told the same.
    const three = new RedisEngine(server.url, { prefix: both.prefix });
    await using _ = { [Symbol.asyncDispose]: () => three.end() };
    await three.ready();
    assertEquals(three.facts.list(""), [["a", { value: "2" }], ["d", { value: "3" }]]);
  },
);

/** Waits until something is so that takes a while to look at. */
async function comes(happened: () => Promise<boolean>) {
  const ends = performance.now() + timeout / 4;
  while (!await happened()) {
    assert(performance.now() < ends, `it did not come: ${happened}`);
    await pass(10);
  }
}

/** How often Redis was asked for something. */
async function commandsOf(server: RedisServer, name: string) {
  const stats = `${await server.command("INFO", "commandstats")}`;
  return { calls: Number(stats.match(new RegExp(`cmdstat_${name}:calls=(\\d+)`))?.[1] ?? 0) };
}
