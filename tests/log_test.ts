import { assert, assertEquals, assertStrictEquals, assertThrows, fail } from "@std/assert";
import { monotonicUlid } from "@std/ulid";
import { Feed } from "../hub/log/feed.ts";
import type { Archive, Query } from "../hub/log/archive.ts";
import { type Batch, type Entry, entryOf, type Place } from "../hub/log/batch.ts";
import { Log, type LogOptions } from "../hub/log/log.ts";
import { Ticker } from "../hub/log/tick.ts";
import { TestLoop } from "./loop.ts";
import { now, within } from "./support.ts";

function chat(content: string): Entry {
  const timestamp = new Date().toISOString();
  return entryOf({ type: "chat", username: "ann", content, timestamp, id: monotonicUlid() });
}

function notice(): Entry {
  const timestamp = new Date().toISOString();
  const id = monotonicUlid();
  return entryOf({ type: "join", username: "ann", content: "came", timestamp, id, room: "r" });
}

/** The place of a reader who has read everything up to an id. */
const at = (id: string) => ({ after: id, heard: id });

/** What a feed gives next. */
async function heard(feed: Feed): Promise<Batch> {
  let batch: Batch | undefined;
  while (!batch) {
    await within(feed.next(), "the feed");
    batch = feed.take();
  }
  return batch;
}

function filled(log: Log, count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => {
    const entry = chat(String(i));
    log.append(entry);
    return entry;
  });
}

Deno.test("Log.read() gives what comes after a place, in order", () => {
  const log = new Log();
  const [a, b, c] = filled(log, 3);
  assertEquals(now(log.read(at(""))).entries, [a!, b!, c!]);
  assertEquals(now(log.read(at(a!.id))).entries, [b!, c!]);
  assertEquals(now(log.read(at(c!.id))).entries, []);
});

Deno.test("Log.read() joins a text once for all readers at one place", () => {
  const log = new Log();
  const [a, b, c] = filled(log, 3);
  const batch = now(log.read(at(a!.id)));
  assertStrictEquals(now(log.read(at(a!.id))), batch);
  assertEquals(batch.text, `${b!.text}\n${c!.text}`);
});

Deno.test("Log.read() gives at most a frame of 64 KiB at a time", () => {
  const log = new Log();
  const long = Array.from({ length: 40 }, () => chat("é".repeat(2_000)));
  for (const entry of long) log.append(entry);
  let after = "";
  const read: Entry[] = [];
  while (true) {
    const { entries, text } = now(log.read(at(after)));
    if (entries.length === 0) break;
    assert(new TextEncoder().encode(text).length <= 64 * 1024);
    read.push(...entries);
    after = entries.at(-1)!.id;
  }
  assertEquals(read, long);
});

Deno.test("Log.append() lets the oldest chat messages go beyond the history, and says so", () => {
  const log = new Log({ history: 3 });
  const [a, b, c, d, e] = filled(log, 5);
  assertEquals(log.lost, b!.id);
  assertEquals(now(log.read(at(a!.id))).gap, true);
  assertEquals(now(log.read(at(a!.id))).entries, [c!, d!, e!]);
  assertEquals(now(log.read(at(b!.id))).gap, false);
  assertEquals(log.head, e!.id);
});

Deno.test("Log.append() lets the oldest chat messages go beyond the size in bytes", () => {
  const log = new Log({ size: 10_000 });
  for (let i = 0; i < 100; i++) log.append(chat("é".repeat(500)));
  assert(log.bytes <= 10_000);
  assertEquals(
    now(log.read(at(""))).entries.length,
    Math.floor(10_000 / chat("é".repeat(500)).bytes),
  );
});

Deno.test("Log.append() never lets a chat message go for a notice", () => {
  const log = new Log({ history: 3 });
  const said = filled(log, 3);
  for (let i = 0; i < 1_000; i++) log.append(notice());
  assertEquals(now(log.page({ limit: 200 })).entries, said);
  assertEquals(log.lost, "");
  const { entries } = now(log.read(at("")));
  assertEquals(entries.filter(({ type }) => type === "join").length, 256);
});

Deno.test("Log.read() leaves out notices from before a reader came, and keeps the order after", () => {
  const log = new Log();
  log.append(notice());
  const [a] = filled(log, 1);
  const old = notice();
  log.append(old);
  const place = { after: "", heard: log.end.heard };
  const [b] = filled(log, 1);
  const fresh = notice();
  log.append(fresh);
  const [c] = filled(log, 1);
  assertEquals(now(log.read(place)).entries, [a!, b!, fresh, c!]);
});

Deno.test("Log.before() is the place before the newest messages", () => {
  const log = new Log({ history: 3 });
  const said = filled(log, 4);
  const newest = (count: number) => now(log.read(at(now(log.before(count)))));
  assertEquals(newest(1).entries, said.slice(3));
  assertEquals(newest(2).entries, said.slice(2));
  assertEquals([newest(200).entries.length, newest(200).gap], [3, false]);
});

Deno.test("Log.isNear() counts what is older than what is held", () => {
  const log = new Log({ history: 3 });
  const said: Entry[] = [];
  const count = (since: string, most: number) =>
    Math.min(most, said.filter(({ id }) => id > since).length);
  const other = () => fail("nothing is read");
  log.begin({ newest: "", lost: "", floor: "", archive: { count, page: other, before: other } });
  said.push(...filled(log, 8));
  assertEquals([4, 3].map((most) => now(log.isNear(said[0]!.id, most))), [true, false]);
});

Deno.test("Log.page() goes forward from `since` and backward from the end or `before`", () => {
  const log = new Log();
  log.begin({ newest: "", lost: "", floor: "0" });
  const all = filled(log, 10);
  const [a, b, c] = all;
  const page = (query: Query) => {
    const { entries, whole, ...past } = now(log.page(query));
    assertEquals(past, { newest: all.at(-1)!.id, lost: "", floor: "0" });
    return { entries, whole };
  };
  assertEquals(page({ limit: 3 }), { entries: all.slice(7), whole: false });
  assertEquals(page({ limit: 10 }), { entries: all, whole: true });
  assertEquals(page({ since: a!.id, limit: 2 }), { entries: [b!, c!], whole: false });
  assertEquals(page({ before: c!.id, limit: 5 }), { entries: [a!, b!], whole: true });
  assertEquals(page({ before: c!.id, limit: 1 }), { entries: [b!], whole: false });
  assertEquals(page({ since: a!.id, before: c!.id, limit: 5 }), { entries: [b!], whole: true });
  assertEquals(page({ since: c!.id, before: a!.id, limit: 5 }), { entries: [], whole: true });
});

/** A log whose window begins behind so many messages, and an archive that has them all. */
function archived(count: number, options: LogOptions = {}) {
  const kept = Array.from({ length: count }, (_, i) => chat(String(i)));
  let lost = "";
  let asked = 0;
  const known = () => ({ newest: kept.at(-1)?.id ?? lost, lost, floor: lost || "0" });
  const archive: Archive = {
    page({ since = "", before = "~", limit }) {
      asked++;
      const all = kept.filter(({ id }) => id > since && id < before);
      const entries = since === "" ? all.slice(-limit) : all.slice(0, limit);
      return { entries, whole: entries.length === all.length, ...known() };
    },
    count(since, most) {
      asked++;
      return Math.min(most, kept.filter(({ id }) => id > since).length);
    },
    before(count) {
      asked++;
      return kept.at(-count - 1)?.id ?? known().floor;
    },
  };
  const log = new Log(options);
  log.begin({ ...known(), archive });
  return {
    log,
    kept,
    /** How often the archive was asked. */
    asked: () => asked,
    say(): Entry {
      const entry = chat("new");
      kept.push(entry);
      log.append(entry);
      return entry;
    },
    /** Keeps no more than the newest. */
    keep(most: number) {
      for (const { id } of kept.splice(0, kept.length - most)) lost = id;
    },
    /** All that is read from a place on. */
    from(place: Place) {
      const entries: Entry[] = [];
      const gaps: string[] = [];
      for (let at = place; !log.isRead(at);) {
        const batch = now(log.read(at));
        if (batch.gap) gaps.push(batch.at);
        entries.push(...batch.entries);
        at = batch.next;
      }
      return { entries, gaps };
    },
    lost: () => lost,
  };
}

Deno.test("Log.read() goes on from the archive to what is held, as if there were no seam", () => {
  const { log, kept, from, say } = archived(5, { history: 2 });
  assertEquals([log.head, log.lost, log.isRead(at(kept[4]!.id))], [kept[4]!.id, "", true]);
  assertEquals(from(at(kept[3]!.id)), { entries: [kept[4]!], gaps: [] });
  for (let i = 0; i < 4; i++) {
    say();
    for (const [n, { id }] of kept.entries()) {
      assertEquals(from(at(id)), { entries: kept.slice(n + 1), gaps: [] });
    }
  }
  assertEquals([log.lost, log.floor], ["", "0"]);
});

Deno.test("Log.read() puts notices among what comes from the archive", () => {
  const { log, kept, say, from } = archived(2, { history: 1 });
  const place = { after: kept[0]!.id, heard: log.end.heard };
  const came = notice();
  log.append(came);
  const said = [say(), say()];
  assertEquals(from(place).entries, [kept[1], came, ...said]);
});

Deno.test("Log.read() tells what is kept no longer as one gap, in the archive and in the window", () => {
  const { log, kept, keep, lost, from, say } = archived(5, { history: 4 });
  const first = at(kept[0]!.id);
  keep(2);
  log.lose(lost());
  assertEquals(from(first), { entries: kept, gaps: [lost()] });
  assertEquals([log.lost, log.floor, log.head], [lost(), lost(), kept[1]!.id]);
  for (let i = 0; i < 3; i++) say();
  keep(2);
  log.lose(lost());
  assertEquals(from(first), { entries: kept, gaps: [lost()] });
  assertEquals(from(at(lost())), { entries: kept, gaps: [] });
  // Word of it that comes late changes nothing.
  log.lose(first.after);
  assertEquals([log.lost, log.bytes], [lost(), kept[0]!.bytes + kept[1]!.bytes]);
  keep(0);
  log.lose(lost());
  assertEquals([log.head, log.bytes], ["", 0]);
  assertEquals(from(first), { entries: [], gaps: [lost()] });
});

Deno.test("Log.read() sees that all is gone also before word of it comes", () => {
  const { log, kept, keep, lost, from, say } = archived(3);
  const first = at(kept[0]!.id);
  keep(0);
  const held = say();
  assertEquals([log.lost, from(first)], ["", { entries: [held], gaps: [lost()] }]);
  // Even if it never comes.
  const silent = archived(3);
  const [begun, , newest] = silent.kept.splice(0);
  assertEquals(silent.from(at(begun!.id)), { entries: [], gaps: [newest!.id] });
});

Deno.test("Log asks its archive for what it does not hold, and for no more", () => {
  const { log, kept, asked, say } = archived(5, { history: 3 });
  for (let i = 0; i < 3; i++) say();
  const place = (count: number) => now(log.before(count));
  const near = (n: number, most: number) => now(log.isNear(kept[n]!.id, most));
  const page = (query: Query) => now(log.page(query)).entries;
  assertEquals([place(1), place(2), place(3)], [kept[6]!.id, kept[5]!.id, kept[4]!.id]);
  assertEquals([near(4, 0), near(7, 0)], [true, true]);
  assertEquals(page({ limit: 3 }), kept.slice(5));
  assertEquals(page({ limit: 2, before: kept[7]!.id }), kept.slice(5, 7));
  assertEquals(page({ limit: 9, since: kept[4]!.id }), kept.slice(5));
  assertEquals(now(log.page({ limit: 9, since: kept[4]!.id })).whole, true);
  assertEquals(now(log.page({ limit: 3 })).whole, false);
  assertEquals(asked(), 0);
  assertEquals([place(4), place(7), place(8), place(9)], [kept[3]!.id, kept[0]!.id, "0", "0"]);
  assertEquals([near(2, 2), near(2, 1)], [true, false]);
  assertEquals(page({ limit: 4 }), kept.slice(4));
  assertEquals(page({ limit: 3, before: kept[7]!.id }), kept.slice(4, 7));
  assertEquals(page({ limit: 2, since: kept[3]!.id }), kept.slice(4, 6));
  assertEquals(asked(), 9);
});

Deno.test("Feed gives what is appended in one turn as one batch", async () => {
  const log = new Log();
  using feed = closing(new Feed());
  feed.follow(log);
  filled(log, 1);
  assertEquals((await heard(feed)).entries.length, 1);
  // The server is busy from now on: what comes until the next turn is read together.
  const rest = filled(log, 5);
  assertEquals((await heard(feed)).entries, rest);
});

Deno.test("Feed reads several logs, each in its order, until it leaves them", async () => {
  const [one, two] = [new Log({ room: "one" }), new Log({ room: "two" })];
  using feed = closing(new Feed());
  feed.follow(one);
  feed.follow(two);
  const [a] = filled(one, 1);
  const [b] = filled(two, 1);
  assertEquals((await heard(feed)).entries, [a!]);
  assertEquals((await heard(feed)).entries, [b!]);
  feed.unfollow(one);
  assertEquals([one.readers, two.readers], [0, 1]);
  filled(one, 1);
  const [c] = filled(two, 1);
  assertEquals((await heard(feed)).entries, [c!]);
});

Deno.test("Feed gives every log its turn, however busy one is", async () => {
  // So small that every message wakes at once.
  const [busy, quiet] = [
    new Log({ room: "busy", history: 4 }),
    new Log({ room: "quiet", history: 4 }),
  ];
  using feed = closing(new Feed());
  feed.follow(busy);
  feed.follow(quiet);
  filled(busy, 1);
  filled(quiet, 1);
  const rooms = [];
  for (let i = 0; i < 3; i++) {
    rooms.push((await heard(feed)).room);
    filled(busy, 1);
  }
  assertEquals(rooms, ["busy", "quiet", "busy"]);
});

Deno.test("Feed.take() fails where a log cannot be read, and not who wrote to it", async () => {
  const log = new Log({ history: 4 });
  using feed = closing(new Feed());
  feed.follow(log);
  const next = feed.next();
  log.read = () => {
    throw new Error("sabotage in read");
  };
  filled(log, 1);
  await within(next, "the feed");
  assertThrows(() => feed.take(), Error, "sabotage in read");
});

Deno.test("Feed tells a gap once, also when nothing is left behind it", async () => {
  const log = new Log({ history: 2 });
  using feed = closing(new Feed());
  feed.follow(log);
  const said = filled(log, 5);
  const batch = await heard(feed);
  assertEquals([batch.gap, batch.entries], [true, said.slice(3)]);
  const [next] = filled(log, 1);
  const after = await heard(feed);
  assertEquals([after.gap, after.entries], [false, [next!]]);
});

Deno.test("Feed asks a log that it has read to the end for nothing", async () => {
  const [busy, quiet] = [new Log({ room: "busy" }), new Log({ room: "quiet" })];
  using feed = closing(new Feed());
  feed.follow(busy);
  feed.follow(quiet);
  filled(quiet, 1);
  await heard(feed);
  const read = quiet.read.bind(quiet);
  let reads = 0;
  quiet.read = (...args) => (reads++, read(...args));
  filled(busy, 1);
  await heard(feed);
  assertEquals([feed.take(), reads], [undefined, 0]);
  filled(quiet, 1);
  await heard(feed);
  assertEquals([feed.take(), reads], [undefined, 1]);
});

Deno.test("Feed tells a gap behind which there is nothing, once", async () => {
  const lost = monotonicUlid();
  const log = new Log();
  log.begin({ newest: lost, lost, floor: "" });
  using feed = closing(new Feed());
  feed.follow(log, at(""));
  const { gap, entries, next } = await heard(feed);
  assertEquals([gap, entries, next.after], [true, [], lost]);
  assertEquals(feed.take(), undefined);
});

Deno.test("Feed.close() ends an iteration that waits, and watches nothing any more", async () => {
  const log = new Log();
  const feed = new Feed();
  feed.follow(log);
  const next = feed.next();
  feed.close();
  assertEquals((await within(next, "the end")).done, true);
  assertEquals(log.readers, 0);
  feed.follow(log);
  assertEquals(log.readers, 0);
});

function closing(feed: Feed) {
  return Object.assign(feed, { [Symbol.dispose]: () => feed.close() });
}

/** A log in an event loop that the test drives, and how often its first reader was woken. */
function driven(options: LogOptions & { patient?: boolean } = {}) {
  const loop = new TestLoop();
  const log = new Log({ ticker: new Ticker(loop), ...options });
  const reader = { patient: options.patient, woken: 0, wake: () => reader.woken++ };
  log.watch(reader);
  /** Makes the last message seem to have taken so many milliseconds to write. */
  function write(ms: number) {
    log.append(chat("x"));
    loop.end();
    loop.turn(ms);
    loop.calm();
    reader.woken = 0;
  }
  return { loop, log, reader, write };
}

Deno.test("Log.append() wakes its readers at once when a quarter of what it holds is unread", async () => {
  const { loop, log, reader } = driven({ history: 8 });
  log.append(chat("x"));
  loop.end();
  assertEquals(reader.woken, 1);
  // Busy from now on: one waits for the next turn, and two do not.
  for (const woken of [1, 2, 2, 3]) {
    log.append(chat("x"));
    await Promise.resolve();
    assertEquals(reader.woken, woken);
  }
});

Deno.test("Log.append() lets a lone message rest where a reader gains from that", () => {
  const { loop, log, reader, write } = driven({ patient: true });
  log.watch({ wake: () => {} });
  write(3);
  log.append(chat("x"));
  loop.calm();
  assertEquals([reader.woken, loop.timer], [0, 3]);
  loop.turn(3);
  assertEquals(reader.woken, 1);
});

Deno.test("Log.append() lets no message rest where nobody gains from that", () => {
  const { loop, log, reader, write } = driven();
  const patient = { patient: true, wake: () => {} };
  // Watching twice is watching once.
  log.watch(patient);
  log.watch(patient);
  log.unwatch(patient);
  log.unwatch(patient);
  write(3);
  log.append(chat("x"));
  loop.end();
  assertEquals(reader.woken, 1);
});

Deno.test("Log.append() wakes its readers at once when a quarter of its bytes is unread", async () => {
  const long = chat("x".repeat(1_000));
  const log = new Log({ size: long.bytes * 7 });
  await new Promise((resolve) => setTimeout(resolve, 30));
  let woken = 0;
  log.watch({ wake: () => woken++ });
  log.append(chat("x"));
  await Promise.resolve();
  woken = 0;
  log.append(chat("x".repeat(1_000)));
  await Promise.resolve();
  assertEquals(woken, 0);
  log.append(chat("x".repeat(1_000)));
  await Promise.resolve();
  assertEquals(woken, 1);
  await new Promise((resolve) => setTimeout(resolve, 30));
});

Deno.test("Log.read() fills a frame to its last byte, and no further", () => {
  const size = 64 * 1024;
  const sized = (bytes: number) => chat("x".repeat(bytes - chat("").bytes));
  for (const [last, entries] of [[0, 2], [1, 1]] as const) {
    const log = new Log();
    log.append(sized(size / 2));
    // A line break stands between the two.
    log.append(sized(size / 2 - 1 + last));
    assertEquals(now(log.read(at(""))).entries.length, entries);
  }
});

Deno.test("Log.read() gives what is larger than a frame alone", () => {
  const log = new Log();
  const large = chat("x".repeat(70_000));
  log.append(large);
  filled(log, 1);
  assertEquals(now(log.read(at(""))).entries, [large]);
});

Deno.test("Log.read() remembers what was joined for a few places only", () => {
  const log = new Log();
  const places = filled(log, 6).map(({ id }) => id);
  const first = now(log.read(at(places[0]!)));
  assertStrictEquals(now(log.read(at(places[0]!))), first);
  for (const place of places.slice(1, 5)) log.read(at(place));
  assert(now(log.read(at(places[0]!))) !== first);
});

Deno.test("Log.read() up to an entry gives what was before it", () => {
  const log = new Log();
  const [a, b, c] = filled(log, 3);
  assertEquals(now(log.read(at(""), c!.id)).entries, [a!, b!]);
  assertEquals(now(log.read(at(b!.id), c!.id)).entries, []);
});

Deno.test("Log.read() says when notices of who came and went are gone, and goes past it", () => {
  const log = new Log();
  const typing = (id: string) => entryOf({ type: "typing", username: "ann" }, id);
  const first = notice();
  log.append(first);
  for (let i = 0; i < 256; i++) log.append(typing(monotonicUlid()));
  // The one notice that counts is gone.
  const batch = now(log.read(at("")));
  assertEquals([batch.missed, batch.gap, batch.entries.length], [true, false, 256]);
  assertEquals(now(log.read(at(first.id))).missed, false);
  assertEquals(now(log.read(batch.next)).entries, []);
  // Who is writing is of the moment: its loss is none.
  const end = log.end;
  for (let i = 0; i < 300; i++) log.append(typing(monotonicUlid()));
  assertEquals(now(log.read(end)).missed, false);
});

Deno.test("Log.read() gives notices from before a gap, then what is held, and the gap once", () => {
  const log = new Log({ history: 1 });
  const first = notice();
  log.append(first);
  filled(log, 1);
  const second = notice();
  log.append(second);
  const [held] = filled(log, 1);
  const batch = now(log.read(at("")));
  assertEquals([batch.gap, batch.entries, batch.at], [true, [first, second, held!], log.lost]);
  // Where the notices alone fill the frame, the rest comes behind it, without a second gap.
  const wide = new Log({ history: 1 });
  const names = "\u{1f469}".repeat(32);
  const notices = Array.from({ length: 200 }, () => {
    const { id } = notice();
    const content = `${names} came ${"x".repeat(200)}`;
    const entry = entryOf({
      type: "join",
      username: names,
      content,
      timestamp: "",
      id,
      room: "r",
    });
    wide.append(entry);
    return entry;
  });
  filled(wide, 2);
  const read: Entry[] = [];
  const gaps: boolean[] = [];
  for (let place = at(""); !wide.isRead(place);) {
    const { entries, gap, next } = now(wide.read(place));
    read.push(...entries);
    gaps.push(gap);
    place = next;
  }
  assert(gaps.length > 1);
  assertEquals(gaps, [true, ...gaps.slice(1).map(() => false)]);
  assertEquals(read.slice(0, -1), notices);
});

Deno.test("Batch.for() somebody leaves out their own writing and leaving, and keeps the rest", () => {
  const log = new Log({ history: 1 });
  filled(log, 1);
  log.append(entryOf({ type: "typing", username: "ann" }, monotonicUlid()));
  const [held] = filled(log, 1);
  const batch = now(log.read(at("")));
  assertStrictEquals(now(log.read(log.end)).for("ann").entries.length, 0);
  const heard = batch.for("ann");
  assertEquals([heard.entries, heard.gap, heard.next], [[held!], true, batch.next]);
  assertStrictEquals(batch.for("bob"), batch);
  const left = entryOf({
    type: "leave",
    username: "ann",
    content: "went",
    timestamp: "",
    id: monotonicUlid(),
    room: "r",
  });
  log.append(left);
  const leaving = now(log.read(batch.next));
  assertEquals([leaving.for("ann").entries, leaving.for("bob").entries], [[], [left]]);
  // Where nobody is writing or leaving it is the same for all.
  filled(log, 1);
  const plain = now(log.read(leaving.next));
  assertStrictEquals(plain.for("ann"), plain);
});

Deno.test("Log.read() says once that notices are gone, though frames of messages come before them", () => {
  const log = new Log();
  const first = chat("x");
  log.append(first);
  for (let i = 0; i < 40; i++) log.append(chat("x".repeat(4_000)));
  for (let i = 0; i < 300; i++) log.append(notice());
  const told: boolean[] = [];
  for (let place = at(first.id); !log.isRead(place);) {
    const { missed, next } = now(log.read(place));
    told.push(missed);
    place = next;
  }
  assert(told.length > 2);
  assertEquals(told, told.map((_, i) => i === 0));
});

Deno.test("Log.tear() tells each reader once that something is missing, and forgets nothing", async () => {
  const log = new Log();
  const [a, b, c] = filled(log, 3);
  const feed = new Feed();
  feed.follow(log, at(c!.id));
  const torn = monotonicUlid();
  assertEquals(log.isRead(at(c!.id)), true);
  log.tear(torn);
  assertEquals([log.isRead(at(c!.id)), log.isRead({ after: torn, heard: c!.id })], [false, true]);
  assertEquals(log.end.after, torn);
  const batch = await heard(feed);
  assertEquals([batch.gap, batch.entries, batch.next.after], [true, [], torn]);
  assertEquals([log.lost, now(log.page({ limit: 9 })).entries], ["", [a!, b!, c!]]);
  // Who is behind is told once all before it is read, and who comes later is not.
  const half = now(log.read(at(a!.id), c!.id));
  assertEquals([half.gap, half.entries, half.next.after], [false, [b!], b!.id]);
  const rest = now(log.read(at(b!.id)));
  assertEquals([rest.gap, rest.entries, rest.next.after], [true, [c!], torn]);
  const d = chat("d");
  log.append(d);
  const after = now(log.read(at(b!.id)));
  assertEquals([after.gap, after.entries, after.next.after], [true, [c!, d], d.id]);
  assertEquals(now(log.read(at(torn))).gap, false);
  feed.close();
});
