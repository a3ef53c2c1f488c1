/** What is left in a file of what was taken back, and what the hub has agreed on in it. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { SqliteEngine } from "../../hub/engine/sqlite.ts";
import type { Act } from "../../hub/engine/engine.ts";
import { Store, StoreError } from "../../hub/engine/sqlite/store.ts";
import { Words } from "../../hub/engine/sqlite/search.ts";
import { VERSIONS } from "../../hub/engine/sqlite/schema.ts";
import { Writer } from "../../hub/engine/sqlite/writer.ts";
import { Trim } from "../../hub/engine/sqlite/trim.ts";
import { exported } from "../../main/export.ts";
import { Intake } from "../../main/intake.ts";
import { linesOf } from "../../main/lines.ts";
import { type ChatError, LIMITS } from "../../messages.ts";
import { granted, timeout, until } from "../support.ts";
import { Glass, idsOf } from "./contract.ts";
import { File } from "./file.ts";
import { Folder } from "./folder.ts";

const files = { ignore: !granted("read", "write"), timeout };

const act = (re?: string): Act =>
  re === undefined
    ? { type: "clear", room: "den", by: "bob" }
    : { type: "delete", re, room: "den", by: "bob" };

/** Says things in the den. @returns their ids */
async function say(engine: SqliteEngine, ...contents: string[]): Promise<string[]> {
  const drafts = contents.map((content) => ({ username: "ann", content, room: "den" }));
  const said = await Promise.all(drafts.map((draft) => engine.say(["#den"], draft)));
  return idsOf(said.map(({ entry }) => entry));
}

/** The ids of all in the den that have a word, newest first: a busy machine looks at some of it at a time. */
async function find(engine: SqliteEngine, words: string): Promise<string[]> {
  const ids: string[] = [];
  for (let before: string | undefined, whole = false; !whole;) {
    const found = await engine.search("#den", { words, before, limit: 200 });
    ids.push(...idsOf(found.hits.map(({ entry }) => entry)));
    ({ whole, next: before } = found);
  }
  return ids;
}

/** Is a text anywhere in the files? */
function has(folder: Folder, text: string): boolean {
  return [...folder.contents().values()].some((bytes) =>
    new TextDecoder().decode(bytes).includes(text)
  );
}

Deno.test(
  "nothing that was taken back is in the file, nor in an export, nor comes back by one",
  files,
  async () => {
    using folder = new Folder();
    const engine = SqliteEngine.open(folder.data);
    const lines = (room?: string) => {
      using store = Store.open(folder.data, { readonly: true });
      return [...exported(store, room === undefined ? { private: true } : { room })];
    };
    const long = "x".repeat(3_900);
    const ids = await say(engine, "keep one", `zebra ${long}`, "keep two", "quagga");
    await engine.say(["@#k#ann", "@bob"], { username: "ann", content: "own", to: "bob" });
    const before = lines();
    await engine.takeBack("#den", act(ids[1]));
    await engine.takeBack("#den", act(ids[3]));
    const contents = (lines: string[]) => lines.map((line) => JSON.parse(line).content);
    assertEquals(contents(lines()), ["keep one", "keep two", "own"]);
    assertEquals(contents(lines("den")), ["keep one", "keep two"]);
    await engine.end();
    assert(has(folder, "keep one"));
    assert(!has(folder, `zebra ${long}`) && !has(folder, '"quagga"'));
    const take = async (text: string) => {
      using store = Store.open(folder.data);
      const intake = new Intake(store);
      await intake.take(linesOf(bytesOf(text), LIMITS.frame));
      return [intake.added, intake.known];
    };
    const text = before.slice(0, 4).map((line) => `${line}\n`).join("");
    assertEquals(await take(text), [0, 4]);
    const again = SqliteEngine.open(folder.data);
    await again.takeBack("#den", act());
    await again.end();
    assertEquals(await take(text), [0, 4]);
    assertEquals(contents(lines()), ["own"]);
    // What takes something back is no message, and is not taken for one.
    const other = JSON.stringify({ ...act("1"), id: ids[0], timestamp: "" });
    assertEquals(await take(other).catch(({ message }) => message.includes("no field")), true);
  },
);

async function* bytesOf(text: string) {
  yield new TextEncoder().encode(text);
}

Deno.test(
  "a room that is cleared is empty at once, and goes from the file in a while",
  files,
  async () => {
    using folder = new Folder();
    const engine = SqliteEngine.open(folder.data, { keep: { messages: 150 } });
    const den = new Glass();
    await engine.open("#den", den);
    await say(engine, ...Array.from({ length: 120 }, (_, i) => `okapi ${i}`));
    await until(() => den.ids.length === 120);
    assertEquals((await find(engine, "okapi")).length, 120);
    const { id } = await engine.takeBack("#den", act());
    assertEquals(await find(engine, "okapi"), []);
    assertEquals(await engine.rooms({ most: 9 }), { rooms: [{ name: "den", head: id }], count: 1 });
    // A room that has nothing can be cleared as well, and twice at once.
    await Promise.all(
      [act(), act()].map((act) => engine.takeBack("#attic", { ...act, room: "attic" })),
    );
    assertEquals((await engine.rooms({ most: 9 })).count, 2);
    const [last] = await say(engine, "okapi again");
    assertEquals(await find(engine, "okapi"), [last]);
    const left = () => {
      using store = Store.open(folder.data, { readonly: true });
      return [...store.all()].length;
    };
    assertEquals(left(), 1);
    // What was said in another room is not there.
    const codeOf = async (channel: "#attic" | "#none") => {
      try {
        await engine.takeBack(channel, { ...act(last), room: channel.slice(1) });
      } catch (error) {
        return (error as ChatError).code;
      }
    };
    const [other, more] = [await codeOf("#attic"), await codeOf("#none")];
    assertEquals([other, more], ["no_such_message", "no_such_message"]);
    // Nothing is let go for what was taken back.
    await say(engine, ...Array.from({ length: 140 }, (_, i) => `${i}`));
    await engine.end();
    const again = SqliteEngine.open(folder.data, { keep: { messages: 150 } });
    await until(() => !hasRows(folder));
    const page = await again.page("#den", { limit: 999 });
    assertEquals([page.entries.length, page.lost], [142, ""]);
    await again.end();
    assert(!has(folder, '"okapi 7"') && has(folder, '"okapi again"'));
  },
);

/** Is anything left of rooms that were cleared? */
function hasRows(folder: Folder): boolean {
  using file = new File(":memory:");
  file.db.exec(`ATTACH 'file:${folder.data}/parley.db?mode=ro' AS kept`);
  return file.count("SELECT count(*) FROM kept.channels WHERE name >= '~'") > 0;
}

Deno.test("what is found does not end where the first of many messages was taken back", () => {
  using file = new File();
  const ids = Array.from({ length: 95 }, (_, i) => file.say("#den", `okapi n${i}`));
  const words = new Words(file.db, 30);
  while (words.index(1));
  file.db.exec("INSERT INTO facts VALUES ('lease', 0)");
  const writer = new Writer(file.db);
  const taken = [60, 30, 0].map((n, i) => {
    const id = `${"9".repeat(25)}${i}`;
    return { channel: "#den", id, text: '{"type":"delete"}', takes: ids[n]! } as const;
  });
  writer.write(taken, 0);
  while (words.index(1));
  /** How many there are: a busy machine looks at some of it at a time. */
  const count = () => {
    let sum = 0;
    for (let before: string | undefined, whole = false; !whole;) {
      const found = words.search(1, { words: "okapi", before, limit: 99 }, "~");
      sum += found.hits.length;
      ({ whole, next: before } = found);
    }
    return sum;
  };
  assertEquals(count(), 92);
  assertEquals(words.search(1, { words: "n30", limit: 9 }, "~").hits, []);
  assertEquals(file.count("SELECT count(*) FROM words"), 92);
  // Of what was let go nothing is looked for.
  const trim = new Trim(file.db, { keep: { messages: 20 } });
  while (trim.step(1));
  assertEquals(count(), 17);
  assertEquals(file.count("SELECT kept FROM channels"), 20);
});

Deno.test(
  "a file of before has what it had, and what is said in it can be taken back",
  files,
  async () => {
    using folder = new Folder();
    const engine = SqliteEngine.open(folder.data);
    const ids = await say(engine, "okapi one", "okapi two");
    assertEquals((await find(engine, "okapi")).length, 2);
    await engine.end();
    {
      using file = new File(":memory:");
      file.db.exec(`ATTACH '${folder.data}/parley.db' AS old`);
      for (
        const sql of [
          "DROP INDEX old.messages_taken",
          "ALTER TABLE old.messages DROP COLUMN takes",
          "ALTER TABLE old.volumes DROP COLUMN id",
          "DROP INDEX old.shared_by_until",
          "DROP TABLE old.shared",
          "PRAGMA old.user_version = 2",
        ]
      ) file.db.exec(sql);
    }
    assertGreater(VERSIONS.length, 2);
    const again = SqliteEngine.open(folder.data);
    assertEquals((await find(again, "okapi")).length, 2);
    await again.takeBack("#den", act(ids[0]));
    assertEquals(await find(again, "okapi"), [ids[1]]);
    await again.end();
  },
);

Deno.test(
  "while it is being kept that something is taken back nobody sees the half of it",
  files,
  async () => {
    using folder = new Folder();
    const engine = SqliteEngine.open(folder.data);
    const [one, two] = await say(engine, "okapi 1", "okapi 2");
    const { sync } = Store.prototype;
    using _ = { [Symbol.dispose]: () => void (Store.prototype.sync = sync) };
    const disk = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    Store.prototype.sync = async function () {
      written.resolve();
      await disk.promise;
      await sync.call(this);
    };
    const taken = engine.takeBack("#den", act(two));
    await written.promise;
    const glass = new Glass();
    const asked = [
      engine.page("#den", { limit: 9 }),
      engine.search("#den", { words: "okapi", limit: 9 }),
      engine.rooms({ most: 9 }),
      engine.open("#den", glass),
    ];
    assert(asked.every((asked) => asked instanceof Promise));
    disk.resolve();
    const { id } = await taken;
    const [page, found, rooms] = await Promise.all(asked) as [
      Awaited<ReturnType<typeof engine.page>>,
      Awaited<ReturnType<typeof engine.search>>,
      Awaited<ReturnType<typeof engine.rooms>>,
      void,
    ];
    assertEquals(idsOf(page.entries), [one, id]);
    assertEquals(idsOf(found.hits.map(({ entry }) => entry)), [one]);
    assertEquals(rooms.rooms, [{ name: "den", head: id }]);
    assertEquals([glass.origin.newest, glass.ids], [id, []]);
    await engine.end();
  },
);

Deno.test(
  "on a full disk nothing holds that is not kept, and nothing is taken back",
  files,
  async () => {
    using folder = new Folder();
    const engine = SqliteEngine.open(folder.data);
    const [id] = await say(engine, "one");
    await engine.facts.set("a", { value: "1" });
    const { write } = Store.prototype;
    {
      using _ = { [Symbol.dispose]: () => void (Store.prototype.write = write) };
      Store.prototype.write = () => {
        throw new StoreError("Cannot write parley.db: the disk is full: make room");
      };
      const code = (asked: unknown) =>
        Promise.resolve(asked).then(() => "done", ({ code }) => code);
      const codes = [
        engine.takeBack("#den", act(id)),
        engine.facts.set("a", undefined),
        engine.facts.change("b", () => ({ value: "2" })),
      ].map(code);
      assertEquals(await Promise.all(codes), ["unavailable", "unavailable", "unavailable"]);
    }
    assertEquals(engine.facts.list(""), [["a", { value: "1" }]]);
    assertEquals(idsOf((await engine.page("#den", { limit: 9 })).entries), [id]);
    await engine.facts.set("a", { value: "2", until: Date.now() + 1 });
    await until(() => engine.facts.get("a") === undefined);
    await engine.facts.set("c", { value: "3" });
    await engine.end();
    using file = new File(":memory:");
    file.db.exec(`ATTACH '${folder.data}/parley.db' AS kept`);
    assertEquals(file.count("SELECT count(*) FROM kept.shared"), 1);
    const ended = SqliteEngine.open(folder.data);
    await ended.end();
    for (
      const late of [() => ended.takeBack("#den", act()), () => ended.facts.set("a", undefined)]
    ) {
      const error = await (async () => await late())().catch(({ code }) => code);
      assertEquals(error, "unavailable");
    }
  },
);
