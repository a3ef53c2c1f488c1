/** What is kept in a file, and how it is read. */
import type { Part } from "../../hub/base/sorted.ts";
import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { ulid } from "@std/ulid";
import { DatabaseSync } from "node:sqlite";
import type { Channel } from "../../hub/engine/engine.ts";
import { type Row, Store, StoreError } from "../../hub/engine/sqlite/store.ts";
import { granted, until } from "../support.ts";
import { Folder } from "./folder.ts";
import { idOf, rowOf, rowsOf } from "./rows.ts";

const files = { ignore: !granted("read", "write") };

/** Numbers of messages. */
function numbers(rows: Iterable<{ id: string }>): number[] {
  const found: number[] = [];
  for (const { id } of rows) {
    found.push(Number(id.slice(18)));
    assert(found.length < 10_000, "there is no end");
  }
  return found;
}
const END = "~";

/** What a search finds that goes on where it had to end: it takes its time. */
function found(store: Store, channel: Channel, words: string, upTo: string): number[] {
  const rows: { id: string }[] = [];
  let before: string | undefined;
  for (let i = 0; i < 100; i++) {
    const { hits, whole, next } = store.search(channel, { words, before, limit: 2 }, upTo);
    rows.push(...hits);
    if (whole) return numbers(rows);
    before = next;
  }
  throw new Error("Cannot find all: there is no end");
}

/** Does all that there is to do when there is time. */
function tidy(store: Store) {
  while (store.tidy(5) || store.tidy(5));
}

Deno.test("what was written is there when it is opened again, once and in order", files, () => {
  using folder = new Folder();
  {
    using store = Store.open(folder.data);
    assertEquals([...store.all()], []);
    store.write(rowsOf(1, 4, { rooms: 2 }), 0);
    store.write([rowOf(4, { rooms: 2 }), rowOf(5, { rooms: 2 })], 0);
    store.write([{ ...rowOf(6), channel: "@ann" }], 0);
  }
  // It is one file then, to be copied, and nobody holds it.
  assertEquals(folder.names(), ["parley.db", "parley.lock"]);
  assertEquals(folder.held(), []);
  using store = Store.open(folder.data);
  assertEquals([...store.all()], [...rowsOf(1, 5, { rooms: 2 }), { ...rowOf(6), channel: "@ann" }]);
  assertEquals([...store.all("#r0")], [rowOf(2, { rooms: 2 }), rowOf(4, { rooms: 2 })]);
  assertEquals(numbers(store.all("@bob")), []);
  assertEquals(numbers(store.recent(idOf(3), 99)), [6, 5, 4]);
  const rooms = (part: Part) => store.rooms(part, END).map(({ name, head }) => `${name} ${head}`);
  assertEquals([rooms({ most: 9 }), store.roomCount], [[`r0 ${idOf(4)}`, `r1 ${idOf(5)}`], 2]);
  assertEquals(store.rooms({ most: 1 }, idOf(1)), [{ name: "r0", head: "" }]);
  store.write([{ ...rowOf(7), channel: "#a" }, { ...rowOf(8), channel: "#a" }], 0);
  assertEquals([rooms({ most: 2 }), store.roomCount], [[`a ${idOf(8)}`, `r0 ${idOf(4)}`], 3]);
  assertEquals(rooms({ after: "a", most: 1 }), [`r0 ${idOf(4)}`]);
  assertEquals(store.bytes, folder.bytes());
});

Deno.test("a transaction is there as a whole, or not at all", files, () => {
  using folder = new Folder();
  using store = Store.open(folder.data);
  store.write(rowsOf(1, 1), 0);
  const bad = { channel: "#bad", id: idOf(3), text: undefined } as unknown as Row;
  assertThrows(() => store.write([rowOf(2), { ...rowOf(2), channel: "#new" }, bad], 0), StoreError);
  assertEquals([numbers(store.all()), store.roomCount], [[1], 1]);
  store.write(rowsOf(2, 2), 0);
  assertEquals(numbers(store.all()), [1, 2]);
});

Deno.test(
  "a page has what is asked for, oldest first, and says whether there is more",
  files,
  () => {
    using folder = new Folder();
    using store = Store.open(folder.data);
    store.write(rowsOf(1, 20), 0);
    store.write([{ ...rowOf(21), channel: "#other" }], 0);
    const page = (query: { since?: number; before?: number; limit: number }, upTo = END) => {
      const [since, before] = [query.since, query.before].map((n) => n === undefined ? n : idOf(n));
      const { rows, whole, newest } = store.page("#r0", { ...query, since, before }, upTo);
      return [numbers(rows), whole, newest];
    };
    const newest = idOf(20);
    assertEquals(page({ limit: 3 }), [[18, 19, 20], false, newest]);
    assertEquals(page({ before: 4, limit: 3 }), [[1, 2, 3], true, newest]);
    assertEquals(page({ before: 5, limit: 3 }), [[2, 3, 4], false, newest]);
    assertEquals(page({ since: 17, limit: 3 }), [[18, 19, 20], true, newest]);
    assertEquals(page({ since: 16, limit: 3 }), [[17, 18, 19], false, newest]);
    assertEquals(page({ since: 5, before: 8, limit: 3 }), [[6, 7], true, newest]);
    // What is not told yet is not there.
    assertEquals(page({ limit: 2 }, idOf(10)), [[9, 10], false, idOf(10)]);
    assertEquals(page({ since: 9, limit: 5 }, idOf(10)), [[10], true, idOf(10)]);
    assertEquals(page({ before: 19, limit: 2 }, idOf(10)), [[9, 10], false, idOf(10)]);
    assertEquals(page({ before: 3, limit: 2 }, idOf(10)), [[1, 2], true, idOf(10)]);
    assertEquals(store.past("#r0"), { newest, lost: "", floor: "" });
    assertEquals(store.past("#none"), { newest: "", lost: "", floor: "" });
    assertEquals(store.page("#none", { limit: 1 }, END), {
      rows: [],
      whole: true,
      newest: "",
      lost: "",
      floor: "",
    });
    assertEquals([store.count("#r0", idOf(15), 9), store.count("#r0", idOf(5), 9)], [5, 9]);
  },
);

Deno.test("a page has so many bytes of text, or one message", files, () => {
  using folder = new Folder();
  using store = Store.open(folder.data);
  const text = "ä".repeat(50 * 1024);
  store.write(rowsOf(1, 5).map((row) => ({ ...row, text })), 0);
  store.write([{ ...rowOf(6), text: text.repeat(3) }], 0);
  const page = (query: { since?: string; before?: string }) => {
    const { rows, whole } = store.page("#r0", { ...query, limit: 9, bytes: 256 * 1024 }, END);
    return [numbers(rows), whole];
  };
  assertEquals(page({ since: "" }), [[1, 2], false]);
  assertEquals(page({ since: idOf(3) }), [[4, 5], false]);
  assertEquals(page({ since: idOf(5) }), [[6], true]);
  assertEquals(page({}), [[6], false]);
  assertEquals(page({ before: idOf(3) }), [[1, 2], true]);
});

Deno.test("what does not fit into memory at once is read piece by piece", files, () => {
  using folder = new Folder();
  using store = Store.open(folder.data);
  const some = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);
  store.write(rowsOf(1, 1_000), 0);
  assertEquals(numbers(store.all()), some(1, 1_000));
  assertEquals(numbers(store.all("#r0")), some(1, 1_000));
  assertEquals(numbers(store.recent(idOf(500), 999)), some(501, 1_000).reverse());
  assertEquals(numbers(store.page("#r0", { limit: 599 }, END).rows), some(402, 1_000));
  const { rows, whole } = store.page("#r0", { since: idOf(200), limit: 400 }, END);
  assertEquals([numbers(rows), whole], [some(201, 600), false]);
  assert(store.page("#r0", { since: idOf(200), limit: 800 }, END).whole);
});

Deno.test("what was said last is found behind what was imported since", files, () => {
  using folder = new Folder();
  using store = Store.open(folder.data);
  const said = (number: number) => {
    const row = rowOf(number);
    return { ...row, id: row.id.slice(0, 10) + store.random + row.id.slice(-4) };
  };
  store.write([said(1), said(2), said(3)], 0);
  store.write(
    rowsOf(4, 303).map((row) => ({ ...row, channel: "#old", id: `00${row.id.slice(2)}` })),
    0,
  );
  const recent = (most: number) =>
    [...store.recent(said(1).id, most)].map(({ id }) => Number(id.slice(-4)));
  assertEquals(recent(999), [3, 2]);
  // It takes no longer than to look at so many.
  assertEquals(recent(301), [3]);
  store.write([said(4)], 0);
  assertEquals(recent(1), [4]);
});

Deno.test("ids go on above all that may have been given out", files, () => {
  using folder = new Folder();
  const leased = (milliseconds: number) => `${ulid(milliseconds).slice(0, 10)}${"Z".repeat(16)}`;
  {
    using store = Store.open(folder.data);
    assertEquals(store.newest, leased(0));
    assertEquals(store.random.length, 12);
    store.write(rowsOf(1, 1), 0);
  }
  {
    using store = Store.open(folder.data);
    assertEquals(store.newest, idOf(1));
    store.write([], 4e12);
    // It never falls.
    store.write(rowsOf(2, 2), 3e12);
  }
  using store = Store.open(folder.data);
  assertEquals(store.newest, leased(4e12));
});

Deno.test("what is over the bounds is let go, and that is known", files, () => {
  using folder = new Folder();
  {
    using store = Store.open(folder.data, { keep: { messages: 2 } });
    store.write(rowsOf(1, 5), 0);
    tidy(store);
    assertEquals(numbers(store.all()), [4, 5]);
    assertEquals(store.takeLosses(), [["#r0", idOf(3)]]);
    assertEquals(store.takeLosses(), []);
    assertEquals(store.past("#r0"), { newest: idOf(5), lost: idOf(3), floor: idOf(3) });
  }
  using store = Store.open(folder.data, { keep: { milliseconds: 1 } });
  const rooms = () => [store.rooms({ most: 9 }, END).length, store.roomCount];
  store.write([{ ...rowOf(1), channel: "@ann" }], 0);
  assertEquals(rooms(), [1, 1]);
  tidy(store);
  assertEquals(store.past("#r0"), { newest: idOf(5), lost: idOf(5), floor: idOf(5) });
  assertEquals([...rooms(), Store.open(folder.data, { readonly: true }).roomCount], [0, 0, 0]);
  // Their numbers do not come again: what is counted and found of a message is known by that.
  const { text } = rowOf(6);
  const timestamp = new Date(Date.now() + 60_000).toISOString();
  store.write([{
    ...rowOf(6),
    id: ulid(),
    text: JSON.stringify({ ...JSON.parse(text), timestamp }),
  }], 0);
  assertEquals(rooms(), [1, 1]);
  tidy(store);
  assertEquals(found(store, "#r0", "message 6", END).length, 1);
});

Deno.test("words are found in a channel", files, () => {
  using folder = new Folder();
  using store = Store.open(folder.data);
  store.write(rowsOf(1, 30, { rooms: 3 }), 0);
  assertEquals(found(store, "#r1", "messa", idOf(15)), [13, 10, 7, 4, 1]);
  assertEquals(found(store, "#none", "message", END), []);
});

Deno.test("who only reads sees what is there when it begins, and leaves no trace", files, () => {
  using folder = new Folder();
  {
    using store = Store.open(folder.data, { keep: { messages: 1 } });
    store.write(rowsOf(1, 3), 0);
    {
      using reader = Store.open(folder.data, { readonly: true });
      const all = reader.all()[Symbol.iterator]();
      assertEquals(all.next().value, rowOf(1));
      store.write(rowsOf(4, 4), 0);
      tidy(store);
      assertEquals(numbers({ [Symbol.iterator]: () => all }), [2, 3]);
      assertEquals(numbers(reader.all()), [4]);
      assertThrows(() => reader.write(rowsOf(5, 5), 0), StoreError, "Cannot write");
    }
  }
  const before = folder.contents();
  {
    using reader = Store.open(folder.data, { readonly: true });
    assertEquals(numbers(reader.all()), [4]);
    assertEquals(folder.contents(), before);
  }
  assertEquals(folder.contents(), before);
});

Deno.test("what was copied before is on the disk once it is opened again", files, () => {
  using folder = new Folder();
  const { syncDataSync } = Deno.FsFile.prototype;
  let synced = 0;
  try {
    Deno.FsFile.prototype.syncDataSync = function () {
      synced++;
      syncDataSync.call(this);
    };
    using _store = Store.open(folder.data);
    assertEquals(synced, 1);
  } finally {
    Deno.FsFile.prototype.syncDataSync = syncDataSync;
  }
});

Deno.test("who reads may read on when the writer ends", files, () => {
  using folder = new Folder();
  const store = Store.open(folder.data);
  store.write(rowsOf(1, 3), 0);
  {
    using reader = Store.open(folder.data, { readonly: true });
    const all = reader.all()[Symbol.iterator]();
    assertEquals(all.next().value, rowOf(1));
    store[Symbol.dispose]();
    assertEquals(numbers({ [Symbol.iterator]: () => all }), [2, 3]);
  }
  using again = Store.open(folder.data);
  assertEquals(numbers(again.all()), [1, 2, 3]);
});

Deno.test(
  "the log is copied into the file before it gets long, also if nobody syncs",
  files,
  async () => {
    using folder = new Folder();
    using store = Store.open(folder.data);
    const { size } = await Deno.stat(`${folder.data}/parley.db`);
    for (let i = 0; i < 10; i++) store.write(rowsOf(i * 100, i * 100 + 99, { size: 8_000 }), 0);
    await until(() => Deno.statSync(`${folder.data}/parley.db`).size > size);
    // Once all of it is in the file, what comes next is written at the log's beginning.
    const header = () => Deno.readFileSync(`${folder.data}/parley.db-wal`).slice(0, 32).join();
    const before = header();
    for (let i = 1; header() === before; i++) {
      assert(i < 50);
      store.write(rowsOf(i * 1_000, i * 1_000 + 399, { size: 8_000 }), 0);
      await store.sync();
    }
    const log = await Deno.stat(`${folder.data}/parley.db-wal`);
    assert(log.size < 4_000 * 4_096, `${log.size} bytes`);
  },
);

Deno.test("the log is copied also after it could not be held once", files, async () => {
  using folder = new Folder();
  using store = Store.open(folder.data);
  const { size } = await Deno.stat(`${folder.data}/parley.db`);
  const { exec } = DatabaseSync.prototype;
  let failed = 0;
  try {
    DatabaseSync.prototype.exec = function (sql) {
      if (failed > 0 || !sql.startsWith("BEGIN; ")) return exec.call(this, sql);
      failed++;
      exec.call(this, "BEGIN");
      throw new Error("disk I/O error");
    };
    store.write(rowsOf(1, 1_200, { size: 4_000 }), 0);
    await store.sync();
  } finally {
    DatabaseSync.prototype.exec = exec;
  }
  assertEquals([failed, (await Deno.stat(`${folder.data}/parley.db`)).size], [1, size]);
  await store.sync();
  assertGreater((await Deno.stat(`${folder.data}/parley.db`)).size, size);
});

Deno.test("a file from which much was let go gets smaller", files, async () => {
  using folder = new Folder();
  const size = async () => (await Deno.stat(`${folder.data}/parley.db`)).size;
  {
    using store = Store.open(folder.data);
    store.write(rowsOf(1, 3_000, { size: 4_000 }), 0);
  }
  assertGreater(await size(), 3_000 * 4_000);
  let kept: number[];
  {
    using store = Store.open(folder.data, { size: 1_000_000 });
    for (let calls = 0; store.tidy(20); calls++) {
      assertLess(calls, 1_000);
      await store.sync();
    }
    kept = numbers(store.all());
  }
  assertLess(await size(), 1_500 * 4_096);
  using again = Store.open(folder.data);
  assertEquals(numbers(again.all()), kept);
});

Deno.test(
  "while somebody reads for long, and after that, nobody waits for a copy",
  files,
  async () => {
    using folder = new Folder();
    using store = Store.open(folder.data);
    store.write(rowsOf(1, 10), 0);
    const { syncData } = Deno.FsFile.prototype;
    let syncs = 0;
    try {
      Deno.FsFile.prototype.syncData = function () {
        syncs++;
        return syncData.call(this);
      };
      {
        using reader = Store.open(folder.data, { readonly: true });
        const all = reader.all()[Symbol.iterator]();
        all.next();
        for (let turn = 1; turn <= 60; turn++) {
          store.write(rowsOf(turn * 100, turn * 100 + 99, { size: 4_000 }), 0);
          await store.sync();
        }
        all.return!();
      }
      assert(syncs < 80, `${syncs} syncs`);
      const { size } = await Deno.stat(`${folder.data}/parley.db`);
      store.write(rowsOf(10_000, 10_000), 0);
      assertEquals((await Deno.stat(`${folder.data}/parley.db`)).size, size);
      store.write(rowsOf(10_001, 11_000, { size: 4_000 }), 0);
      await store.sync();
      assertGreater((await Deno.stat(`${folder.data}/parley.db`)).size, size);
    } finally {
      Deno.FsFile.prototype.syncData = syncData;
    }
  },
);

for (
  const [what, names] of [["the file", [""]], ["the log", ["-wal"]], ["both", [
    "",
    "-wal",
  ]]] as const
) {
  Deno.test(
    `nothing is said to be kept once ${what} was deleted`,
    // Of a file that is gone nothing is closed: the process ends.
    { ...files, sanitizeResources: false },
    async () => {
      using folder = new Folder();
      const store = Store.open(folder.data);
      store.write([rowOf(1)], 0);
      await store.sync();
      for (const name of names) await Deno.remove(`${folder.data}/parley.db${name}`);
      store.write([rowOf(2)], 0);
      await assertRejects(() => store.sync(), StoreError, "it was deleted");
      await assertRejects(() => store.relieved(), StoreError, "it was deleted");
      assertThrows(() => store.write([rowOf(3)], 0), StoreError, "it was deleted");
      assert(store.fault);
      store[Symbol.dispose]();
      if (what !== "the log") return;
      // What was written to the log is saved.
      using again = Store.open(folder.data);
      assertEquals(numbers(again.all()), [1, 2]);
    },
  );
}
