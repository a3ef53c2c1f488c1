/** What becomes of a server whose disk does not take what is said, and then takes it again. */
import { assert, assertEquals, assertGreater, assertMatch } from "@std/assert";
import { SqliteEngine, type SqliteOptions } from "../../hub/engine/sqlite.ts";
import { Store, StoreError } from "../../hub/engine/sqlite/store.ts";
import { Hub } from "../../hub.ts";
import { granted, serve, until, v1 } from "../support.ts";
import { Folder } from "./folder.ts";

const files = { ignore: !granted("net", "read", "write") };

const FULL = "Cannot write parley.db: the disk is full: make room";

/** Has all writing fail while it is `full`, and notes what was to be kept about ids. */
function disk() {
  const { write } = Store.prototype;
  const leases: number[] = [];
  const state = { full: true, leases };
  Store.prototype.write = function (rows, lease, changes) {
    leases.push(lease);
    if (state.full) throw new StoreError(FULL);
    write.call(this, rows, lease, changes);
  };
  return Object.assign(state, {
    [Symbol.dispose]: () => void (Store.prototype.write = write),
  });
}

/** What is answered to a request. */
async function answer(address: string, init?: RequestInit) {
  const response = await fetch(address, init);
  const { status, headers } = response;
  return { status, retryAfter: headers.get("retry-after"), body: await response.json() };
}

/** A server on a file, and what it writes to its log. */
function start(options: SqliteOptions = {}) {
  const folder = new Folder();
  const events: string[] = [];
  const log = (_level: string, event: string) => void events.push(event);
  const engine = SqliteEngine.open(folder.data, { ...options, log });
  const server = serve({ hub: new Hub({ engine }), rate: 0 });
  return {
    engine,
    events,
    host: server.host,
    get: async (path: string) => (await answer(`http://${server.host}${path}`)).body,
    post: (content: string, ref?: string) =>
      answer(`http://${server.host}/api/rooms/lobby/messages`, {
        method: "POST",
        body: JSON.stringify({ username: "post", content, ref }),
      }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await engine.end();
      folder[Symbol.dispose]();
    },
  };
}

Deno.test("a full disk refuses who speaks, and nobody else; and it heals", files, async () => {
  await using server = start();
  const { engine, events, host, get, post } = server;
  await using ann = await v1(host, { username: "ann" });
  await using bob = await v1(host, { username: "bob" });
  ann.say("before", { ref: "1" });
  assertEquals((await bob.find("chat")).content, "before");
  {
    using full = disk();
    ann.say("refused", { ref: "2" });
    const { code, ref, temporary, retryAfter } = await ann.find("error");
    assertEquals([code, ref, temporary, retryAfter], ["unavailable", "2", true, 1_000]);
    const refusal = await post("refused too", "3");
    assertEquals([refusal.status, refusal.retryAfter], [503, "1"]);
    assertMatch(refusal.body.detail, /cannot keep them now/);
    // Reading goes on, and who comes is told.
    await using cem = await v1(host, { username: "cem", last: 9 });
    assertEquals((await cem.find("chat")).content, "before");
    while ((await bob.find("join")).username !== "cem");
    assertEquals((await get("/api/rooms/lobby/messages")).messages.length, 1);
    assertEquals(await get("/healthz"), { status: "degraded", engine: "sqlite", trouble: FULL });
    const metrics = await (await fetch(`http://${host}/metrics`)).text();
    assert(metrics.includes('parley_engine_up{engine="sqlite"} 0'));
    assertGreater(engine.health.errors, 1);
    // It is tried again although nobody speaks, each time with ids that could be given out then.
    const { length } = full.leases;
    await until(() => full.leases.length > length + 1);
    assertGreater(full.leases.at(-1)!, full.leases[0]!);
    full.full = false;
    await until(() => engine.health.trouble === null);
  }
  assertEquals(await get("/healthz"), { status: "ok", engine: "sqlite", trouble: null });
  ann.say("refused", { ref: "2" });
  assertEquals((await bob.find("chat")).content, "refused");
  assertEquals((await post("refused too", "3")).status, 201);
  assertEquals((await bob.find("chat")).content, "refused too");
  const { messages } = await get("/api/rooms/lobby/messages");
  const contents = messages.map(({ content }: { content: string }) => content);
  assertEquals(contents, ["before", "refused", "refused too"]);
  assertEquals(events.filter((event) => event.startsWith("messages")), [
    "messages cannot be kept",
    "messages are kept again",
  ]);
});

Deno.test(
  "what waits for a slow disk has a bound, beyond which who speaks is told",
  files,
  async () => {
    await using server = start();
    const { sync } = Store.prototype;
    const { promise: synced, resolve } = Promise.withResolvers<void>();
    try {
      Store.prototype.sync = async function () {
        await synced;
        await sync.call(this);
      };
      const content = "x".repeat(1024 * 1024);
      const say = (n: number) =>
        Promise.try(() =>
          server.engine.say(["#den"], { username: "ann", content: `${n} ${content}`, room: "den" })
        ).then(() => "kept", ({ code }) => code);
      const first = say(0);
      await until(() => server.engine.health.bytes! > 1024 * 1024);
      const others = Array.from({ length: 20 }, (_, n) => say(n + 1));
      assertEquals(await Promise.race(others.slice(17)), "unavailable");
      resolve();
      assertEquals(await first, "kept");
      assertEquals(
        await Promise.all(others),
        Array.from({ length: 20 }, (_, n) => n < 16 ? "kept" : "unavailable"),
      );
    } finally {
      Store.prototype.sync = sync;
    }
  },
);

Deno.test("what cannot be read is refused, logged and counted", files, async () => {
  await using server = start();
  await server.post("there");
  const { page } = Store.prototype;
  const { errors, pages } = server.engine.health;
  try {
    Store.prototype.page = () => {
      throw new StoreError("the disk fails");
    };
    assertEquals((await server.get("/api/rooms/other/messages")).code, "unavailable");
  } finally {
    Store.prototype.page = page;
  }
  assertEquals((await server.get("/api/rooms/other/messages")).complete, true);
  const { health } = server.engine;
  assertEquals([health.errors - errors, health.pages - pages], [1, 2]);
  assertEquals(server.events.filter((event) => event.startsWith("messages")), [
    "messages cannot be read",
  ]);
});
