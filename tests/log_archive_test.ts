/** A window onto a channel of which more is kept than it holds: it must answer as if it held all of it. */
import { assertEquals } from "@std/assert";
import type { Archive, Page, Query } from "../hub/log/archive.ts";
import { type Entry, entryOf } from "../hub/log/batch.ts";
import { Holdings } from "../hub/log/holdings.ts";
import { Log, type LogOptions } from "../hub/log/log.ts";
import { now } from "./support.ts";

const TOTAL = 9;
const idOf = (n: number) => `${n}`.padStart(26, "0");
const FLOOR = idOf(0);
const timestamp = "2026-11-26T06:00:00.000Z";

function chat(n: number): Entry {
  return entryOf({ type: "chat", username: "ann", content: `${n}`, timestamp, id: idOf(n) });
}

function notice(n: number): Entry {
  const content = "ann joined the chat";
  return entryOf({ type: "join", username: "ann", content, timestamp, id: idOf(n), room: "den" });
}

/** What a page of some messages is, by its description alone. */
function pageOf(kept: Entry[], { since, before, limit }: Query) {
  const asked = kept.filter(({ id }) => id > (since ?? "") && id < (before ?? "~"));
  const entries = since === undefined ? asked.slice(-limit) : asked.slice(0, limit);
  return { ids: entries.map(({ id }) => Number(id)), whole: asked.length <= limit };
}

/**
 * A channel of 9 messages, of which the first `gone` are not kept, and a window onto the newest `held`.
 *
 * @param most messages in a page of the archive @param options of the window @default no room for more
 */
function channel(gone: number, held: number, most = Infinity, options: LogOptions = {}) {
  let kept: Entry[] = [];
  const asked: Query[] = [];
  const idsAfter = (since: string) => kept.filter(({ id }) => id > since);
  let lost = "";
  const archive: Archive = {
    page(query): Page {
      asked.push(query);
      const { ids, whole } = pageOf(kept, { ...query, limit: Math.min(query.limit, most) });
      const newest = kept.at(-1)?.id ?? lost;
      return { entries: ids.map(chat), whole, newest, lost, floor: lost || FLOOR };
    },
    count: (since, most) => Math.min(most, idsAfter(since).length),
    before: (count) => kept.at(-count - 1)?.id ?? (lost || FLOOR),
  };
  const log = new Log({ room: "den", history: Math.max(1, held), ...options });
  const say = (n: number) => {
    kept.push(chat(n));
    log.append(chat(n));
  };
  const lose = (n: number) => {
    lost = idOf(n);
    kept = idsAfter(lost);
    log.lose(lost);
  };
  // Nothing of what was said before is held; the window fills with what is said then.
  kept = Array.from({ length: TOTAL - held }, (_, i) => chat(i + 1));
  log.begin({ newest: kept.at(-1)?.id ?? "", lost: "", floor: FLOOR, archive });
  for (let n = TOTAL - held + 1; n <= TOTAL; n++) say(n);
  if (gone > 0) lose(gone);
  return { log, asked, say, lose, kept: () => kept, empty: () => kept = [] };
}

for (const [gone, held] of [[0, 4], [0, 0], [0, TOTAL], [2, 4], [5, 4], [6, 4], [TOTAL, 4]]) {
  const title = `Log has all of a channel of which ${gone} are gone and ${held} held`;

  Deno.test(`${title}: pages`, () => {
    const { log, kept } = channel(gone!, held!);
    const places = [undefined, ...Array.from({ length: TOTAL + 2 }, (_, n) => idOf(n))];
    for (const since of places) {
      for (const before of places) {
        for (let limit = 1; limit <= TOTAL + 1; limit++) {
          const query = { since, before, limit };
          const { entries, whole, lost, floor, newest } = now(log.page(query));
          const ids = entries.map(({ id }) => Number(id));
          assertEquals({ ids, whole }, pageOf(kept(), query), JSON.stringify(query));
          assertEquals([lost, floor], gone ? [idOf(gone), idOf(gone)] : ["", FLOOR]);
          assertEquals(newest, idOf(TOTAL));
        }
      }
    }
  });

  Deno.test(`${title}: places`, () => {
    const { log, kept } = channel(gone!, held!);
    assertEquals(log.head, gone === TOTAL ? "" : idOf(TOTAL));
    assertEquals(log.newest, idOf(TOTAL));
    assertEquals(log.floor, gone ? idOf(gone) : FLOOR);
    for (let count = 0; count <= TOTAL + 1; count++) {
      const place = now(log.before(count));
      const after = kept().filter(({ id }) => id > place);
      assertEquals(after.length, Math.min(count, kept().length), `${count}`);
    }
    const inArchive = (place: string) =>
      kept().filter(({ id }) => id > place && Number(id) <= TOTAL - held!).length;
    for (let n = gone!; n <= TOTAL; n++) {
      for (let most = 0; most <= TOTAL; most++) {
        assertEquals(now(log.isNear(idOf(n), most)), inArchive(idOf(n)) <= most, `${n} ${most}`);
      }
    }
  });

  Deno.test(`${title}: what is read on from each place`, () => {
    const { log, kept } = channel(gone!, held!);
    for (let n = 0; n <= TOTAL; n++) {
      let place = { after: idOf(n), heard: idOf(TOTAL) };
      const read: number[] = [];
      const gaps: boolean[] = [];
      while (!log.isRead(place)) {
        const { entries, gap, next } = now(log.read(place));
        read.push(...entries.map(({ id }) => Number(id)));
        gaps.push(gap);
        place = next;
      }
      assertEquals(read, pageOf(kept(), { since: idOf(n), limit: TOTAL }).ids, `after ${n}`);
      assertEquals(gaps.filter(Boolean).length, n < gone! ? 1 : 0, `after ${n}`);
      assertEquals(gaps.indexOf(true), n < gone! ? 0 : -1, `after ${n}`);
    }
  });
}

Deno.test("Log holds what it held also when that is old, and asks for nothing that it has", () => {
  const { log, asked } = channel(0, 4);
  now(log.page({ since: idOf(TOTAL - 4), limit: 9 }));
  now(log.page({ limit: 4 }));
  now(log.read({ after: idOf(TOTAL - 4), heard: idOf(TOTAL) }));
  assertEquals(asked, []);
  now(log.page({ limit: 5 }));
  assertEquals(asked, [{ limit: 5 }]);
});

Deno.test("Log.lose() is told to who shares what is gone, and what was lost stays lost", () => {
  const { log, lose } = channel(0, 4);
  const place = { after: idOf(7), heard: idOf(7) };
  assertEquals(now(log.read(place)).entries.length, 2);
  lose(8);
  assertEquals([now(log.read(place)).gap, now(log.read(place)).entries.length], [true, 1]);
  log.lose(idOf(3));
  assertEquals(log.floor, idOf(8));
});

for (const most of [1, 2, 9]) {
  Deno.test(`Log.read() tells notices where they belong, in pages of ${most} from the archive`, () => {
    const { log, say } = channel(0, 1, most);
    log.append(notice(TOTAL + 1));
    for (const n of [11, 12]) say(n);
    log.append(notice(13));
    let place = { after: idOf(7), heard: idOf(7) };
    const read: number[] = [];
    while (!log.isRead(place)) {
      const { entries, next } = now(log.read(place));
      read.push(...entries.map(({ id }) => Number(id)));
      place = next;
    }
    assertEquals(read, [8, 9, 10, 11, 12, 13]);
  });
}

Deno.test("Log.read() tells a gap where the archive has lost something and did not say so", () => {
  const { log, empty } = channel(0, 2);
  empty();
  const { gap, entries } = now(log.read({ after: idOf(3), heard: idOf(TOTAL) }));
  assertEquals([gap, entries.map(({ id }) => id)], [true, [idOf(8), idOf(9)]]);
  assertEquals(log.floor, idOf(7));
});

/** What a log has after a place, and how often the archive was asked for it. */
function readOn({ log, asked }: ReturnType<typeof channel>, after: number) {
  const before = asked.length;
  const { entries } = now(log.read({ after: idOf(after), heard: idOf(TOTAL) })).for("ann");
  return { ids: entries.map(({ id }) => Number(id)), asked: asked.length - before };
}

Deno.test("Log holds what was read of the archive right before what it holds", () => {
  const holdings = new Holdings();
  // There is room for four messages, and no more.
  const size = 4 * chat(9).bytes;
  const den = channel(0, 2, Infinity, { history: 4, size, holdings });
  const [held, bytes] = [holdings.rooms, den.log.bytes];
  assertEquals(readOn(den, 5), { ids: [6, 7, 8, 9], asked: 1 });
  assertEquals(readOn(den, 5), { ids: [6, 7, 8, 9], asked: 0 });
  assertEquals([holdings.rooms, den.log.bytes], [2 * held, 2 * bytes]);
  assertEquals([den.log.head, now(den.log.before(4))], [idOf(9), idOf(5)]);
  assertEquals(now(den.log.isNear(idOf(4), 0)), false);
  // What comes makes the oldest go, as ever.
  den.say(10);
  den.say(11);
  den.say(12);
  assertEquals(readOn(den, 5), { ids: [6, 7, 8, 9, 10, 11, 12], asked: 1 });
  assertEquals(readOn(den, 9), { ids: [10, 11, 12], asked: 0 });
  den.log.close();
  assertEquals(holdings.rooms, 0);
});

Deno.test("Log holds nothing more for which there is no room, or behind which something is missing", () => {
  const small = channel(0, 2, Infinity, { history: 6 });
  assertEquals([readOn(small, 2).asked, readOn(small, 2).asked], [1, 1]);
  const tight = channel(0, 2, Infinity, { history: 6, size: 3 * chat(9).bytes });
  assertEquals([readOn(tight, 5).asked, readOn(tight, 5).asked], [1, 1]);
  const slow = channel(0, 2, 2, { history: 9 });
  assertEquals(readOn(slow, 3), { ids: [4, 5], asked: 1 });
  assertEquals(readOn(slow, 3), { ids: [4, 5], asked: 1 });
  assertEquals(readOn(slow, 5), { ids: [6, 7], asked: 1 });
  assertEquals(readOn(slow, 5), { ids: [6, 7, 8, 9], asked: 0 });
});
