/**
 * A window from which messages are taken back: whatever is said, taken back, let go and read in whatever
 * order, readers must be told what a plain list would tell them.
 */
import { assert, assertEquals } from "@std/assert";
import type { Archive, Page, Query } from "../hub/log/archive.ts";
import { type Entry, entryOf, isAct, type Place } from "../hub/log/batch.ts";
import { Holdings } from "../hub/log/holdings.ts";
import { Log } from "../hub/log/log.ts";
import { now } from "./support.ts";

const idOf = (n: number) => `${n}`.padStart(26, "0");
const FLOOR = idOf(0);
const timestamp = "2026-11-26T06:00:00.000Z";

/** What may happen. */
const DEEDS = ["say", "first", "last", "clear", "trim", "read"] as const;
const LATE_DEEDS = [
  "say",
  "first",
  "last",
  "clear",
  "trim",
  "bring",
  "forget",
  "give",
  "later",
] as const;
type Deed = typeof DEEDS[number] | typeof LATE_DEEDS[number];

/** All sequences of so many deeds. */
function* sequences(deeds: readonly Deed[], length: number): Generator<Deed[]> {
  if (length === 0) return yield [];
  for (const rest of sequences(deeds, length - 1)) {
    for (const deed of deeds) yield [...rest, deed];
  }
}

/** Somebody who reads on, and forgets what was taken back. */
class Reader {
  readonly shown = new Map<string, Entry>();
  /** Whatever was told, ever. */
  readonly told = new Set<string>();
  readonly gaps: string[] = [];
  readonly #log: Log;
  /** What is on its way to them. */
  #waiting = false;
  #place: Place;

  constructor(log: Log, id: string) {
    this.#log = log;
    this.#place = { after: id, heard: log.end.heard };
  }

  /** Have they read all that there is? */
  get isDone(): boolean {
    return !this.#waiting && this.#log.isRead(this.#place);
  }

  /** Reads all that there is. */
  read() {
    while (!this.#waiting && !this.#log.isRead(this.#place)) {
      const batch = this.#log.read(this.#place);
      if (!(batch instanceof Promise)) {
        this.#take(batch);
        continue;
      }
      this.#waiting = true;
      batch.then((batch) => {
        this.#waiting = false;
        this.#take(batch);
        this.read();
      });
    }
  }

  #take({ entries, gap, next, at }: Awaited<ReturnType<Log["read"]>>) {
    assert(gap || next.after > this.#place.after, "nothing was told");
    if (gap) this.gaps.push(at);
    for (const entry of entries) {
      assert(entry.id > this.#place.after, "it was told twice, or in the wrong order");
      this.#place = { ...this.#place, after: entry.id };
      this.told.add(entry.id);
      if (entry.type === "clear") this.shown.clear();
      else if (entry.type === "delete") this.shown.delete(entry.re!);
      else this.shown.set(entry.id, entry);
    }
    this.#place = next;
  }
}

/** A channel as a plain list, and a window onto it. */
class World {
  readonly log: Log;
  readonly holdings = new Holdings();
  readonly kept: Entry[] = [];
  lost = "";
  /** What was let go, ever. */
  readonly gone: string[] = [];
  /** What is kept, and not brought to the window yet. */
  readonly coming: Entry[] = [];
  /** Pages that were read, and are not there yet. */
  readonly #pages: (() => void)[] = [];
  #count = 0;
  #archived: boolean;

  /** Is all brought a while later, and are pages read at once, or as late as they are given? */
  readonly late?: "read at once" | "read late";

  constructor({ history, archived = true, late, before = 0 }: {
    history: number;
    archived?: boolean;
    late?: World["late"];
    /** Messages that were said before the window was opened. */
    before?: number;
  }) {
    this.log = new Log({ room: "den", history, holdings: this.holdings });
    this.late = late;
    this.#archived = archived;
    for (let i = 0; i < before; i++) this.kept.push(this.#chat());
    const newest = this.kept.at(-1)?.id ?? "";
    const archive: Archive = {
      page: (query) => this.#page(query),
      count: (since, most) => Math.min(most, this.kept.filter(({ id }) => id > since).length),
      before: (count) => this.before(count),
    };
    this.log.begin({ newest, lost: "", floor: FLOOR, archive: archived ? archive : undefined });
  }

  get newest(): string {
    return idOf(this.#count);
  }

  /** The place before the newest messages, by the list. */
  before(count: number): string {
    const chats = this.kept.filter((entry) => !isAct(entry));
    const first = count === 0 ? undefined : chats.at(-count);
    const all = this.kept.filter(({ id }) => first === undefined || id < first.id);
    return count > chats.length ? this.lost || FLOOR : all.at(-1)?.id ?? (this.lost || FLOOR);
  }

  async do(deed: Deed) {
    const chats = this.kept.filter((entry) => !isAct(entry));
    if (deed === "say") this.#keep(this.#chat());
    else if (deed === "clear") this.#clear();
    // Where there is no message, something is taken back that is none, or of which nothing is known.
    else if (deed === "first") this.#delete((chats[0] ?? this.kept[0] ?? { id: FLOOR }).id);
    else if (deed === "last") this.#delete((chats.at(-1) ?? { id: FLOOR }).id);
    else if (deed === "trim") this.#trim();
    else if (deed === "bring") this.bring();
    else if (deed === "forget") this.log.forget();
    else if (deed === "give") await this.give();
    else if (deed === "later") await this.give(-1);
  }

  /** Brings the next entry to the window. */
  bring() {
    const entry = this.coming.shift();
    if (entry) this.log.append(entry);
  }

  /** Gives the pages that are on their way, or only the last one. */
  async give(from = 0) {
    for (const page of this.#pages.splice(from)) page();
    await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
  }

  /** Lets everything come that is on its way. */
  async settle(readers: Reader[]) {
    while (this.coming.length > 0) this.bring();
    for (let round = 0; readers.some((reader) => !reader.isDone); round++) {
      assert(round < 50, "they are never told");
      for (const reader of readers) reader.read();
      await this.give();
    }
  }

  #chat(): Entry {
    const id = idOf(++this.#count);
    return entryOf({ type: "chat", username: "ann", content: id, timestamp, id, room: "den" });
  }

  #delete(re: string) {
    const id = idOf(++this.#count);
    const at = this.kept.findIndex((entry) => entry.id === re && !isAct(entry));
    if (at >= 0) this.kept.splice(at, 1);
    this.#keep(entryOf({ type: "delete", re, room: "den", by: "bob", timestamp, id }));
  }

  #clear() {
    const id = idOf(++this.#count);
    this.kept.length = 0;
    this.#keep(entryOf({ type: "clear", room: "den", by: "bob", timestamp, id }));
  }

  #keep(entry: Entry) {
    this.kept.push(entry);
    this.coming.push(entry);
    if (this.late) return;
    this.bring();
    // Without an archive what goes out of the window is gone.
    while (!this.#archived && this.kept.length > this.log.history) this.#lose();
  }

  #trim() {
    const [oldest] = this.kept;
    if (!this.#archived || !oldest || oldest.id >= (this.coming[0]?.id ?? "~")) return;
    this.#lose();
    this.log.lose(this.lost);
  }

  #lose() {
    this.lost = this.kept.shift()!.id;
    this.gone.push(this.lost);
  }

  #page(query: Query): Page | Promise<Page> {
    const page = this.#read(query);
    if (!this.late) return page;
    return new Promise((resolve) =>
      this.#pages.push(() => resolve(this.late === "read late" ? this.#read(query) : page))
    );
  }

  #read({ since = "", before = "~", limit }: Query): Page {
    const all = this.kept.filter(({ id }) => id > since && id < before);
    // Few, so that one page is not everything.
    const most = Math.min(limit, 2);
    const entries = since === "" ? all.slice(-most) : all.slice(0, most);
    const { lost } = this;
    const newest = this.kept.at(-1)?.id ?? lost;
    return { entries, whole: entries.length === all.length, newest, lost, floor: lost || FLOOR };
  }
}

/** Looks that a window is what the list is. */
function compare({ log, kept, lost, newest, before, holdings }: World, title: string) {
  const ids = (entries: Iterable<Entry>) => Array.from(entries, ({ id }) => Number(id));
  const chats = (entries: Entry[]) => entries.filter((entry) => !isAct(entry));
  for (let n = 0; n <= Number(newest); n++) {
    const reader = new Reader(log, idOf(n));
    reader.read();
    const after = chats(kept).filter(({ id }) => id > idOf(n));
    assertEquals(ids(reader.shown.values()), ids(after), `${title}: after ${n}`);
    assertEquals(reader.gaps, idOf(n) < lost ? [lost] : [], `${title}: gaps after ${n}`);
  }
  const head = kept.at(-1)?.id ?? "";
  assertEquals([log.head, log.lost, log.floor], [head, lost, lost || FLOOR], title);
  assertEquals(log.newest, head || lost, title);
  for (let count = 0; count <= 4; count++) {
    const place = now(log.before(count));
    const after = (place: string) => ids(kept.filter(({ id }) => id > place));
    assertEquals(
      after(place),
      after(before.call({ kept, lost } as World, count)),
      `${title}: ${count}`,
    );
  }
  const all = now(log.page({ since: FLOOR, limit: 2 }));
  assertEquals(ids(all.entries), ids(kept.slice(0, 2)), title);
  log.close();
  assertEquals(holdings.rooms, 0, title);
}

for (
  const [archived, history, before] of [[true, 1, 0], [true, 2, 2], [true, 9, 1], [
    false,
    3,
    0,
  ]] as const
) {
  const where = archived ? `an archive, and ${history} held` : "no archive";

  Deno.test(`Log with ${where} is a plain list, whatever is taken back when`, async () => {
    for (const deeds of sequences(DEEDS, 5)) {
      const world = new World({ history, archived, before });
      const reader = new Reader(world.log, FLOOR);
      for (const deed of deeds) {
        if (deed === "read") reader.read();
        else await world.do(deed);
      }
      reader.read();
      if (reader.gaps.length === 0) {
        const shown = world.kept.filter((entry) => !isAct(entry));
        const lost = [...reader.shown.keys()].filter((id) => id <= world.lost);
        assertEquals([...reader.shown.keys()], [...lost, ...shown.map(({ id }) => id)], `${deeds}`);
      }
      compare(world, `${deeds}`);
    }
  });
}

for (
  const [history, late] of [[1, "read at once"], [3, "read at once"], [9, "read at once"], [
    9,
    "read late",
  ]] as const
) {
  Deno.test(`Log of ${history} is that list too where all is brought late, and ${late}`, async () => {
    const before = 3;
    for (const deeds of sequences(LATE_DEEDS, history === 9 && late === "read at once" ? 5 : 4)) {
      const world = new World({ history, before, late });
      const readers = [new Reader(world.log, FLOOR), new Reader(world.log, idOf(1))];
      for (const deed of deeds) {
        for (const reader of readers) reader.read();
        await world.do(deed);
      }
      await world.settle(readers);
      const shown = world.kept.filter((entry) => !isAct(entry)).map(({ id }) => id);
      for (const [n, { shown: read, gaps, told: all }] of readers.entries()) {
        const place = n === 0 ? FLOOR : idOf(1);
        const missed = world.gone.filter((id) => id > place && !all.has(id));
        assert(
          gaps.length > 0 || missed.length === 0,
          `${deeds} of ${n}: no gap where there is one`,
        );
        const after = shown.filter((id) => id > place);
        // What was let go since it was told is shown still.
        const told = [...read.keys()].filter((id) => id > world.lost || gaps.length > 0);
        const expected = after.filter((id) => id > world.lost || gaps.length > 0);
        if (gaps.length === 0) assertEquals(told, expected, `${deeds} of ${n}`);
        else assert(after.every((id) => read.has(id)), `${deeds} of ${n}`);
        assert(gaps.every((at) => at <= world.lost), `${deeds} of ${n}: a gap where there is none`);
      }
      // Whoever comes then is told nothing that was taken back, also where it is held by now.
      for (let i = 0; i < 2; i++) {
        const late = new Reader(world.log, FLOOR);
        await world.settle([late]);
        assertEquals([...late.told], world.kept.map(({ id }) => id), `${deeds}`);
      }
    }
  });
}

Deno.test("a page of the history has nothing that was taken back while it was read", async () => {
  for (const deed of ["first", "clear"] as const) {
    const world = new World({ history: 1, before: 3, late: "read at once" });
    const read = Promise.resolve(world.log.page({ since: FLOOR, limit: 2 }));
    await world.do(deed);
    world.bring();
    for (let i = 0; i < 2; i++) await world.give();
    const { entries } = await read;
    assertEquals(entries.map(({ id }) => id), world.kept.map(({ id }) => id).slice(0, 2), deed);
  }
});
