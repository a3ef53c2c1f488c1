/** What becomes of a chat of two nodes when another Redis takes over, or the same one has forgotten. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { Glass, idsOf } from "../engine/contract.ts";
import { Proxy } from "../chat/proxy.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, until } from "../support.ts";
import { RedisServer } from "./server.ts";
import { comeAfterLoss, pass, Two } from "./two.ts";

const { ignore, path } = await need(redis);

/** A Redis, a copy of it, and a Sentinel that watches both. */
class Trio implements AsyncDisposable {
  readonly url: string;
  readonly master: RedisServer;
  readonly copy: RedisServer;
  readonly sentinel: RedisServer;

  private constructor(master: RedisServer, copy: RedisServer, sentinel: RedisServer) {
    this.master = master;
    this.copy = copy;
    this.sentinel = sentinel;
    this.url = `redis+sentinel://127.0.0.1:${sentinel.port}/chat`;
  }

  static async start(): Promise<Trio> {
    const settings = { "repl-diskless-sync-delay": "0" };
    const master = await RedisServer.start(path(), { settings });
    const replicaof = `127.0.0.1 ${master.port}`;
    const copy = await RedisServer.start(path(), { settings: { ...settings, replicaof } });
    const sentinel = await RedisServer.start(path(), {
      sentinel: `sentinel monitor chat 127.0.0.1 ${master.port} 1\n` +
        "sentinel down-after-milliseconds chat 1000\nsentinel failover-timeout chat 1000\n",
    });
    const trio = new Trio(master, copy, sentinel);
    const isReady = async () =>
      `${await master.command("INFO", "replication")}`.includes("state=online") &&
      `${await copy.command("INFO", "replication")}`.includes("master_link_status:up") &&
      (await sentinel.command("SENTINEL", "REPLICAS", "chat") as unknown[]).length === 1;
    while (!await isReady()) await pass(50);
    return trio;
  }

  async [Symbol.asyncDispose]() {
    for (const server of [this.sentinel, this.copy, this.master]) {
      await server[Symbol.asyncDispose]();
    }
  }
}

function failover(what: string, act: (trio: Trio) => Promise<unknown>) {
  Deno.test(`redis: Sentinels have another take over: ${what}`, {
    ...{ ignore, timeout },
    // The client of a Sentinel waits two seconds for the end of a connection that has ended.
    sanitizeOps: false,
    sanitizeResources: false,
  }, async () => {
    await using trio = await Trio.start();
    await using two = await Two.meet([trio.url, trio.url]);
    await two.talk(async () => {
      // A copy is given what is new a second after it has become one.
      while (await trio.copy.command("DBSIZE") === 0) await pass(50);
      await act(trio);
      // Until something is said to the other.
      const said = two.said.size;
      await until(() =>
        two.engines.every(({ health }) =>
          health.events!.get("failover") === 1 && health.trouble === null
        ) && two.said.size > said + 20
      );
    });
    await two.agree();
    assertEquals(two.glasses.map(({ torn, lost }) => [torn, lost]), [[0, ""], [0, ""]]);
    const { start } = two.engines[0]!;
    const page = await two.engines[0]!.page("#den", { since: start, limit: 99_999, bytes: 1e9 });
    assertEquals(idsOf(page.entries), two.glasses[0]!.ids);
    assert(`${await trio.copy.command("INFO", "replication")}`.includes("role:master"));
  });
}

Deno.test(
  "redis: what Redis has forgotten, those who heard it give back",
  { ignore, timeout },
  async () => {
    await using server = await RedisServer.start(path());
    await using two = await Two.meet([server.url, server.url]);
    const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
    const talk = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await two.say(i % 2 === 0 ? ann : bob, `m${i}`);
    };
    await talk(0, 20);
    await server.command("SAVE");
    await talk(20, 50);
    const inboxes = [new Glass(), new Glass()];
    await ann.open("@ann", inboxes[0]!);
    await bob.open("@cid", inboxes[1]!);
    const draft = { username: "ann", content: "hi", to: "cid", ref: "1" };
    const { entry } = await bob.say(["@ann", "@cid"], draft);
    await two.agree();
    await until(() => inboxes.every(({ ids }) => ids.length === 1));
    const before = two.glasses[0]!.ids;
    await server.kill();
    await server.start();
    await until(() => two.engines.every(({ health }) => health.events!.get("failover") === 1));
    await talk(50, 60);
    await two.agree();
    assertEquals(two.glasses.map(({ torn, lost }) => [torn, lost]), [[0, ""], [0, ""]]);
    const ids = two.glasses[1]!.ids;
    assertEquals(ids.slice(0, 50), before);
    assertGreater(ann.health.events!.get("mended")! + bob.health.events!.get("mended")!, 0);
    // It is there for who comes later, numbered as ever; and not said again.
    await using _ = { [Symbol.asyncDispose]: () => cid.end() };
    const { prefix } = two;
    const cid = new RedisEngine(server.url, { prefix });
    await cid.ready();
    const glass = new Glass();
    await cid.open("#den", glass);
    const { archive } = glass.origin;
    assertEquals(idsOf((await archive!.page({ limit: 99 })).entries), ids);
    assertEquals(await archive!.count(ids[9]!, 99), 50);
    assertEquals(await archive!.before(35), ids[24]);
    assertEquals(await archive!.before(12), ids[47]);
    assertEquals(await archive!.before(5), ids[54]);
    for (const channel of ["@ann", "@cid"] as const) {
      assertEquals((await cid.page(channel, { limit: 9 })).entries, [entry]);
    }
    const again = { username: "ann", content: "m49", room: "den", ref: "m49" };
    const said = await cid.say(["#den"], again);
    assertEquals([said.again, said.entry.id], [true, two.said.get("m49")]);
  },
);

Deno.test(
  "redis: who has read on past what is given back is told so",
  { ignore, timeout },
  async () => {
    await using server = await RedisServer.start(path());
    await using proxy = new Proxy(`127.0.0.1:${server.port}`);
    await using two = await Two.meet([`redis://${proxy.host}`, server.url]);
    const [ann, bob] = two.engines as [RedisEngine, RedisEngine];
    await two.say(ann, "kept");
    await two.agree();
    await server.command("SAVE");
    // Bob hears nothing of this: somebody else has his name subscribed to.
    await bob.end();
    await two.say(ann, "lost");
    await using cid = await comeAfterLoss(server, proxy, two);
    const { engine, glass, entry } = cid;
    assertEquals(glass.torn, 0);
    proxy.cut();
    proxy.resume();
    await until(() => glass.torn === 1);
    const kept = [two.said.get("kept")!, two.said.get("lost")!, entry.id];
    assertLess(kept[1]!, kept[2]!);
    await until(() => two.glasses[0]!.ids.length === 3);
    assertEquals(two.glasses[0]!.ids, kept);
    assertEquals(idsOf((await engine.page("#den", { limit: 9 })).entries), kept);
    assertEquals([two.glasses[0]!.torn, glass.lost], [0, ""]);
  },
);

failover("the master is killed", (trio) => trio.master.kill());
failover("it stops, and goes on", async ({ master, copy }) => {
  master.signal("SIGSTOP");
  const role = () => copy.command("ROLE").catch(() => "changing");
  while (!`${await role()}`.startsWith("master")) await pass(50);
  master.signal("SIGCONT");
});
failover("somebody asks for it", async ({ sentinel }) => {
  // It finds the copy no good until it has asked it twice.
  const ask = () => sentinel.command("SENTINEL", "FAILOVER", "chat").catch(() => undefined);
  while (await ask() !== "OK") await pass(100);
});
