/** How a store is opened, and what is said where that cannot be. */
import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../hub/engine/sqlite/open.ts";
import { VERSIONS } from "../../hub/engine/sqlite/schema.ts";
import { Store, StoreError, type StoreOptions } from "../../hub/engine/sqlite/store.ts";
import { granted, programs, within } from "../support.ts";
import { Folder } from "./folder.ts";
import { idOf, rowsOf } from "./rows.ts";

const files = { ignore: !granted("read", "write") };

/** Why a store cannot be opened: a line. */
function refusal(directory: string, options?: StoreOptions): string {
  const { message } = assertThrows(() => Store.open(directory, options), StoreError);
  assertMatch(message, /^Cannot (open|read|keep data in) [^\n]+: [^\n]+$/);
  return message;
}

/** A store with some messages, which is closed. */
function filled(folder: Folder, count = 3): string {
  using store = Store.open(folder.data);
  store.write(rowsOf(1, count, { size: 1_000 }), 0);
  return store.random;
}

/** Changes bytes of a file. */
function scribble(file: string, at: number, length: number) {
  using opened = Deno.openSync(file, { write: true });
  opened.seekSync(at, Deno.SeekMode.Start);
  opened.writeSync(new Uint8Array(length).fill(0x55));
}

Deno.test("a directory is made, for nobody else to look into", files, () => {
  using folder = new Folder();
  filled(folder);
  if (Deno.build.os !== "windows") assertEquals(Deno.statSync(folder.data).mode! & 0o777, 0o700);
});

Deno.test("a directory that cannot be had is told in a line", files, () => {
  using folder = new Folder();
  assertMatch(refusal(`${folder.data}/deep`), /make the directory above it first$/);
  assertMatch(
    refusal(folder.data, { readonly: true }),
    /: it holds no data: name another directory$/,
  );
  assertEquals([...Deno.readDirSync(folder.path)], []);
  Deno.writeTextFileSync(folder.data, "");
  assertMatch(refusal(folder.data), /: it is a file: name a directory$/);
  assertMatch(refusal(`${folder.data}/deep`), /Not a directory/);
});

Deno.test("a directory in which the system lets nobody write is told in a line", {
  ignore: files.ignore || Deno.build.os !== "linux",
}, () => {
  assertMatch(
    refusal("/sys/parley"),
    /: the system does not let this user read and write it: give/,
  );
});

Deno.test("a directory that this process may not use is told with the flags for it", {
  permissions: { read: false, write: false },
}, () => {
  assertMatch(refusal("/none"), /start it by deno run --allow-read=\/none --allow-write=\/none$/);
  assertMatch(refusal("/none", { readonly: true }), /start it by deno run --allow-read=\/none$/);
});

Deno.test("one process has it at a time, also once it was killed", programs, async () => {
  using folder = new Folder();
  const module = new URL("writer.ts", import.meta.url).href;
  const args = ["run", "-A", module, folder.data, "1"];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: said } = await within(reader.read(), "a writer");
  assertMatch(refusal(folder.data), /: another process does: end that one, or name another/);
  {
    using other = Store.open(folder.data, { readonly: true });
    assertEquals([...other.all()][0]?.id, idOf(1));
  }
  child.kill("SIGKILL");
  let rest = said!;
  for (let read; !(read = await reader.read()).done;) rest += read.value;
  await child.status;
  using store = Store.open(folder.data);
  const last = Number(/ (\d+)\n[^\n]*$/.exec(rest)![1]);
  const ids = [...store.all()].map(({ id }) => id);
  assertEquals(ids.slice(0, last), Array.from({ length: last }, (_, i) => idOf(i + 1)));
});

Deno.test("a file of another program, or of a newer version, is left as it is", files, () => {
  using folder = new Folder();
  Deno.mkdirSync(folder.data);
  const file = `${folder.data}/parley.db`;
  const change = (sql: string) => {
    const db = new DatabaseSync(file);
    db.exec(sql);
    db.close();
    return Deno.readFileSync(file);
  };
  let before = change("CREATE TABLE birds (name TEXT)");
  for (const options of [{}, { repair: true }, { readonly: true }]) {
    assertMatch(
      refusal(folder.data, options),
      /: another program wrote it: name another directory$/,
    );
  }
  assertEquals(Deno.readFileSync(file), before);
  Deno.removeSync(file);
  filled(folder);
  before = change(`PRAGMA user_version = ${VERSIONS.length + 1}`);
  for (const options of [{}, { repair: true }, { readonly: true }]) {
    assertMatch(
      refusal(folder.data, options),
      /: a newer Parley wrote it \(version \d+, .*start that/,
    );
  }
  assertEquals(Deno.readFileSync(file), before);
});

Deno.test("a file of an older version becomes one of this, or stays what it is", files, () => {
  using folder = new Folder();
  filled(folder);
  const file = `${folder.data}/parley.db`;
  const newer = [...VERSIONS, "ALTER TABLE channels ADD COLUMN topic TEXT NOT NULL DEFAULT 'any'"];
  const topics = "SELECT topic FROM channels";
  assertThrows(
    () => openDatabase(file, { versions: newer, readonly: true }),
    StoreError,
    "an older Parley wrote it: start the server once",
  );
  assertThrows(() => openDatabase(file, { versions: [...newer, "no SQL"] }), StoreError, "syntax");
  let db = openDatabase(file);
  assertThrows(() => db.prepare(topics), Error, "no such column");
  db.close();
  db = openDatabase(file, { versions: newer });
  assertEquals(db.prepare(topics).all().map(({ topic }) => topic), ["any"]);
  assertEquals(db.prepare("SELECT count(*) AS count FROM messages").get()!.count, 3);
  db.close();
  assertMatch(refusal(folder.data), /a newer Parley wrote it/);
});

for (
  const [what, damage] of [
    ["is no SQLite file", (file) => scribble(file, 0, 100)],
    ["is damaged inside", (file) => scribble(file, 4096, 20 * 4096)],
    ["has lost its end", (file) => Deno.truncateSync(file, 8192)],
  ] as [string, (file: string) => void][]
) {
  Deno.test(`a file that ${what} is moved aside by repair only`, files, () => {
    using folder = new Folder();
    const random = filled(folder, 200);
    const file = `${folder.data}/parley.db`;
    damage(file);
    const before = Deno.readFileSync(file);
    for (const options of [{}, { readonly: true }]) {
      assertMatch(
        refusal(folder.data, options),
        /: it is damaged \(.+\): restore a backup, or .*--repair/,
      );
    }
    assertEquals(Deno.readFileSync(file), before);
    {
      using store = Store.open(folder.data, { repair: true });
      assertMatch(store.movedAside!, /parley\.db\.corrupt-\d{4}-\d\d-\d\dT\d+\.\d+Z$/);
      assertEquals(Deno.readFileSync(store.movedAside!), before);
      assertNotEquals(store.random, random);
      assertEquals([[...store.all()], store.roomCount], [[], 0]);
    }
    using store = Store.open(folder.data, { repair: true });
    assertEquals(store.movedAside, undefined);
  });
}

/** Leaves a file and its log as a store has them whose process was ended. */
async function killed({ path, data }: Folder) {
  using store = Store.open(`${path}/live`);
  for (const from of [1, 1_001, 2_001]) {
    store.write(rowsOf(from, from + 999, { size: 5_000 }), 0);
    await store.sync();
  }
  await Deno.mkdir(data);
  for (const name of ["parley.db", "parley.db-wal"]) {
    await Deno.copyFile(`${path}/live/${name}`, `${data}/${name}`);
  }
}

/** What is in the file and in its log. */
function both(path: string): Uint8Array[] {
  return [path, `${path}-wal`].map((name) => Deno.readFileSync(name));
}

Deno.test("what cannot be opened stays as it is, with its log", files, async () => {
  using folder = new Folder();
  await killed(folder);
  const file = `${folder.data}/parley.db`;
  scribble(file, 4096, 20 * 4096);
  const before = both(file);
  for (const options of [{ readonly: true }, {}]) {
    assertMatch(refusal(folder.data, options), /: it is damaged \(/);
    assertEquals(both(file), before);
  }
  using store = Store.open(folder.data, { repair: true });
  assertEquals(both(store.movedAside!), before);
});

Deno.test("a log without its file is not thrown away", files, async () => {
  using folder = new Folder();
  await killed(folder);
  const file = `${folder.data}/parley.db`;
  const log = await Deno.readFile(`${file}-wal`);
  const refused = async (options: StoreOptions) => {
    assertMatch(refusal(folder.data, options), /: it is damaged \(malformed: its log is there/);
    assertEquals(await Deno.readFile(`${file}-wal`), log);
  };
  await Deno.truncate(file);
  await refused({ readonly: true });
  await refused({});
  await Deno.remove(file);
  await refused({});
  using store = Store.open(folder.data, { repair: true });
  assertEquals(await Deno.readFile(`${store.movedAside}-wal`), log);
});

Deno.test("damage that is met later is told, and repair finds it", files, () => {
  using folder = new Folder();
  filled(folder, 2_000);
  const file = `${folder.data}/parley.db`;
  const db = new DatabaseSync(file);
  const leaves = "SELECT pageno FROM dbstat WHERE name = 'messages' AND pagetype = 'leaf'";
  const { pageno } = db.prepare(`${leaves} ORDER BY pageno LIMIT 1 OFFSET 50`).get()!;
  db.close();
  scribble(file, (Number(pageno) - 1) * 4096, 4096);
  {
    using store = Store.open(folder.data);
    const read = () => [...store.all()];
    const { message } = assertThrows(read, StoreError);
    assertMatch(message, /^Cannot read \S+: it is damaged \(.+\): restore a backup, or .*--repair/);
    assert(store.page("#r0", { limit: 1 }, "~").rows.length === 1);
  }
  using store = Store.open(folder.data, { repair: true });
  assert(store.movedAside);
});
