/** What only this engine has to see to: that tidying and speaking do not hinder each other. */
import { assert, assertEquals, assertLess, assertMatch, assertRejects } from "@std/assert";
import { ulid } from "@std/ulid";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { SqliteEngine, type SqliteOptions } from "../../hub/engine/sqlite.ts";
import { Store, StoreError } from "../../hub/engine/sqlite/store.ts";
import { ChatError } from "../../messages.ts";
import type { Archive, Origin } from "../../hub/log/archive.ts";
import { granted, makeHub, now, say, timeout, until, within } from "../support.ts";
import { Folder } from "./folder.ts";

const files = { ignore: !granted("read", "write") };

/** Makes syncs on the side something else, until it is disposed of. */
function syncs(sync: (real: () => Promise<void>) => Promise<void>) {
  const { syncData } = Deno.FsFile.prototype;
  Deno.FsFile.prototype.syncData = function () {
    return sync(() => syncData.call(this));
  };
  return { [Symbol.dispose]: () => void (Deno.FsFile.prototype.syncData = syncData) };
}

function start(options?: SqliteOptions) {
  const folder = new Folder();
  const engine = SqliteEngine.open(folder.data, options);
  return {
    engine,
    folder,
    say: (content: string) =>
      engine.say(["#den"], { username: "ann", content, room: "den" }) as Promise<unknown>,
    async [Symbol.asyncDispose]() {
      await engine.end();
      folder[Symbol.dispose]();
    },
  };
}

Deno.test(
  "old messages go also while somebody speaks all the time, and only what was told",
  files,
  async () => {
    await using store = start({ keep: { messages: 4 } });
    const { engine, say } = store;
    let newest = "";
    let lost = "";
    await engine.open("#den", {
      begin() {},
      append({ id }) {
        assert(id > lost, "it was lost before it was told");
        newest = id;
      },
      lose(id) {
        assert(id <= newest);
        lost = id;
      },
      miss() {},
      tear() {},
    });
    let speaking = true;
    const speak = async () => {
      while (speaking) await say("x");
    };
    const speakers = Array.from({ length: 8 }, speak);
    await until(() => lost !== "");
    speaking = false;
    await Promise.all(speakers);
    await until(() => now(engine.page("#den", { limit: 99 })).entries.length === 4);
  },
);

Deno.test(
  "what cannot be tidied is told once, and is no trouble for who speaks",
  files,
  async () => {
    const told: unknown[] = [];
    const log = (_level: string, event: string, fields?: object) => told.push([event, fields]);
    await using store = start({ log });
    const { engine, say } = store;
    using _untidy = untidy();
    await until(() => engine.health.errors === 2);
    assertEquals(engine.health.trouble, null);
    await say("x");
    assertEquals(told, [["what is kept is not tidied", { error: "it is damaged" }]]);
  },
);

Deno.test("what is told while it ends does not overtake what is being kept", files, async () => {
  await using store = start();
  const { engine, say } = store;
  const told: string[] = [];
  await engine.open("#den", {
    begin() {},
    append: ({ type }) => void told.push(type),
    lose() {},
    miss() {},
    tear() {},
  });
  const said = say("x");
  const ending = engine.end();
  const notice = { type: "leave" as const, username: "ann", content: "ann left", room: "den" };
  await Promise.all([engine.tell("#den", notice), said, ending]);
  assertEquals(told, ["chat", "leave"]);
});

Deno.test("many who read back at once do not hold up everybody else", files, async () => {
  await using store = start();
  const { engine, say } = store;
  await Promise.all(Array.from({ length: 200 }, () => say("x".repeat(300))));
  const { promise, resolve } = Promise.withResolvers<Archive>();
  engine.open("#den", {
    begin: ({ archive }) => resolve(archive!),
    append() {},
    lose() {},
    miss() {},
    tear() {},
  });
  const archive = await promise;
  const pages = Array.from({ length: 200 }, () => archive.page({ since: "", limit: 200 }));
  assert(!(pages[0] instanceof Promise) && pages.at(-1) instanceof Promise);
  for (const page of pages) assertEquals((await page).entries.length, 200);
});

Deno.test(
  "what is written has not failed, also where its log cannot be looked after",
  files,
  async () => {
    await using store = start();
    const { engine, say } = store;
    // The first look comes after the writing.
    const { get } = StatementSync.prototype;
    StatementSync.prototype.get = function (...values) {
      if (!this.sourceSQL.includes("wal_checkpoint")) return Reflect.apply(get, this, values);
      StatementSync.prototype.get = get;
      throw new Error("disk I/O error");
    };
    await say("x");
    assertEquals([now(engine.page("#den", { limit: 9 })).entries.length, engine.health.errors], [
      1,
      0,
    ]);
  },
);

Deno.test("many who search at once do not hold up everybody else", files, async () => {
  await using store = start();
  const { engine, say } = store;
  await Promise.all(Array.from({ length: 500 }, () => say("word ".repeat(200))));
  const searches = Array.from(
    { length: 20 },
    () => engine.search("#den", { words: "word", limit: 100 }),
  );
  assert(searches.at(-1) instanceof Promise);
  for (const search of searches) assert((await search).hits.length > 0);
});

/** Has tidying fail for a while. */
function untidy() {
  const { tidy } = Store.prototype;
  Store.prototype.tidy = () => {
    throw new StoreError("it is damaged");
  };
  return { [Symbol.dispose]: () => void (Store.prototype.tidy = tidy) };
}

for (const sync of [true, false]) {
  const how = sync ? "is waited for" : "is not waited for";

  Deno.test(`the log stays short while a slow disk ${how}`, files, async () => {
    let latest = Promise.resolve();
    const slow = async (real: () => Promise<void>) => {
      await real();
      await new Promise((resolve) => setTimeout(resolve, 50));
    };
    using _disk = syncs((real) => latest = slow(real));
    // Who does not wait for it ends before it does.
    await using _end = { [Symbol.asyncDispose]: () => latest };
    await using store = start({ keep: { messages: 4 }, sync });
    const { say, folder } = store;
    const text = "some words ".repeat(300);
    let longest = 0;
    for (let round = 0; round < 80; round++) {
      await Promise.all(Array.from({ length: 80 }, (_, i) => say(`${round} ${i} ${text}`)));
      const { size } = await Deno.stat(`${folder.data}/parley.db-wal`);
      longest = Math.max(longest, size);
    }
    assertLess(longest, 3_500 * 4_096);
  });
}

Deno.test("a disk that confirms nothing is told also where it is not waited for", {
  ...files,
  // What cannot be trusted is not closed.
  sanitizeResources: false,
}, async () => {
  await using store = start({ sync: false });
  const { engine, say } = store;
  const text = "some words ".repeat(300);
  using _disk = syncs(() => Promise.reject(new Error("no disk")));
  await assertRejects(async () => {
    for (let i = 0; i < 100; i++) {
      await Promise.all(Array.from({ length: 80 }, (_, j) => say(`${i} ${j} ${text}`)));
    }
  }, ChatError);
  assertMatch(await within(engine.failed, "why"), /^Cannot write .*no disk/);
});

Deno.test("a room of which nothing is kept is one only as long as it is remembered", {
  ...files,
  timeout,
}, async () => {
  using folder = new Folder();
  await using hub = makeHub({ engine: SqliteEngine.open(folder.data, { keep: { messages: 0 } }) });
  await say(hub, 3);
  await until(() => hub.rooms.get("lobby")!.log.head === "");
  assertEquals(await hub.rooms.list({ most: 9 }), {
    rooms: [{ room: "lobby", users: 0, head: null }],
    count: 1,
  });
});

Deno.test(
  "whoever comes back to a channel that is forgotten is told that it may have lost",
  files,
  async () => {
    using folder = new Folder();
    const lost = ulid();
    Store.open(folder.data)[Symbol.dispose]();
    const db = new DatabaseSync(`${folder.data}/parley.db`);
    db.prepare("INSERT INTO facts VALUES ('floor', ?)").run(lost);
    db.close();
    const engine = SqliteEngine.open(folder.data);
    const den: Origin[] = [];
    engine.open("#den", {
      begin: (origin) => void den.push(origin),
      append() {},
      lose() {},
      miss() {},
      tear() {},
    });
    assertEquals(now(engine.page("#den", { limit: 1 })).floor, lost);
    assertEquals([den[0]!.floor, await den[0]!.archive!.before(1)], [lost, lost]);
    await engine.say(["#den"], { username: "ann", content: "x", room: "den" });
    assertEquals(now(engine.page("#den", { limit: 1 })).floor, lost);
    await engine.end();
  },
);
