import { assert, assertEquals, assertLess } from "@std/assert";
import { Words } from "../../hub/engine/sqlite/search.ts";
import { snippetOf } from "../../hub/engine/sqlite/snippet.ts";
import { Sought } from "../../hub/engine/sqlite/sought.ts";
import { Random } from "../fuzz/random.ts";
import { TestTime } from "../time.ts";
import { File, Steps } from "./file.ts";

/** Greater than all ids. */
const ALL = "Z".repeat(26);

/** Does all that there is to do. */
function settle(words: Words) {
  for (let calls = 0; words.index(1_000); calls++) assertLess(calls, 1_000);
}

/** A file in which some messages were said in a room, and are in the index. */
function fileOf(contents: string[], volume?: number) {
  const file = new File();
  const ids = contents.map((content) => file.say("#lobby", content));
  const words = new Words(file.db, volume);
  settle(words);
  /** What is found, a page after the other; and how many pages they are. */
  const find = (typed: string, limit = 100, upTo = ALL) => {
    const found: string[] = [];
    let pages = 0;
    let before: string | undefined;
    do {
      const page = words.search(file.key("#lobby"), { words: typed, before, limit }, upTo);
      found.push(...page.hits.map(({ text }) => JSON.parse(text).content));
      before = page.next;
      assertEquals(page.whole, before === undefined);
      assertLess(++pages, 10_000);
    } while (before !== undefined);
    return { found, pages };
  };
  return { file, ids, words, find, [Symbol.dispose]: () => file[Symbol.dispose]() };
}

Deno.test("a message is found by all its words, of which the last may go on there", () => {
  using room = fileOf(["hello world", "hell, a word", "world hello", "helloworld"]);
  const cases: [typed: string, ...found: string[]][] = [
    ["hello world", "world hello", "hello world"],
    ["hello wor", "world hello", "hello world"],
    ["world hell", "world hello", "hello world"],
    ["hell wor", "hell, a word"],
    ["hell", "helloworld", "world hello", "hell, a word", "hello world"],
    ["hello hello", "world hello", "hello world"],
    ["ello"],
    ["hello nobody"],
    ["nobody hello"],
  ];
  for (const [typed, ...found] of cases) assertEquals(room.find(typed).found, found, typed);
});

Deno.test("case, accents and ways of writing a letter make no difference", () => {
  const pairs: [said: string, typed: string][] = [
    ["STOP it", "Stop"],
    ["ein Café", "cafe"],
    ["ein Cafe", "CAFE\u0301"],
    ["die Straße", "STRASSE"],
    ["ΟΔΟΣ", "οδος"],
    ["Οδός", "οδοσ"],
    ["İstanbul", "istanbul"],
    ["ёлка", "Елка"],
    ["ﬁne", "fine"],
    ["𝒜𝓃𝓃", "ann"],
    ["السَّلَام", "السلام"],
    ["ｶﾞｷﾞ", "ガギ"],
    ["don't", "Don’t"],
    ["(#tag)", "tag"],
    ["a_b", "b a"],
    ["x".repeat(99), "x".repeat(98)],
    ["𝒜".repeat(99) + " end", "a".repeat(99) + " end"],
  ];
  using room = fileOf(pairs.map(([said]) => said));
  for (const [said, typed] of pairs) assert(room.find(typed).found.includes(said), typed);
  assertEquals(room.find("がぎ").found, []);
  assertEquals(room.find("x".repeat(100)).found, []);
  assertEquals(room.find(`${"x".repeat(98)} x`).found, []);
});

Deno.test("in a script without spaces, any part of a text is found", () => {
  using room = fileOf([
    "今天天气很好",
    "天气 今天",
    "iPhone用カバー",
    "학교에서 만나",
    "ภาษาไทย",
    "𠮷野家",
  ]);
  const cases: [typed: string, ...found: string[]][] = [
    ["天气", "天气 今天", "今天天气很好"],
    ["天", "天气 今天", "今天天气很好"],
    ["好", "今天天气很好"],
    ["今天天", "今天天气很好"],
    ["今天气"],
    ["气天"],
    ["今天 天气", "天气 今天", "今天天气很好"],
    ["iphone", "iPhone用カバー"],
    ["iPhone用", "iPhone用カバー"],
    ["カバ", "iPhone用カバー"],
    ["학교", "학교에서 만나"],
    ["ไทย", "ภาษาไทย"],
    ["𠮷", "𠮷野家"],
    ["野家 𠮷野", "𠮷野家"],
  ];
  for (const [typed, ...found] of cases) assertEquals(room.find(typed).found, found, typed);
});

Deno.test("an emoji is found", () => {
  using room = fileOf(["well done 🎉🎉", "👍🏽", "🇩🇪🇫🇷", "👨‍👩‍👧"]);
  const cases: [typed: string, ...found: string[]][] = [
    ["🎉", "well done 🎉🎉"],
    ["🎉 done", "well done 🎉🎉"],
    ["👍", "👍🏽"],
    ["🇫🇷", "🇩🇪🇫🇷"],
    ["👩", "👨‍👩‍👧"],
    ["🇪🇫"],
    ["🏽"],
  ];
  for (const [typed, ...found] of cases) assertEquals(room.find(typed).found, found, typed);
});

Deno.test("nothing that is typed is an instruction, and where there is no word nothing is found", () => {
  const said = 'hello there, NOT or near the "lobby"';
  using room = fileOf([said, "another"]);
  for (
    const typed of [
      '"hello',
      '"hello there"',
      "hello*",
      "-hello",
      "^hello +there",
      "NEAR(hello there)",
      "NOT hello",
      "hello OR",
      "{hello}",
      "hello''there\\",
      "hello\0there",
      "hello \ud800",
      "\u0301hello",
    ]
  ) assertEquals(room.find(typed).found, [said], typed);
  for (const typed of ["", " ", '"', "*", "'; --", "\u0301", "\ud83d", "()^:-+*{}".repeat(22)]) {
    assertEquals(room.find(typed), { found: [], pages: 1 }, typed);
  }
  const long = [..."abcdefghijklmnopqrstuvwxyz"].flatMap((a) => [`${a}a`, `${a}b`, `${a}c`]).slice(
    0,
    66,
  );
  using other = fileOf([
    long.join(" "),
    long.slice(1).join(" "),
    "字".repeat(150) + "上下".repeat(50),
  ]);
  assertEquals(other.find(long.join(" ")).found, [long.join(" ")]);
  assertEquals(other.find("字".repeat(200)).found, []);
  assertEquals(other.find("字".repeat(150)).found.length, 1);
});

Deno.test("what the index finds is what is there, page by page, for whatever is said and typed", () => {
  using _time = new TestTime();
  const random = new Random(14);
  const bits = [..."abAB 日本語が, \u0301🎉"];
  const text = (most: number) => random.some(bits, most).join("").slice(0, 200);
  using room = fileOf(Array.from({ length: 150 }, () => text(12)), 16);
  // One in three is of another room, and the last are not in the index.
  for (let i = 0; i < 50; i++) room.file.say("#other", text(12));
  for (let i = 0; i < 300; i++) {
    room.file.say(random.pick(["#lobby", "#lobby", "#other"]), text(12));
  }
  settle(room.words);
  const said = room.file.db.prepare(
    "SELECT text FROM messages WHERE channel = ? ORDER BY id DESC",
  ).all(room.file.key("#lobby")).map(({ text }) => JSON.parse(text as string).content as string);
  for (let i = 0; i < 150; i++) {
    const typed = text(5);
    const sought = new Sought(typed);
    const there = sought.empty ? [] : said.filter((content) => sought.find(content));
    const { found, pages } = room.find(typed, 7);
    assertEquals(found, there, JSON.stringify(typed));
    assertEquals(pages, Math.max(1, Math.ceil(there.length / 7)), JSON.stringify(typed));
  }
});

Deno.test("only what was said up to an id, and before another one, is found", () => {
  using room = fileOf(["one a", "one b", "one c", "one d", "one e"], 2);
  const { words, ids, file } = room;
  const find = (upTo: string, before?: string) => {
    const { hits } = words.search(file.key("#lobby"), { words: "one", limit: 9, before }, upTo);
    return hits.map(({ text }) => JSON.parse(text).content.at(-1)).join("");
  };
  assertEquals(find(ALL), "edcba");
  assertEquals(find(ids[3]!), "dcba");
  assertEquals(find(ids[3]!, ids[2]), "ba");
  assertEquals(find(ids[2]!, ids[2]), "ba");
  assertEquals(find(ids[1]!, ids[4]), "ba");
  assertEquals(find(ALL, ids[0]), "");
  const { hits, whole } = words.search(file.key("#nobody"), { words: "one", limit: 9 }, ALL);
  assertEquals({ hits, whole }, { hits: [], whole: true });
});

Deno.test("what was said a moment ago is found, also where nothing can be written", () => {
  using _time = new TestTime();
  using room = fileOf(["old hello", "old"], 1);
  room.file.say("#lobby", "new hello");
  assertEquals(room.find("hello").found, ["new hello", "old hello"]);
  assertEquals(room.file.count("SELECT value FROM facts WHERE name = 'indexed'"), 3);
  room.file.say("#lobby", "newest hello");
  room.file.say("#lobby", "newest");
  room.file.db.exec("PRAGMA query_only = 1");
  assertEquals(room.find("hello").found, ["newest hello", "new hello", "old hello"]);
  assertEquals(room.find("hello", 1).pages, 3);
  assertEquals(room.file.count("SELECT value FROM facts WHERE name = 'indexed'"), 3);
});

Deno.test("a search ends after a time, and goes on from where it was", () => {
  // The index has the parts of what is looked for in each message, and the whole in few.
  const contents = Array.from({ length: 300 }, (_, i) => i % 100 === 9 ? "今天气" : "今天 天气");
  using room = fileOf(contents.slice(0, 200), 7);
  for (const content of contents.slice(200)) room.file.say("#lobby", content);
  using steps = new Steps();
  const { found, pages } = room.find("今天气");
  assertEquals(found.length, 3);
  assert(pages > 10, "each page takes some of the time");
  assertLess(steps.count / pages, 25);
  const page = room.words.search(room.file.key("#lobby"), { words: "今天气", limit: 1 }, ALL);
  assertEquals([page.hits, page.whole], [[], false]);
  assertEquals(Number(page.next!.slice(10)), 284);
  assertLess(room.find("天天").pages, 7, "what is nowhere takes a look at each volume");
});

Deno.test("the index takes in messages for a time, one at least, and says whether there are more", () => {
  using file = new File();
  for (let i = 0; i < 100; i++) file.say("#lobby", `word${i}`);
  const words = new Words(file.db, 30);
  const indexed = () => file.count("SELECT coalesce(max(rowid), 0) FROM words");
  using steps = new Steps();
  assertEquals(words.index(0), true);
  assertEquals(indexed(), 1);
  assertEquals(words.index(20), true);
  assertEquals(indexed(), 11);
  let calls = 0;
  while (words.index(20)) assertLess(++calls, 100);
  assertEquals(indexed(), 100);
  const volumes = file.db.prepare("SELECT first, messages FROM volumes ORDER BY first").all();
  assertEquals(volumes.map(({ first }) => first), [1, 31, 61, 91]);
  assertEquals(volumes.map(({ messages }) => messages), [30, 30, 30, 10]);
  const count = steps.count;
  assertEquals(words.index(20), false);
  assertLess(steps.count - count, 4);
});

Deno.test("the index is merged, in small steps", () => {
  using file = new File();
  const words = new Words(file.db);
  const segments = () => file.count("SELECT count(DISTINCT segid) FROM words_idx");
  for (let i = 0; i < 100; i++) {
    file.say("#lobby", `word${i}`);
    settle(words);
    assertLess(segments(), 20);
  }
});

Deno.test("a snippet shows what was found first and what is about it, and cuts no character", () => {
  const snippet = (typed: string, text: string) => snippetOf(text, new Sought(typed).find(text)!);
  assertEquals(snippet("hello", "hello"), ["", "hello", ""]);
  assertEquals(snippet("hello b", "Oh, Hello! B and hello"), [
    "Oh, ",
    "Hello",
    "! ",
    "B",
    " and ",
    "hello",
    "",
  ]);
  assertEquals(snippet("日本 本語", "の日本語"), ["の", "日本", "", "語", ""]);
  assertEquals(snippet("日 日", "日本"), ["", "日", "本"]);
  assertEquals(snippet("グ", "ｶﾞ グ"), ["ｶﾞ ", "グ", ""]);
  assertEquals(snippet("e", "e\u0301"), ["", "e\u0301", ""]);
  assertEquals(snippet("👍", "ok 👍🏽!"), ["ok ", "👍🏽", "!"]);
  assertEquals(snippet("ガ", "xｶﾞy ガｶﾞ"), ["x", "ｶﾞ", "y ", "ガｶﾞ", ""]);
  const x = "x".repeat(99);
  const about = [`…${"x".repeat(39)} `, "hi", ` ${"x".repeat(117)}…`];
  assertEquals(snippet("hi", `${x} hi ${x}${x} hi`), about);
  assertEquals(snippet("hi", `${x} ${x} hi`), [`…${"x".repeat(57)} ${x} `, "hi", ""]);
  const family = "👨‍👩‍👧‍👦";
  const [before, found, after] = snippet("hi", `${family.repeat(20)} hi ${family.repeat(20)}`);
  assertEquals([before, found, after], [`…${family.repeat(3)} `, "hi", ` ${family.repeat(11)}…`]);
  assertEquals(snippet("hi", `hi${"x".repeat(300)}`), ["", `hi${"x".repeat(158)}`, "…"]);
  const accents = "\u0301".repeat(300);
  assertEquals(snippet("hi", `a${accents} hi`), ["… ", "hi", ""]);
  assertEquals(snippet("hi", `hi${accents}`), ["", "h", "…"]);
});
