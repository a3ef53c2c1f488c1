/**
 * The program as Deno Deploy runs it: with all permissions and no flags, several of it at a time, each
 * told by SIGINT to end and killed five seconds later.
 */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { Visitor } from "./deploy/visitor.ts";
import { need } from "./prepare/need.ts";
import { redis } from "./prepare/tools.ts";
import { deployed, Program } from "./program.ts";
import { RedisServer } from "./redis/server.ts";
import { timeout, within } from "./support.ts";

const { ignore, path } = await need(redis);
const shared = { ignore, timeout };

const DEPLOY = { DENO_DEPLOYMENT_ID: "d1", PARLEY_RATE_ADDRESS: "0" };

const ask = async (host: string, path: string) => {
  const answer = await fetch(`http://${host}${path}`);
  return { code: answer.status, ...await answer.json() };
};

Deno.test(
  "instances come and go, people move between them, and nothing is lost or doubled",
  shared,
  async () => {
    await using server = await RedisServer.start(path());
    const start = (timeline: string) =>
      Program.spawn(deployed({ ...DEPLOY, PARLEY_REDIS: server.url, DENO_TIMELINE: timeline }));
    const instances = await Promise.all([1, 2, 3].map(() => start("production")));
    const visitors = Array.from(
      { length: 9 },
      (_, i) => new Visitor(`visitor${i}`, (turn) => instances[turn % instances.length]!.host),
    );
    try {
      await within(Promise.all(visitors.map(({ here }) => here)), "everybody");
      const talks = visitors.map((visitor) => visitor.talk());
      for (let round = 0; round < 3; round++) {
        for (const visitor of visitors) visitor.move();
        const gone = instances.shift()!;
        const began = performance.now();
        gone.kill("SIGINT");
        const killer = setTimeout(() => gone.kill("SIGKILL"), 5_000);
        instances.push(await start("production"));
        const { code, events } = await gone.ended();
        clearTimeout(killer);
        assertLess(performance.now() - began, 4_000);
        assertEquals([code, events.filter(({ event }) => event === "stop").length], [0, 1]);
      }
      for (const visitor of visitors) visitor.hush();
      const said = (await within(Promise.all(talks), "the last answers")).flat();
      assert(said.length > 100);
      await within(
        Promise.all(visitors.map((visitor) => visitor.heardAll(said))),
        "everybody to hear everything",
      );
      const [first, ...others] = visitors.map(({ heard }) => heard);
      for (const heard of others) assertEquals(heard, first);
      assertEquals(new Set(first).size, first!.length, "something was said twice");

      // A branch is another chat, in the same Redis.
      await using branch = await start("git-branch/try");
      const { messages } = await ask(branch.host, "/api/rooms/lobby/messages");
      assertEquals(messages, []);
      assertEquals((await ask(branch.host, "/api/users")).count, 0);
      const keys = await server.command("KEYS", "*") as string[];
      assert(keys.includes("parley:git-branch/try:epoch"));
      for (const key of keys) assertMatch(key, /^parley:(production|git-branch\/try):/);
    } finally {
      for (const visitor of visitors) visitor.leave();
      await Promise.all(instances.map((instance) => instance.crash()));
    }
  },
);

Deno.test("an instance listens before there is a Redis, and finds it later", shared, async () => {
  await using server = await RedisServer.start(path());
  await server.kill();
  await using instance = await Program.spawn(deployed({ ...DEPLOY, PARLEY_REDIS: server.url }));
  const degraded = async () => {
    while (true) {
      const { code, status, trouble } = await ask(instance.host, "/healthz");
      assertEquals(code, 200);
      if (status === "degraded") return trouble;
    }
  };
  assertMatch(await within(degraded(), "the trouble"), /ECONNREFUSED/);
  await server.start();
  const post = () =>
    fetch(`http://${instance.host}/api/rooms/lobby/messages`, {
      method: "POST",
      body: JSON.stringify({ username: "ann", content: "hi", ref: "1" }),
    });
  const said = async () => {
    while (true) {
      const answer = await post();
      await answer.body?.cancel();
      if (answer.ok) return answer.status;
      assertEquals(answer.status, 503);
    }
  };
  assertEquals(await within(said(), "Redis"), 201);
  assertEquals((await ask(instance.host, "/healthz")).status, "ok");
  instance.kill("SIGINT");
  const { code, events } = await instance.ended();
  assertEquals(code, 0);
  const notReady = events.find(({ event }) => event === "engine not ready");
  assertEquals(notReady.level, "warn");
});

Deno.test("an instance without a Redis says that it is alone", shared, async () => {
  const env = { ...DEPLOY, PARLEY_HISTROY: "5", SECRET: "42" };
  await using instance = await Program.spawn(deployed(env));
  const { note } = await ask(instance.host, "/");
  assertMatch(note, /^every instance is a chat of its own: .*PARLEY_REDIS$/);
  instance.kill("SIGINT");
  const { events } = await instance.ended();
  const warnings = events.filter(({ level }) => level === "warn");
  assertEquals(warnings.map(({ event, name, note }) => [event, name ?? note]), [
    ["unknown variable", "PARLEY_HISTROY"],
    ["instances share nothing", note],
  ]);
});
