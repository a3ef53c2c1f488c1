/** What Redis has to do, counted: it grows with what is said and with nodes, and not with what was said. */
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { named } from "../../hub/access/identity.ts";
import { Hub } from "../../hub.ts";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { Feed } from "../../hub/log/feed.ts";
import type { Resume } from "../../messages.ts";
import { Glass } from "../engine/contract.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { calm, timeout, within } from "../support.ts";
import { Monitor } from "./monitor.ts";
import { RedisServer } from "./server.ts";

const { ignore, path } = await need(redis);
/** Nodes of a chat. */
const NODES = 50;
/** Readers of a room on each of them. */
const READERS = 20;

/** Has so many messages said in a room, and gives their ids. */
async function fill(engine: RedisEngine, room: string, count: number): Promise<string[]> {
  const said = await Promise.all(Array.from({ length: count }, (_, i) => {
    return engine.say([`#${room}`], { username: "ann", content: `message ${i}`, room });
  }));
  return said.map(({ entry }) => entry.id);
}

/** A chat of many nodes, in this process; until it is disposed of. */
class Nodes implements AsyncDisposable {
  readonly feeds: Feed[] = [];
  #away: (() => void)[] = [];
  #hubs: Hub[] = [];
  #engines: RedisEngine[] = [];

  static async of(count: number, url: string, prefix: string): Promise<Nodes> {
    const nodes = new Nodes();
    nodes.#engines = Array.from({ length: count }, () => new RedisEngine(url, { prefix }));
    nodes.#hubs = nodes.#engines.map((engine) => new Hub({ engine, announce: 0 }));
    await Promise.all(nodes.#engines.map((engine) => engine.ready()));
    return nodes;
  }

  /** On each node so many come into a room, one after the other, and read that many messages. */
  async come(room: string, readers: number, resume: Resume, messages: number) {
    await Promise.all(this.#hubs.map(async (hub, node) => {
      for (let i = 0; i < readers; i++) {
        const feed = new Feed();
        const name = `${node}x${this.feeds.push(feed)}`;
        const { member } = await hub.connect(named(name), feed);
        this.#away.push(() => hub.dismiss(member));
        await hub.join(room, member, resume);
        await read(feed, messages);
      }
    }));
  }

  async say(room: string, content: string) {
    await this.#hubs[0]!.say("ann", room, content);
  }

  async [Symbol.asyncDispose]() {
    for (const leave of this.#away) leave();
    await Promise.all(this.#hubs.map((hub) => hub.end()));
    for (const { rooms } of this.#hubs) for (const [, room] of rooms.entries()) room.hush();
    await Promise.all(this.#hubs.map((hub) => calm(hub)));
  }
}

/** Reads so many messages. */
async function read(feed: Feed, messages: number) {
  for (let left = messages; left > 0;) {
    await within(feed.next(), "messages");
    for (const batch of feed) {
      left -= batch.for("ann").entries.filter(({ type }) => type === "chat").length;
    }
  }
}

Deno.test("redis: what it does for who comes does not grow with what was said", {
  ignore,
  timeout,
}, async () => {
  await using server = await RedisServer.start(path());
  await using nodes = await Nodes.of(NODES, server.url, "p:");
  const filler = new RedisEngine(server.url, { prefix: "p:" });
  await filler.ready();
  const long = await fill(filler, "long", 10_000);
  const short = await fill(filler, "short", 200);
  await fill(filler, "known", 60);
  await filler.end();
  {
    // Has all scripts known there.
    await using first = await Nodes.of(1, server.url, "p:");
    await first.come("known", 1, { last: 50 }, 50);
  }

  const load = [];
  for (const [room, ids] of [["long", long], ["short", short]] as const) {
    // What reads the room, and not what tells in it who is there.
    using log = await Monitor.of(server, `log:{#${room}}`, "call:");
    using live = await Monitor.of(server, `live:{#${room}}`, "call:");
    const scripts = async (readers: number, resume: Resume, messages: number) => {
      await nodes.come(room, readers, resume, messages);
      return (await log.take()).script ?? 0;
    };
    const first = await scripts(1, { last: 50 }, 50);
    assertEquals((await live.take()).subscribe, NODES);
    const more = await scripts(READERS - 6, { last: 50 }, 50);
    const back = await scripts(5, { since: ids.at(-101) }, 100);
    load.push([first, more, back]);
  }
  // Who opens a room asks how it stands; then the first reader of a node where to begin, and for a page, which
  // that node holds from then on.
  const [first, more, back] = load[0]!;
  assertLessOrEqual(first!, NODES * (1 + 3));
  assertEquals(more, 0);
  assertLessOrEqual(back!, NODES * 2);
  for (const [i, count] of load[0]!.entries()) assertLessOrEqual(count, load[1]![i]! + NODES);

  // What is said is one call, and published once, whoever hears it; and nobody reads anything.
  using said = await Monitor.of(server, "hello, everybody");
  using readings = await Monitor.of(server, "log:{#long}", "call:");
  const hearing = nodes.feeds.slice(0, NODES * READERS).map((feed) => read(feed, 1));
  await nodes.say("long", "hello, everybody");
  await Promise.all(hearing);
  assertEquals(await said.take(), { script: 1, "script xadd": 1, "script publish": 1 });
  assertEquals((await readings.take()).script, undefined);
});

Deno.test("redis: a look over idle rooms reads a few fields of each", {
  ignore,
  timeout,
}, async () => {
  const ROOMS = 10_000;
  await using server = await RedisServer.start(path());
  const engine = new RedisEngine(server.url, { prefix: "p:", look: 1_000 });
  await engine.ready();
  try {
    const rooms = Array.from({ length: ROOMS }, (_, i) => `#r${i}` as const);
    await gently(rooms, (room) => fill(engine, room.slice(1), 1));
    using monitor = await Monitor.of(server, "{#r");
    await gently(rooms, (room) => engine.open(room, new Glass()));
    const counted = async (least: number, what: string) => {
      const counts: Record<string, number> = {};
      while (!(counts[what]! >= least)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        for (const [name, count] of Object.entries(await monitor.take())) {
          counts[name] = (counts[name] ?? 0) + count;
        }
      }
      return counts;
    };
    // Once in an hour it lets go of each what is too old: by number, and by age.
    await within(counted(2 * ROOMS, "script xtrim"), "the first look", 30_000);
    const began = performance.now();
    const { hmget, ...others } = await within(counted(2 * ROOMS, "hmget"), "two looks", 30_000);
    // It also goes through the list of rooms, a few of them each time.
    assertLessOrEqual(Object.values(others).reduce((sum, count) => sum + count, 0), ROOMS / 10);
    assertLessOrEqual(hmget!, ((performance.now() - began) / 1_000 + 2) * ROOMS);
    assert(engine.health.trouble === null);
  } finally {
    await engine.end();
  }
});

/** Does something with each, a few hundred at a time: nobody waits for an answer for longer than two seconds. */
async function gently<T>(all: T[], act: (one: T) => Promise<unknown>) {
  for (let i = 0; i < all.length; i += 250) await Promise.all(all.slice(i, i + 250).map(act));
}

Deno.test(
  "redis: many who write to each other at once hold up nobody else for long",
  { ignore, timeout },
  async () => {
    await using server = await RedisServer.start(path());
    const engine = new RedisEngine(server.url);
    await engine.ready();
    await server.command("CONFIG", "SET", "slowlog-log-slower-than", "0");
    await server.command("CONFIG", "SET", "slowlog-max-len", "100000");
    await Promise.all(Array.from({ length: 500 }, (_, i) => {
      const draft = { username: `ann${i}`, to: `bob${i}`, content: "hi", ref: "1" };
      return engine.say([`@ann${i}`, `@bob${i}`], draft);
    }));
    const log = await server.command("SLOWLOG", "GET", "-1") as [
      number,
      number,
      number,
      string[],
    ][];
    const counts = log.filter(([, , , words]) => words[0] === "evalsha").map(([, , , words]) => {
      return words.length - 1 + Number(/^\.\.\. \((\d+) more/.exec(words.at(-1)!)?.[1] ?? 1);
    });
    assertLessOrEqual(Math.max(...counts), 3_999);
    assertLessOrEqual(counts.filter((count) => count > 100).length, 10);
    await engine.end();
  },
);
