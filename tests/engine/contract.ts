/**
 * What every engine must do, by the rules at the head of `hub/engine/engine.ts`: the same tests for
 * each.
 *
 * @module
 */
import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { clock } from "../../hub/base/clock.ts";
import type { Soon } from "../../hub/base/soon.ts";
import type {
  Act,
  Channel,
  Draft,
  Engine,
  Notice,
  Origin,
  Said,
  Window,
} from "../../hub/engine/engine.ts";
import { FACTS } from "../../hub/engine/facts.ts";
import { type Entry, isAct } from "../../hub/log/batch.ts";
import { ChatError } from "../../messages.ts";
import { timeout, until } from "../support.ts";

/** Where an engine lives, until it is disposed of. */
export interface Home extends AsyncDisposable {
  /**
   * Starts an engine. What was kept here before is there again.
   *
   * @param keep so many messages of each channel @default all
   */
  start(options?: { keep?: number }): Soon<Engine>;
}

/** An engine for which the contract is to be tested. */
export interface Candidate {
  name: string;
  /** Does it keep messages longer than its windows do, also over a new start? */
  keeps: boolean;
  home(): Home;
}

/** A window that remembers all it was told, and is told it as it must be. */
export class Glass implements Window {
  readonly entries: Entry[] = [];
  lost = "";
  /** How often it was told that notices may be missing. */
  missed = 0;
  /** How often it was told that messages are missing. */
  torn = 0;
  /** Ids of the acts that came too late to be brought in their order. */
  readonly undone: string[] = [];
  #origin?: Origin;
  #looked: (entry: Entry) => void;

  /** @param looked is told of each entry as it is brought */
  constructor(looked: (entry: Entry) => void = () => {}) {
    this.#looked = looked;
  }

  /** Where it began. */
  get origin(): Origin {
    assert(this.#origin, "it was not begun");
    return this.#origin;
  }

  /** Ids of what it was brought. */
  get ids(): string[] {
    return idsOf(this.entries);
  }

  begin(origin: Origin) {
    assertEquals(this.#origin, undefined, "it was begun twice");
    this.#origin = origin;
  }

  append(entry: Entry) {
    const newest = this.entries.at(-1)?.id ?? this.origin.newest;
    assertGreater(entry.id, newest, "it comes too late");
    this.#looked(entry);
    this.entries.push(entry);
  }

  lose(id: string) {
    assertGreater(id, this.lost);
    this.lost = id;
  }

  miss(id: string) {
    assertGreater(id, this.entries.at(-1)?.id ?? "");
    this.missed++;
  }

  tear(id: string) {
    assertGreater(id, this.entries.at(-1)?.id ?? "");
    this.torn++;
  }

  takeBack(act: Entry) {
    assert(isAct(act));
    this.undone.push(act.id);
  }
}

/** Ids of some entries. */
export const idsOf = (entries: readonly { id: string }[]): string[] => entries.map(({ id }) => id);

const draft = (content: string, more: Partial<Draft> = {}): Draft => ({
  username: "ann",
  content,
  room: "den",
  ...more,
});

const notice = (username = "ann"): Notice => ({
  type: "join",
  username,
  content: `${username} came`,
  room: "den",
});

/** Is somebody writing? It has an id in its window, and none on the wire. */
const TYPING: Notice = { type: "typing", username: "ann", room: "den" };

/** That a message of the den is taken back, or all of them. */
const act = (re?: string): Act => {
  const more = { room: "den", by: "bob", why: "spam" };
  return re === undefined ? { type: "clear", ...more } : { type: "delete", re, ...more };
};

/** A clock that goes wrong by so many milliseconds, until it is disposed of. */
function wrong(clocks: { now?: number; date?: number }) {
  const { now, date } = clock;
  clock.now = () => now() + (clocks.now ?? 0);
  clock.date = () => date() + (clocks.date ?? 0);
  return { [Symbol.dispose]: () => void Object.assign(clock, { now, date }) };
}

/** Says things one after the other. @returns their ids */
async function say(engine: Engine, channel: Channel, count: number, content = "x") {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    ids.push((await engine.say([channel], draft(`${content}${i}`))).entry.id);
  }
  return ids;
}

/** Registers the tests of the contract for an engine. */
export function contract({ name, keeps, home }: Candidate) {
  /** @param test is given a home with an engine in it, which is ended in the end */
  const test = (what: string, test: (engine: Engine, home: Home) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, { timeout }, async () => {
      await using place = home();
      const engine = await place.start();
      await test(engine, place);
      await engine.end();
    });
  const ifKept: typeof test = keeps ? test : () => {};

  /** Opens a window. */
  async function glass(engine: Engine, channel: Channel, looked?: (entry: Entry) => void) {
    const window = new Glass(looked);
    await engine.open(channel, window);
    return window;
  }

  test("what is said and told in a channel is brought in the order of the calls", async (engine) => {
    const [den, attic] = [await glass(engine, "#den"), await glass(engine, "#attic")];
    const asked: { channel: string; of: string; entry: Promise<Entry> }[] = [];
    for (let round = 0; round < 20; round++) {
      for (const channel of ["#den", "#attic"] as const) {
        const said = engine.say([channel], draft(`${round}`));
        asked.push({ channel, of: "chat", entry: entryOf(said) });
        asked.push({ channel, of: "join", entry: toPromise(engine.tell(channel, notice())) });
        // An engine may tell but one sign of writing of a person in a while.
        const typing = { ...TYPING, username: `${round}` };
        asked.push({ channel, of: "typing", entry: toPromise(engine.tell(channel, typing)) });
      }
      // Now and then there is nothing under way.
      if (round % 5 === 4) await Promise.all(asked.map(({ entry }) => entry));
    }
    const entries = await Promise.all(asked.map(({ entry }) => entry));
    for (const [channel, window] of [["#den", den], ["#attic", attic]] as const) {
      const there = entries.filter((_, i) => asked[i]!.channel === channel);
      assertEquals(there.map(({ type }) => type), window.entries.map(({ type }) => type));
      await until(() => window.entries.length === 60);
      // Also by their ids, as the window has seen.
      assertEquals(window.entries, there);
    }
  });

  test("a stamp is later than all that was asked for, and comes once that is brought", async (engine) => {
    const den = await glass(engine, "#den");
    let newest = engine.start;
    for (let i = 0; i < 10; i++) {
      const said = i % 2 === 0 ? toPromise(engine.say(["#den"], draft("x"))) : undefined;
      const told = toPromise(engine.tell("#den", notice()));
      const { id, timestamp } = await engine.stamp("#den");
      assertGreater(id, den.ids.at(-1)!);
      assertGreater(den.ids.at(-1)!, newest);
      assertEquals(den.entries.at(-1)!.type, "join");
      assert(Math.abs(Date.parse(timestamp) - Date.now()) < 10_000);
      newest = id;
      await Promise.all([said, told]);
    }
  });

  test("what was told comes once all that was asked for before it is brought", async (engine) => {
    const den = await glass(engine, "#den");
    const said = [1, 2, 3].map((i) => toPromise(engine.say(["#den"], draft(`${i}`))));
    const { id } = await engine.tell("#den", notice());
    assertEquals(den.ids, [...idsOf((await Promise.all(said)).map(({ entry }) => entry)), id]);
  });

  test("what is said to two is one message for both, and to oneself one", async (engine) => {
    const [ann, bob] = [await glass(engine, "@ann"), await glass(engine, "@bob")];
    const den = await glass(engine, "#den");
    const both = await engine.say(["@bob", "@ann"], draft("hi", { to: "bob", room: undefined }));
    const self = await engine.say(["@ann"], draft("note", { to: "ann", room: undefined }));
    await until(() => ann.entries.length === 2 && bob.entries.length === 1);
    assertEquals([ann.entries, bob.entries], [[both.entry, self.entry], [both.entry]]);
    assertEquals(JSON.parse(both.entry.text), {
      type: "chat",
      username: "ann",
      to: "bob",
      content: "hi",
      id: both.entry.id,
      timestamp: JSON.parse(both.entry.text).timestamp,
    });
    assertEquals([den.entries, both.again], [[], false]);
  });

  test("a message with the same ref is kept once, also while the first is under way", async (engine) => {
    const den = await glass(engine, "#den");
    const bob = await glass(engine, "@bob");
    const one = draft("one", { ref: "r" });
    const twice = await Promise.all([engine.say(["#den"], one), engine.say(["#den"], one)]);
    assertEquals(twice.map(({ again }) => again).sort(), [false, true]);
    const [{ entry }] = twice;
    assertEquals(twice[1].entry, entry);
    // However it is said by then.
    const later = await engine.say(["#den"], draft("other words", { username: "ANN", ref: "r" }));
    assertEquals(later, { entry, again: true });
    // Of somebody else, elsewhere, or without it, it is another one.
    const others = [
      draft("2", { ref: "s" }),
      draft("3", { ref: "r", username: "bob" }),
      draft("4"),
      draft("4"),
    ];
    for (const other of others) assertEquals((await engine.say(["#den"], other)).again, false);
    const there = await engine.say(["@bob"], draft("5", { ref: "r", to: "bob", room: undefined }));
    assertEquals(there.again, false);
    await until(() => den.entries.length === 5 && bob.entries.length === 1);
    {
      using _later = wrong({ now: 5 * 60_000 - 1_000 });
      assertEquals((await engine.say(["#den"], one)).again, true);
    }
    assertEquals(den.entries.length, 5);
  });

  test("a place is known if it was given out here, and no other is", async (engine) => {
    const den = await glass(engine, "#den");
    const { entry: { id } } = await engine.say(["#den"], draft("x"));
    await until(() => den.ids.length === 1);
    const before = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const [never, later] = [`${id.slice(0, -1)}Z`, `7${id.slice(1)}`];
    const foreign = `${id.slice(0, 10)}000000000000${id.slice(-4)}`;
    assertEquals(
      [engine.start, id, before, never, later, foreign].map((place) => engine.knows(place)),
      [true, true, false, false, false, false],
    );
    assertEquals([engine.knows(id, "#den"), engine.knows(before, "#den")], [true, false]);
    const { id: stamped } = await engine.stamp("#den");
    assert(engine.knows(stamped));
  });

  test("ids ascend though the clock is set back, and times are the clock's", async (engine) => {
    const den = await glass(engine, "#den");
    await say(engine, "#den", 2);
    {
      using _clock = wrong({ date: -3_600_000 });
      const [id] = await say(engine, "#den", 1);
      await until(() => den.ids.length === 3);
      const { timestamp } = JSON.parse(den.entries.at(-1)!.text);
      assert(Math.abs(Date.parse(timestamp) - clock.date()) < 10_000);
      assertEquals(den.ids.at(-1), id);
    }
    await say(engine, "#den", 2);
    await until(() => den.ids.length === 5);
  });

  test("a window begins where its channel stands, and is brought all that comes after", async (engine) => {
    const first = await glass(engine, "#den");
    const fresh = { newest: "", lost: "", floor: engine.start };
    assertEquals(past(first.origin), fresh);
    const ids = await say(engine, "#den", 3);
    await until(() => first.ids.length === 3);
    engine.close("#den", ids[2]!);
    const again = await glass(engine, "#den");
    assertEquals(
      past(again.origin),
      keeps ? { ...fresh, newest: ids[2]! } : { newest: ids[2]!, lost: ids[2]!, floor: ids[2]! },
    );
    assertEquals([again.origin.archive !== undefined, again.entries], [keeps, []]);
    const [next] = await say(engine, "#den", 1);
    await until(() => again.ids.length === 1);
    assertEquals([again.ids, first.ids], [[next], ids]);
  });

  test("what is said while a window is opened is before it or in it", async (engine) => {
    const other = await glass(engine, "@other");
    for (let i = 0; i < 10; i++) {
      const channel = `@r${i}` as const;
      const window = new Glass();
      const opening = toPromise(engine.open(channel, window));
      const said: Promise<Said>[] = [];
      for (let j = 0; j < 5; j++) {
        // An engine that forgets has windows of all that is spoken in.
        if (!keeps) await opening;
        const draft = { username: "other", content: "x", to: `r${i}` };
        said.push(toPromise(engine.say([channel, "@other"], draft)));
      }
      await opening;
      const ids = idsOf((await Promise.all(said)).map(({ entry }) => entry));
      const after = ids.filter((id) => id > window.origin.newest);
      await until(() => window.ids.length === after.length);
      assertEquals(window.ids, after);
      engine.close(channel, after.at(-1) ?? "");
    }
    await until(() => other.ids.length === 50);
  });

  test("a window that is closed is brought nothing", async (engine) => {
    const [den, other] = [await glass(engine, "#den"), await glass(engine, "#other")];
    engine.close("#den", "");
    await engine.tell("#den", notice());
    if (keeps) await say(engine, "#den", 1);
    const [id] = await say(engine, "#other", 1);
    await until(() => other.ids.length === 1);
    assertEquals([den.entries, other.ids], [[], [id]]);
  });

  test("a page of a channel of which nothing is known is empty and whole", async (engine) => {
    const page = await engine.page("#never", { limit: 10 });
    const nothing = { newest: "", lost: "", floor: engine.start };
    assertEquals(page, { entries: [], whole: true, ...nothing });
  });

  test("what was said is kept by the time it ends, and it can end twice", async (engine, home) => {
    await glass(engine, "#den");
    const said = [1, 2, 3].map((i) => toPromise(engine.say(["#den"], draft(`${i}`))));
    await engine.end();
    const ids = idsOf((await Promise.all(said)).map(({ entry }) => entry));
    await engine.end();
    if (!keeps) return;
    await assertRejects(async () => await engine.say(["#den"], draft("late")), ChatError);
    await assertRejects(async () => await engine.page("#den", { limit: 1 }), ChatError);
    const again = await home.start();
    assertEquals(idsOf((await again.page("#den", { limit: 9 })).entries), ids);
    await again.end();
  });

  ifKept("a message that is brought is kept, and nothing else is", async (engine) => {
    let looked = 0;
    const pages: Promise<unknown>[] = [];
    const den = await glass(engine, "#den", (entry) => {
      if (entry.type !== "chat") return;
      looked++;
      pages.push((async () => {
        const { entries } = await engine.page("#den", { limit: 1 });
        assert(entries.at(-1)!.id >= entry.id);
      })());
    });
    const said = [1, 2, 3].map((i) => toPromise(engine.say(["#den"], draft(`é ${i}`))));
    await engine.tell("#den", notice());
    const { entry } = await said[2]!;
    // Who is answered has it kept already.
    const { entries } = await engine.page("#den", { limit: 9 });
    assertEquals(idsOf(entries).includes(entry.id), true);
    await until(() => looked === 3);
    await Promise.all(pages);
    assertEquals(entries, den.entries.filter(({ type }) => type === "chat"));
  });

  ifKept(
    "a page goes forward from since and backward from before, and says if it is whole",
    async (engine) => {
      const ids = await say(engine, "#den", 10, "x".repeat(100));
      await say(engine, "#attic", 1);
      await glass(engine, "#den");
      const page = async (query: Parameters<Engine["page"]>[1]) => {
        const { entries, whole, ...known } = await engine.page("#den", query);
        assertEquals(past(known), { newest: ids[9]!, lost: "", floor: engine.start });
        return [entries.map(({ id }) => ids.indexOf(id)), whole];
      };
      assertEquals(await page({ limit: 3 }), [[7, 8, 9], false]);
      assertEquals(await page({ limit: 10 }), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], true]);
      assertEquals(await page({ since: ids[7], limit: 2 }), [[8, 9], true]);
      assertEquals(await page({ since: ids[6], limit: 2 }), [[7, 8], false]);
      assertEquals(await page({ since: engine.start, limit: 2 }), [[0, 1], false]);
      assertEquals(await page({ since: ids[9], limit: 2 }), [[], true]);
      assertEquals(await page({ before: ids[2], limit: 2 }), [[0, 1], true]);
      assertEquals(await page({ before: ids[3], limit: 2 }), [[1, 2], false]);
      assertEquals(await page({ since: ids[1], before: ids[4], limit: 2 }), [[2, 3], true]);
      assertEquals(await page({ since: ids[4], before: ids[1], limit: 2 }), [[], true]);
      // Places between messages are places too.
      assertEquals(await page({ since: `${ids[7]}0`, limit: 9 }), [[8, 9], true]);
      const { bytes } = (await engine.page("#den", { limit: 1 })).entries[0]!;
      assertEquals(await page({ since: ids[1], limit: 9, bytes: 2 * bytes }), [[2, 3], false]);
      assertEquals(await page({ limit: 9, bytes: 2 * bytes }), [[8, 9], false]);
      assertEquals(await page({ since: ids[1], limit: 9, bytes: 1 }), [[2], false]);
    },
  );

  ifKept("an archive gives pages and places of its channel, and counts", async (engine) => {
    const ids = await say(engine, "#den", 10);
    await say(engine, "#attic", 3);
    const { origin: { archive } } = await glass(engine, "#den");
    const { entries, whole } = await archive!.page({ since: ids[0], limit: 2 });
    assertEquals([idsOf(entries), whole], [ids.slice(1, 3), false]);
    const counts = [engine.start, ids[0], ids[7], ids[9]].map((id) => archive!.count(id!, 5));
    assertEquals(await Promise.all(counts), [5, 5, 2, 0]);
    const places = [0, 1, 9, 10, 11].map((count) => archive!.before(count));
    const all = [ids[9], ids[8], ids[0], engine.start, engine.start];
    assertEquals(await Promise.all(places), all);
  });

  ifKept(
    "what is kept is there after a new start, and ids go on above all there were",
    async (engine, home) => {
      await glass(engine, "#den");
      const ids = await say(engine, "#den", 3);
      const ref = draft("once", { ref: "r" });
      ids.push((await engine.say(["#den"], ref)).entry.id);
      // Nothing is kept of what is told, but its id was given out.
      const { id: told } = await engine.tell("#den", notice());
      const { id: stamped } = await engine.stamp("#den");
      await engine.end();
      using _clock = wrong({ date: -3_600_000 });
      const again = await home.start();
      const den = await glass(again, "#den");
      assertEquals(past(den.origin), { newest: ids[3]!, lost: "", floor: again.start });
      assertEquals(idsOf((await again.page("#den", { limit: 9 })).entries), ids);
      assertEquals([ids[0]!, told, stamped].map((id) => again.knows(id)), [true, true, true]);
      assertEquals(again.start, engine.start);
      assertEquals((await again.say(["#den"], ref)).again, true);
      const { id } = await again.tell("#den", notice());
      for (const before of [...ids, told, stamped]) assertGreater(id, before);
      ids.push(...await say(again, "#den", 1));
      assertEquals(idsOf((await again.page("#den", { limit: 9 })).entries), ids);
      await again.end();
    },
  );

  ifKept("what is let go is told to the window, and by each page", async (engine, home) => {
    const ids = await say(engine, "#den", 8);
    await engine.end();
    const trimmed = await home.start({ keep: 3 });
    const den = await glass(trimmed, "#den");
    assertEquals(past(den.origin), { newest: ids[7]!, lost: "", floor: trimmed.start });
    await until(() => den.lost === ids[4]);
    const known = { newest: ids[7]!, lost: ids[4]!, floor: ids[4]! };
    const page = await trimmed.page("#den", { limit: 9 });
    assertEquals([past(page), idsOf(page.entries), page.whole], [known, ids.slice(5), true]);
    const old = await trimmed.page("#den", { since: ids[1], limit: 9 });
    assertEquals([past(old), idsOf(old.entries), old.whole], [known, ids.slice(5), true]);
    const before = await trimmed.page("#den", { before: ids[3], limit: 9 });
    assertEquals([past(before), before.entries, before.whole], [known, [], true]);
    trimmed.close("#den", ids[7]!);
    assertEquals(past((await glass(trimmed, "#den")).origin), known);
    await trimmed.end();
  });

  ifKept("the rooms that are kept are listed by name", async (engine) => {
    if (!engine.rooms) return;
    for (const room of ["den", "attic", "cellar"]) await say(engine, `#${room}`, 1);
    await engine.say(["@bob"], draft("x", { to: "bob", room: undefined }));
    const names = async (part: { after?: string; most: number }) => {
      const { rooms, count } = await engine.rooms!(part);
      return [rooms.map(({ name }) => name), count];
    };
    assertEquals(await names({ most: 9 }), [["attic", "cellar", "den"], 3]);
    assertEquals(await names({ after: "attic", most: 1 }), [["cellar"], 3]);
  });

  test("what is taken back is told in the order of the calls, and whole", async (engine) => {
    const den = await glass(engine, "#den");
    const [first] = await say(engine, "#den", 1);
    const asked = [
      entryOf(engine.say(["#den"], draft("one"))),
      toPromise(engine.takeBack("#den", act(first))),
      toPromise(engine.tell("#den", notice())),
      entryOf(engine.say(["#den"], draft("two"))),
      toPromise(engine.takeBack("#den", act())),
      entryOf(engine.say(["#den"], draft("three"))),
    ];
    const entries = await Promise.all(asked);
    await until(() => den.entries.length === 7);
    assertEquals(den.entries.slice(1), entries);
    assertEquals(entries.map(({ type }) => type), [
      "chat",
      "delete",
      "join",
      "chat",
      "clear",
      "chat",
    ]);
    const [, deletion, , , clearing] = entries.map(({ text }) => JSON.parse(text));
    const { timestamp } = deletion;
    const more = { room: "den", by: "bob", why: "spam" };
    const [, { id, re }] = entries as [Entry, Entry];
    assertEquals(deletion, { type: "delete", re: first, ...more, timestamp, id });
    assertEquals([re, clearing.type, clearing.re], [first, "clear", undefined]);
    if (!keeps) return;
    assertEquals(idsOf((await engine.page("#den", { limit: 9 })).entries), [
      entries[4]!.id,
      entries[5]!.id,
    ]);
  });

  test("what nobody can have said cannot be taken back, and what is gone can be once more", async (engine) => {
    const den = await glass(engine, "#den");
    const [id] = await say(engine, "#den", 1) as [string];
    for (const re of ["01ARZ3NDEKTSV4RRFFQ69G5FAV", `7${id.slice(1)}`]) {
      await refused(
        "no_such_message",
        "no such message in den",
        () => engine.takeBack("#den", act(re)),
      );
    }
    const twice = await Promise.all([1, 2].map(() => engine.takeBack("#den", act(id))));
    const { entry } = await engine.say(["#den"], draft("more"));
    await until(() => den.ids.length === 4);
    assertEquals(den.ids, [id, ...idsOf(twice), entry.id]);
    // Nor can what took something back.
    const again = await engine.takeBack("#den", act(twice[0]!.id));
    await until(() => den.ids.length === 5);
    if (!keeps) return;
    const { entries } = await engine.page("#den", { limit: 9 });
    assertEquals(idsOf(entries), [...idsOf(twice), entry.id, again.id]);
  });

  test("by its ref it is known what was said, by whom and where", async (engine) => {
    for (const room of ["#den", "#dev"] as const) await glass(engine, room);
    const one = draft("one", { ref: "1" });
    assertEquals(await engine.isSaid(one), false);
    await engine.say(["#den"], one);
    const others = [{ ref: "2" }, { username: "bob" }, { room: "dev" }, { ref: undefined }];
    assertEquals(
      await Promise.all([
        ...[one, draft("two", { ref: "1", username: "ANN" })].map((draft) => engine.isSaid(draft)),
        ...others.map((other) => engine.isSaid({ ...one, ...other })),
      ]),
      [true, true, false, false, false, false],
    );
  });

  test("by its ref, what was taken back is not said again, nor told", async (engine) => {
    const den = await glass(engine, "#den");
    const said = async (ref: string) => (await engine.say(["#den"], draft(ref, { ref }))).entry.id;
    const [one, two] = [await said("1"), await said("2")];
    const gone = (ref: string) =>
      refused("forbidden", "has been deleted", () => engine.say(["#den"], draft("x", { ref })));
    await engine.takeBack("#den", act(one));
    await gone("1");
    assertEquals((await engine.say(["#den"], draft("x", { ref: "2" }))).entry.id, two);
    await Promise.all([
      engine.takeBack("#den", act()),
      engine.say(["#den"], draft("3", { ref: "3" })),
    ]);
    await gone("1");
    await gone("2");
    assertEquals((await engine.say(["#den"], draft("x", { ref: "3" }))).again, true);
    await engine.takeBack("#den", act());
    await gone("3");
    await until(() => den.ids.length === 6);
    assertEquals(den.entries.filter(({ type }) => type === "chat").length, 3);
  });

  ifKept("what is taken back is kept nowhere, and that it was is", async (engine, home) => {
    const den = await glass(engine, "#den");
    const ids = await say(engine, "#den", 6, "word");
    const one = await engine.takeBack("#den", act(ids[1]));
    const newest = await engine.takeBack("#den", act(ids[5]));
    await until(() => den.ids.length === 8);
    const look = async (engine: Engine, left: string[]) => {
      const page = await engine.page("#den", { limit: 99 });
      assertEquals([idsOf(page.entries), page.whole], [left, true]);
      assertEquals(page.newest, left.at(-1));
      const since = async (since: string) =>
        idsOf((await engine.page("#den", { since, limit: 99 })).entries);
      for (const id of ids) assertEquals(await since(id), left.filter((other) => other > id));
      const { entries } = await engine.page("#den", { since: ids[1], limit: 1 });
      assertEquals(idsOf(entries), left.filter((id) => id > ids[1]!).slice(0, 1));
      if (engine.rooms) {
        assertEquals((await engine.rooms({ most: 9 })).rooms, [
          { name: "den", head: left.at(-1)! },
        ]);
      }
      if (!engine.search) return;
      const { hits, whole } = await engine.search("#den", { words: "word", limit: 99 });
      const chats = page.entries.filter((entry) => !isAct(entry));
      // A search ends after a time.
      const found = idsOf(hits.map(({ entry }) => entry));
      assertEquals(found, idsOf(chats).reverse().slice(0, whole ? 99 : found.length));
    };
    const left = [ids[0]!, ids[2]!, ids[3]!, ids[4]!, one.id, newest.id];
    await look(engine, left);
    await engine.end();
    const again = await home.start();
    await look(again, left);
    // As many of the newest messages as there are, whatever was taken back.
    const { archive, newest: end } = (await glass(again, "#den")).origin;
    assertEquals(end, newest.id);
    const after = async (count: number) =>
      idsOf((await again.page("#den", { since: await archive!.before(count), limit: 99 })).entries);
    for (const [count, from] of [[0, 6], [1, 3], [2, 2], [3, 1], [4, 0], [5, 0]] as const) {
      assertEquals(await after(count), left.slice(from), `${count}`);
    }
    assertEquals(await archive!.count(ids[4]!, 99), 2);
    const cleared = await again.takeBack("#den", act());
    await look(again, [cleared.id]);
    const [last] = await say(again, "#den", 1, "word");
    await look(again, [cleared.id, last!]);
    assertEquals(await archive!.before(5), again.start);
    await again.end();
    const third = await home.start();
    await look(third, [cleared.id, last!]);
    await third.end();
  });

  ifKept(
    "what is let go after something was taken back is what comes first",
    async (engine, home) => {
      const ids = await say(engine, "#den", 6);
      await engine.takeBack("#den", act(ids[3]));
      const { id } = await engine.takeBack("#den", act(ids[0]));
      await engine.end();
      const trimmed = await home.start({ keep: 3 });
      const den = await glass(trimmed, "#den");
      await until(() => den.lost >= ids[4]!);
      const { entries, lost, newest } = await trimmed.page("#den", { limit: 9 });
      assertEquals([entries.map(({ type }) => type), newest], [["chat", "delete", "delete"], id]);
      assertEquals([lost, entries[0]!.id], [ids[4], ids[5]]);
      // Of what is let go it can be told nevertheless.
      const { re } = await trimmed.takeBack("#den", act(ids[1]));
      assertEquals(re, ids[1]);
      const { id: clear } = await trimmed.takeBack("#den", act());
      assertEquals(idsOf((await trimmed.page("#den", { limit: 9 })).entries), [clear]);
      await trimmed.end();
    },
  );

  test("what holds is known to all who look and who watch", async ({ facts }) => {
    const told: unknown[] = [];
    facts.watch((name, fact) => told.push([name, fact?.value]));
    assertEquals([facts.size, facts.get("b"), facts.list("")], [0, undefined, []]);
    await facts.set("b", { value: "1" });
    await facts.set("a b", { value: "2 \n\t\u{1f642}" });
    await facts.set("c", { value: "3", until: clock.date() + 60_000 });
    await facts.set("b", { value: "4" });
    assertEquals([facts.size, facts.get("b")], [3, { value: "4" }]);
    assertEquals(facts.list("a"), [["a b", { value: "2 \n\t\u{1f642}" }]]);
    assertEquals(facts.list("").map(([name]) => name), ["a b", "b", "c"]);
    await facts.set("b", undefined);
    await facts.set("none", undefined);
    assertEquals([facts.get("b"), facts.size], [undefined, 2]);
    // Of two who are to be the first, one is; and both know what holds.
    const first = (name: string, value: string) =>
      facts.change(name, (known) => known ?? { value });
    const both = await Promise.all(["x", "y"].map((value) => first("d", value)));
    assertEquals(both[0], both[1]);
    assertEquals(await first("d", "z"), both[0]);
    assertEquals(facts.get("d"), both[0]);
    const changes = [
      "b 1",
      "a b 2 \n\t\u{1f642}",
      "c 3",
      "b 4",
      "b undefined",
      `d ${both[0]!.value}`,
    ];
    assertEquals(told.map((change) => (change as string[]).map(String).join(" ")), changes);
    // What is over ends by itself.
    const soon = clock.date() + 1_000;
    await facts.set("e", { value: "5", until: soon });
    assertEquals(facts.get("e"), { value: "5", until: soon });
    using _later = wrong({ date: 1_000 });
    assertEquals([facts.get("e"), facts.list("e")], [undefined, []]);
    assertEquals(await first("e", "6"), { value: "6" });
  });

  test("who changes what holds at the same time as others changes what these made of it", async ({ facts }) => {
    const add = (value: string) =>
      facts.change("a", (known) => ({ value: `${known?.value ?? ""}${value}` }));
    await Promise.all(["1", "2", "3", "4"].map(add));
    assertEquals([...facts.get("a")!.value].sort().join(""), "1234");
    assertEquals(await facts.change("a", () => undefined), undefined);
    assertEquals([facts.get("a"), facts.size], [undefined, 0]);
    // What goes wrong goes wrong for whoever asked for it alone.
    const [wrong] = await Promise.allSettled([
      Promise.resolve().then(() => facts.change("b", () => ({ value: "x".repeat(1_025) }))),
      Promise.resolve().then(() => facts.set("c", { value: "6" })),
    ]);
    assertEquals([wrong.status, facts.get("b"), facts.get("c")], [
      "rejected",
      undefined,
      { value: "6" },
    ]);
  });

  test("facts are few and small", async ({ facts }) => {
    const long = (count: number) => "x".repeat(count);
    await facts.set(long(FACTS.name), { value: long(FACTS.value) });
    await refused("bad_message", "over 256", () => facts.set(long(257), { value: "" }));
    await refused(
      "bad_message",
      "over 1024",
      () => facts.change("a", () => ({ value: long(1_025) })),
    );
    await refused("bad_message", "half a character", () => facts.set("a", { value: "\ud800" }));
    assertEquals(facts.size, 1);
    const most = FACTS.most - 2;
    const until = clock.date() + 600_000;
    for (let i = 0; i < most; i += 500) {
      const some = Array.from({ length: Math.min(500, most - i) }, (_, j) => `f${i + j}`);
      await Promise.all(some.map((name) => facts.set(name, { value: "", until })));
    }
    await facts.change("last", () => ({ value: "" }));
    assertEquals(facts.size, FACTS.most);
    await refused("unavailable", "more than 10000", () => facts.set("more", { value: "" }));
    await facts.set("last", { value: "other" });
    await facts.set("f0", undefined);
    await facts.set("more", { value: "" });
    assertEquals(facts.size, FACTS.most);
    using _later = wrong({ date: 600_000 });
    await facts.set("room for it", { value: "" });
    assertEquals(facts.size, 4);
  });

  ifKept(
    "what holds is there after a new start, and what has ended meanwhile is not",
    async (engine, home) => {
      await engine.facts.set("a", { value: "1" });
      await engine.facts.set("a", { value: "2" });
      await engine.facts.set("b", { value: "3" });
      await engine.facts.set("b", undefined);
      const until = clock.date() + 2_000;
      await engine.facts.set("c", { value: "4", until });
      await engine.facts.set("d", { value: "5", until: until + 60_000 });
      // Of two who are to be the first the first one's is kept.
      const both = ["7", "8"].map((value) =>
        engine.facts.change("e", (known) => known ?? { value })
      );
      const [first] = await Promise.all(both);
      await engine.end();
      using _later = wrong({ date: 2_000 });
      const again = await home.start();
      const { facts } = again;
      assertEquals(facts.list(""), [
        ["a", { value: "2" }],
        ["d", { value: "5", until: until + 60_000 }],
        ["e", first!],
      ]);
      assertEquals(await facts.change("c", (known) => known ?? { value: "6" }), { value: "6" });
      await again.end();
    },
  );

  test("it says how it is", async (engine) => {
    await glass(engine, "#den");
    await say(engine, "#den", 1);
    const { name, trouble, errors } = engine.health;
    assert(name !== "");
    assertEquals([trouble ?? null, errors], [null, 0]);
  });
}

/** Looks that something is refused, and in which words. */
async function refused(code: string, words: string, act: () => Soon<unknown>) {
  const error = await assertRejects(async () => await act(), ChatError, words);
  assertEquals(error.code, code);
}

async function entryOf(said: Soon<Said>): Promise<Entry> {
  return (await said).entry;
}

async function toPromise<T>(soon: Soon<T>): Promise<T> {
  return await soon;
}

/** What is known of a channel, without anything else. */
function past({ newest, lost, floor }: Omit<Origin, "archive">) {
  return { newest, lost, floor };
}
