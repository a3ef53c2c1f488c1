import { assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import type { Channel } from "../../hub/engine/engine.ts";
import { Pages } from "../../hub/engine/sqlite/pages.ts";
import { Words } from "../../hub/engine/sqlite/search.ts";
import { type Bounds, Trim } from "../../hub/engine/sqlite/trim.ts";
import { Writer } from "../../hub/engine/sqlite/writer.ts";
import { TestTime } from "../time.ts";
import { File, START, Steps } from "./file.ts";

/** Does all that there is to do. */
function settle(step: () => boolean) {
  for (let calls = 0; step(); calls++) assertLess(calls, 1_000);
}

/** What is kept, in the order in which it was said. */
function kept({ db }: File): string[] {
  const rows = db.prepare("SELECT text FROM messages ORDER BY seq").all();
  return rows.map(({ text }) => JSON.parse(text as string).content);
}

/** Lets go of what is over the bounds. @returns who lost what */
function trim({ db }: File, bounds: Bounds): Record<string, string> {
  const trim = new Trim(db, bounds);
  settle(() => trim.step(1_000));
  for (const [name, id] of trim.losses) {
    assertEquals(db.prepare("SELECT lost FROM channels WHERE name = ?").get(name)!.lost, id);
  }
  return Object.fromEntries(trim.losses);
}

Deno.test("messages that are too old go, and what was the newest stays known", () => {
  using file = new File();
  using time = new TestTime(START);
  const ids = ["#a 0", "#b 1", "#a 2", "@c 3", "#b 4"].map((said) => file.say(...split(said)));
  const keep = { milliseconds: 60_000 };
  time.tick(60_000);
  assertEquals(trim(file, { keep }), {});
  time.tick(1);
  assertEquals(trim(file, { keep }), { "#a": ids[0]! });
  time.tick(2_000);
  assertEquals(trim(file, { keep }), { "#a": ids[2]!, "#b": ids[1]! });
  assertEquals(kept(file), ["3", "4"]);
  time.tick(60_000);
  assertEquals(trim(file, { keep }), { "@c": ids[3]!, "#b": ids[4]! });
  assertEquals(kept(file), []);
  assertEquals(
    file.db.prepare("SELECT name, lost FROM channels ORDER BY name").all().map((row) => ({
      ...row,
    })),
    [
      { name: "#a", lost: ids[2]! },
      { name: "#b", lost: ids[4]! },
      { name: "@c", lost: ids[3]! },
    ],
  );
});

Deno.test("of many channels with nothing left is known that any of them may have lost something", () => {
  using file = new File();
  using time = new TestTime(START);
  file.db.exec("INSERT INTO facts VALUES ('lease', 0)");
  const writer = new Writer(file.db);
  const pages = new Pages(file.db);
  const words = new Words(file.db);
  const ids = ["#b 0", "@c 1", "#a 2", "#a 3", "#d 4"].map((said) => file.say(...split(said)));
  settle(() => words.index(1_000));
  const trim = new Trim(file.db, { keep: { milliseconds: 1 } }, 1);
  const state = () => [trim.emptied, file.count("SELECT count(*) FROM channels")];
  time.tick(1_002);
  settle(() => trim.step(1_000));
  assertEquals(state(), [1, 3]);
  assertEquals(pages.past("@c"), { newest: ids[1]!, lost: ids[1]!, floor: ids[1]! });
  assertEquals(pages.past("#b"), { newest: "", lost: "", floor: ids[0]! });
  time.tick(2_000);
  settle(() => trim.step(1_000));
  assertEquals(state(), [2, 2]);
  assertEquals(pages.past("#a").floor, ids[3]);
  for (const channel of ["@c", "#b", "#never"]) {
    assertEquals(pages.past(channel as Channel), { newest: "", lost: "", floor: ids[1]! });
  }
  assertEquals(file.count("SELECT count(*) FROM volumes"), 2);
  // What is said there goes on with that, and what is imported may be older.
  const write = (channel: Channel, id: string) => writer.write([{ channel, id, text: "{}" }], 0);
  assertEquals([write("#a", ids[4]!), write("#b", ids[4]!), write("@c", ids[0]!)], [1, 1, 0]);
  assertEquals(pages.past("#b"), { newest: ids[4]!, lost: ids[1]!, floor: ids[1]! });
  assertEquals(pages.past("@c"), { newest: ids[0]!, lost: "", floor: "" });
  assertEquals([write("#a", ids[3]!), pages.countRooms()], [0, 3]);
});

Deno.test("messages are as old as the clock says, also where their ids are ahead of it", () => {
  using file = new File();
  using time = new TestTime(START);
  const ids = [0, 1_000].map((said) => file.say("#a", `${said}`, START + said, 86_400_000));
  time.tick(60_001);
  assertEquals(trim(file, { keep: { milliseconds: 60_000 } }), { "#a": ids[0]! });
  assertEquals(kept(file), ["1000"]);
});

Deno.test("of each channel only the newest are kept, however they came and went", () => {
  using file = new File();
  using time = new TestTime(START);
  const keep = { messages: 3 };
  const said = (from: number, to: number) => {
    for (let i = from; i <= to; i++) file.say(i % 10 === 0 ? "#quiet" : "#busy", `${i}`);
  };
  said(1, 25);
  assertEquals(Object.keys(trim(file, { keep })), ["#busy"]);
  assertEquals(kept(file), ["10", "20", "23", "24", "25"]);
  // Some are let go before they are counted, and some after that.
  said(26, 39);
  time.tick(27_000);
  trim(file, { keep: { milliseconds: 1 } });
  assertEquals(kept(file)[0], "28");
  said(40, 41);
  trim(file, { keep });
  assertEquals(kept(file), ["30", "38", "39", "40", "41"].sort());
  time.tick(12_000);
  trim(file, { keep: { milliseconds: 1, messages: 3 } });
  assertEquals(kept(file), ["40", "41"]);
  said(42, 43);
  assertEquals(trim(file, { keep }), {});
  said(44, 45);
  trim(file, { keep: { ...keep, milliseconds: 60_000 } });
  assertEquals(kept(file), ["40", "43", "44", "45"]);
  said(50, 2_500);
  const trimmed = Object.keys(trim(file, { keep }));
  assertEquals(trimmed.sort(), ["#busy", "#quiet"]);
  assertEquals(kept(file), ["2480", "2490", "2497", "2498", "2499", "2500"]);
  assertEquals(file.count("SELECT sum(kept) FROM channels"), 6);
  trim(file, { keep: { messages: 0 } });
  assertEquals(kept(file), []);
});

Deno.test("words of what is let go leave the index", () => {
  using file = new File();
  using time = new TestTime(START);
  const words = new Words(file.db, 50);
  for (let i = 0; i < 300; i++) {
    file.say("#lobby", `common word${i}`);
    if (i < 290) settle(() => words.index(1_000));
  }
  file.db.exec("CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, words, row)");
  time.tick(295_002);
  const ids = trim(file, { keep: { milliseconds: 1 } });
  const find = (typed: string) =>
    words.search(file.key("#lobby"), { words: typed, limit: 9 }, "Z".repeat(26)).hits.length;
  assertEquals([find("common"), find("word294"), find("word295")], [4, 0, 0]);
  assertEquals(file.count("SELECT count(*) FROM words"), 4);
  settle(() => words.index(1_000));
  assertLess(file.count("SELECT count(*) FROM terms"), 100);
  assertEquals(Object.keys(ids), ["#lobby"]);
  time.tick(60_000);
  trim(file, { keep: { milliseconds: 1 } });
  file.say("#lobby", "common again");
  settle(() => words.index(1_000));
  assertEquals(find("common"), 1);
});

Deno.test("everything stays below a size, however long people talk", async () => {
  const directory = await Deno.makeTempDir();
  try {
    using file = new File(`${directory}/parley.db`);
    file.db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
    const words = new Words(file.db);
    const size = 1024 * 1024;
    const trim = new Trim(file.db, { size });
    let most = 0;
    for (let i = 0; i < 6_000; i++) {
      if (i % 100 === 0) file.db.exec("BEGIN");
      file.say(`#${i % 7}`, `${"some words ".repeat(20)} ${i} ${(i * 7919) % 10_007}`);
      if (i % 100 < 99) continue;
      file.db.exec("COMMIT");
      settle(() => words.index(5));
      settle(() => trim.step(5));
      most = Math.max(most, (await Deno.stat(`${directory}/parley.db`)).size);
    }
    assertLess(most, 1.1 * size);
    const messages = file.count("SELECT count(*) FROM messages");
    assertGreater(messages, 1_500);
    assertEquals(file.count("SELECT max(seq) - min(seq) + 1 FROM messages"), messages);
    assertEquals(trim.losses.size, 7);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("trimming and counting end after a time, and go on", () => {
  using file = new File();
  for (let i = 0; i < 2_500; i++) file.say("#lobby", "x");
  const trim = new Trim(file.db, { keep: { messages: 2_000 } });
  using steps = new Steps();
  const calls: number[] = [];
  let more = true;
  while (more) {
    assertLess(calls.length, 100);
    const began = steps.count;
    more = trim.step(1);
    assertLess(steps.count - began, 5);
    calls.push(file.count("SELECT count(*) FROM messages"));
  }
  assertEquals(calls.slice(7, 10), [2_500, 2_468, 2_436]);
  assertEquals(calls.at(-1), 2_000);
  assertEquals(trim.step(0), false);
});

Deno.test("nobody is told a loss that did not come to be", () => {
  using file = new File();
  for (let i = 0; i < 40; i++) file.say("#lobby", `${i}`);
  file.db.exec(`CREATE TRIGGER full BEFORE DELETE ON messages WHEN old.seq = 39
    BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  const trim = new Trim(file.db, { size: 1 });
  assertThrows(() => trim.step(1_000), Error, "disk full");
  assertEquals(kept(file).length, 40);
  assertEquals([...trim.losses], []);
  file.db.exec("DROP TRIGGER full");
  settle(() => trim.step(1_000));
  assertEquals(kept(file), []);
  assertEquals([...trim.losses.keys()], ["#lobby"]);
});

/** A channel, and what is said there. */
function split(said: string): [channel: string, content: string] {
  const [channel, content] = said.split(" ");
  return [channel!, content!];
}
