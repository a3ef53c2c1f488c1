/** The hub on an engine that takes time, and fails: nobody may notice more than that. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { named } from "../../hub/access/identity.ts";
import { Hub } from "../../hub.ts";
import type { Batch } from "../../hub/log/batch.ts";
import { Feed } from "../../hub/log/feed.ts";
import type { Member } from "../../hub/presence/person.ts";
import { ChatError } from "../../messages.ts";
import { randomFrom } from "../chat/proxy.ts";
import { calm, network, say, serve, type Told, until, v1, within } from "../support.ts";
import { soak } from "../soak/soak.ts";
import { TestTime } from "../time.ts";
import { byChance, type Deed, type Fate, SlowEngine, turn } from "./slow_engine.ts";

const idsOf = (entries: readonly { id: string }[]) => entries.map(({ id }) => id);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Somebody who enters rooms, reads in them more or less fast, and comes back where they were. */
class Guest {
  readonly name: string;
  /** Chat messages heard in each room, and in private as `@`, each with the place where reading began. */
  readonly heard = new Map<string, { from: string; ids: string[] }>();
  #hub: Hub;
  #random: () => number;
  #places = new Map<string, string>();
  #member?: Member;
  #reading?: Promise<void>;
  /** Could something not be read? */
  #isCut = false;

  constructor(hub: Hub, name: string, random: () => number) {
    this.#hub = hub;
    this.name = name;
    this.#random = random;
  }

  /** Itself, while it is connected and reads. */
  get member(): Member | undefined {
    return this.#isCut ? undefined : this.#member;
  }

  /** Connects, and enters all rooms it was in. */
  async connect() {
    if (this.member) return;
    await this.vanish();
    const feed = new Feed();
    const since = this.#places.get("@");
    const { member, at, resumed } = await this.#hub.connect(named(this.name), feed, since);
    assert(resumed !== false, `${this.name} has lost private messages`);
    this.#member = member;
    this.#begin("@", at);
    this.#reading = this.#read(feed);
    try {
      for (const name of this.#places.keys()) if (name !== "@") await this.join(name);
    } catch (error) {
      await this.vanish();
      throw error;
    }
  }

  /** Enters a room, or goes back to where it was when it asked for that. */
  async join(name: string) {
    const since = this.#places.get(name);
    if (!this.member) return;
    await this.#hub.join(name, this.member, { since }, ({ at, resumed }) => {
      assert(resumed !== false, `${this.name} has lost something in ${name}`);
      this.#begin(name, at!);
    });
  }

  async leave(name: string) {
    if (!this.member?.rooms.has(name)) return;
    const { unread } = await this.#hub.leave(name, this.member);
    for await (const batch of unread) this.#hear(batch);
  }

  /** Vanishes, and stops reading wherever that is. */
  async vanish() {
    if (this.#member) this.#hub.dismiss(this.#member);
    this.#member = undefined;
    await this.#reading;
    this.#isCut = false;
  }

  #begin(name: string, at: string) {
    const { from, ids } = this.heard.get(name) ?? { from: at, ids: [] };
    this.heard.set(name, { from, ids: ids.filter((id) => id <= at) });
    this.#places.set(name, at);
  }

  async #read(feed: Feed) {
    try {
      for await (const batches of feed) {
        for (const batch of batches) {
          this.#hear(batch);
          if (this.#random() < 0.3) await wait(this.#random() * 10);
        }
      }
    } catch (error) {
      assert(error instanceof ChatError, String(error));
      this.#isCut = true;
    }
  }

  #hear({ room = "@", entries, gap }: Batch) {
    assert(!gap, `${this.name} was told a gap in ${room}`);
    for (const { type, id } of entries) {
      if (type === "chat") {
        this.#places.set(room, id);
        this.heard.get(room)!.ids.push(id);
      }
    }
  }
}

/** An engine some of whose steps can be held back, or made to fail. */
function held() {
  const gates = new Map<Deed | "bring", PromiseWithResolvers<void>>();
  const fates = new Map<Deed, Fate>();
  const engine = new SlowEngine({
    pause: (act) => gates.get(act)?.promise ?? turn(),
    fate: (act) => fates.get(act) ?? "done",
  });
  return {
    engine,
    fates,
    /** Holds back all steps of a kind, until the function that it gives is called. */
    hold(act: Deed | "bring") {
      const gate = Promise.withResolvers<void>();
      gates.set(act, gate);
      return () => {
        gates.delete(act);
        gate.resolve();
      };
    },
  };
}

/** Somebody who is connected, and the types or contents of what they are told, in order. */
async function reader(hub: Hub, username: string, inbox?: string) {
  const feed = new Feed();
  const { member } = await hub.connect(named(username), feed, inbox);
  const told: string[] = [];
  const reading = (async () => {
    for await (const batches of feed) {
      for (const batch of batches) {
        for (const { text } of batch.for(username).entries) told.push(wordsOf(JSON.parse(text)));
      }
    }
  })();
  return {
    member,
    told,
    reading,
    join: (room: string, since?: string) =>
      hub.join(room, member, { since }, () => told.push("state")),
    async [Symbol.asyncDispose]() {
      hub.dismiss(member);
      await reading.catch(() => {});
      await calm(hub);
    },
  };
}

const wordsOf = ({ type, username, content }: Told) =>
  type === "chat" ? content : `${type} ${username}`;

Deno.test("a room's state is told before anything of it, and what comes meanwhile after it", async () => {
  const { engine, hold } = held();
  const hub = new Hub({ engine, history: 1 });
  const [first] = await say(hub, 3);
  await using ann = await reader(hub, "ann");
  const release = hold("count");
  const joined = ann.join("lobby", first);
  await say(hub, ["live"]);
  release();
  await joined;
  await until(() => ann.told.length === 5);
  assertEquals(ann.told, ["state", "1", "2", "live", "join ann"]);
});

Deno.test("who comes back at once is told that they came, and not that they left before", async () => {
  const { engine, hold } = held();
  const hub = new Hub({ engine });
  await using bob = await reader(hub, "bob");
  await bob.join("lobby");
  const ann = await reader(hub, "ann");
  await ann.join("lobby");
  await until(() => bob.told.includes("join ann"));
  const release = hold("bring");
  hub.dismiss(ann.member);
  await using back = await reader(hub, "ann");
  await back.join("lobby");
  release();
  await until(() => back.told.length === 2);
  assertEquals(back.told, ["state", "join ann"]);
  assertEquals(bob.told.slice(-2), ["leave ann", "join ann"]);
  await ann.reading;
});

Deno.test("two who open a room at once open it once, and both hear what is said in it", async () => {
  const { engine } = held();
  let opened = 0;
  const open = engine.open.bind(engine);
  engine.open = (channel, window) => {
    if (channel === "#den") opened++;
    return open(channel, window);
  };
  const hub = new Hub({ engine });
  await using ann = await reader(hub, "ann");
  await using bob = await reader(hub, "bob");
  await Promise.all([ann.join("den"), hub.say("bot", "den", "first"), bob.join("den")]);
  await say(hub, ["second"], "den");
  assertEquals(opened, 1);
  for (const { told } of [ann, bob]) {
    await until(() => told.includes("second"));
    assertEquals(told.filter((words) => words === "second").length, 1);
  }
});

Deno.test("a person who connects twice while their inbox is opened hears all on both", async () => {
  const { engine } = held();
  const hub = new Hub({ engine, keep: 0 });
  const bob = await reader(hub, "bob");
  {
    await using _ann = await reader(hub, "ann");
    for (const text of ["one", "two"]) await hub.whisper(bob.member.person, "ann", text);
  }
  const [one] = engine.kept("@ann");
  const both = await Promise.all([reader(hub, "ann", one!.id), reader(hub, "ANN", one!.id)]);
  assertEquals(both[0].member.person, both[1].member.person);
  await hub.whisper(bob.member.person, "ann", "three");
  for (const ann of both) {
    await until(() => ann.told.length === 2);
    assertEquals(ann.told, ["two", "three"]);
  }
  for (const each of [...both, bob]) await each[Symbol.asyncDispose]();
});

Deno.test("a room or an inbox that somebody waits for is not forgotten", async () => {
  const { engine, hold } = held();
  const hub = new Hub({ engine, keep: 0 });
  await using bob = await reader(hub, "bob");
  const [first] = await say(hub, 2);
  {
    await using _ann = await reader(hub, "ann");
    for (const text of ["one", "two"]) await hub.whisper(bob.member.person, "ann", text);
  }
  const [one] = engine.kept("@ann");
  hub.people.check(named("x"));
  assertEquals([hub.rooms.size, engine.windows], [0, ["@bob"]]);
  const release = hold("count");
  const connecting = reader(hub, "ann", one!.id);
  const joining = bob.join("lobby", first);
  // Both are used, and let go, by others.
  await say(hub, ["meanwhile"]);
  await hub.whisper(bob.member.person, "ann", "meanwhile");
  hub.people.check(named("x"));
  assertEquals(hub.rooms.size, 1);
  release();
  await using ann = await connecting;
  await joining;
  await say(hub, ["live"]);
  await hub.whisper(bob.member.person, "ann", "live");
  await until(() => ann.told.includes("live") && bob.told.filter((x) => x === "live").length === 2);
  assertEquals(ann.told, ["two", "meanwhile", "live"]);
  const ofRoom = bob.told.slice(bob.told.indexOf("state"));
  assertEquals(ofRoom, ["state", "1", "meanwhile", "join bob", "live", "live"]);
});

Deno.test("a room or an inbox in which nobody's place could be found is forgotten", async () => {
  const { engine, fates } = held();
  const hub = new Hub({ engine, keep: 0 });
  await using bob = await reader(hub, "bob");
  const [first] = await say(hub, 2);
  {
    await using _ann = await reader(hub, "ann");
    await hub.whisper(bob.member.person, "ann", "one");
  }
  fates.set("count", "undone");
  await assertRejects(async () => await bob.join("lobby", first), ChatError, "not the day");
  await assertRejects(() => reader(hub, "ann", engine.start), ChatError, "not the day");
  hub.people.check(named("x"));
  assertEquals([hub.rooms.size, engine.windows], [0, ["@bob"]]);
});

Deno.test("a leave brings what one said just before it, also where the room is forgotten", async () => {
  const { engine } = held();
  const hub = new Hub({ engine, keep: 0 });
  await using ann = await reader(hub, "ann");
  await ann.join("lobby");
  await until(() => ann.told.length === 2);
  const saying = hub.say("ann", "lobby", "last words");
  const leaving = hub.leave("lobby", ann.member);
  const after = hub.say("bot", "lobby", "after");
  const { unread, entry } = await leaving;
  await Promise.all([saying, after]);
  assertEquals(hub.rooms.size, 0);
  const told: string[] = [];
  for await (const { entries } of unread) {
    told.push(...entries.map(({ text }) => wordsOf(JSON.parse(text))));
  }
  assertEquals([...told, wordsOf(JSON.parse(entry.text))], ["last words", "leave ann"]);
});

Deno.test("a page that fails ends nothing for who reads elsewhere by then, or nothing any more", async () => {
  const { engine, fates, hold } = held();
  const hub = new Hub({ engine, history: 1 });
  const [first] = await say(hub, 3);
  await using ann = await reader(hub, "ann");
  await using bob = await reader(hub, "bob");
  fates.set("page", "undone");
  const release = hold("page");
  for (const each of [ann, bob]) await each.join("lobby", first);
  await until(() => ann.told.includes("state") && bob.told.includes("state"));
  const { log } = hub.rooms.get("lobby")!;
  ann.member.feed.follow(log);
  hub.dismiss(bob.member);
  release();
  fates.clear();
  await bob.reading;
  await say(hub, ["live"]);
  await until(() => ann.told.includes("live"));
  assertEquals(ann.told.includes("1"), false);
});

Deno.test("a page that failed is read again by who comes back to the same place", async () => {
  const { engine, fates } = held();
  const hub = new Hub({ engine, history: 1 });
  const [first] = await say(hub, 3);
  const room = await hub.rooms.open("lobby");
  const place = { after: first!, heard: first! };
  fates.set("page", "undone");
  const read = async () => await room.log.read(place);
  await assertRejects(read, ChatError, "not the day");
  fates.clear();
  assertEquals(idsOf((await read()).entries), idsOf(engine.kept("#lobby").slice(1)));
});

Deno.test("what is kept but not brought yet is not read back before what is told before it", async () => {
  const { engine, hold } = held();
  const hub = new Hub({ engine, history: 1 });
  const [first] = await say(hub, 3);
  await using ann = await reader(hub, "ann");
  const readPages = hold("page");
  await ann.join("lobby", first);
  await using bob = await reader(hub, "bob");
  // Its id comes first, but it is not brought yet.
  const bring = hold("bring");
  await bob.join("lobby");
  await say(hub, ["later"]);
  assertEquals(engine.kept("#lobby").length, 4);
  readPages();
  await until(() => ann.told.includes("2"));
  bring();
  await until(() => ann.told.includes("later"));
  assertEquals(ann.told, ["state", "1", "2", "join ann", "join bob", "later"]);
});

Deno.test("what is let go while a page of it is on its way is told as a gap, and the rest once", async () => {
  const { engine, hold } = held();
  const hub = new Hub({ engine, history: 2 });
  const [first] = await say(hub, 4);
  const { log } = await hub.rooms.open("lobby");
  const place = { after: first!, heard: first! };
  const release = hold("page");
  const reading = log.read(place);
  engine.lose("#lobby", idsOf(engine.kept("#lobby"))[2]!);
  await say(hub, ["x", "y", "z"]);
  release();
  const { gap, at, entries } = await reading;
  assertEquals([gap, at], [true, log.lost]);
  assertEquals(idsOf(entries), idsOf(engine.kept("#lobby").slice(0, entries.length)));
  assert(entries.length > 0);
});

Deno.test(
  "a conversation whose page fails ends with 1013, and goes on where it comes back",
  network,
  async () => {
    const { engine, fates } = held();
    await using server = serve({ engine, history: 1 });
    const { host, hub } = server;
    const [first, ...rest] = await say(hub, 3);
    fates.set("page", "undone");
    const cut = await v1(host, { username: "ann", since: first });
    assertEquals([cut.room.resumed, await cut.closed], [true, 1013]);
    fates.clear();
    await using back = await v1(host, { username: "ann", since: first });
    assertEquals(idsOf(await back.take(2)), rest);
  },
);

Deno.test("an event stream reads back page by page, and then goes on live", network, async () => {
  const { engine, fates } = held();
  await using server = serve({ engine, history: 2, keep: 0 });
  const { host, hub } = server;
  const url = `http://${host}/api/rooms/lobby/events`;
  const ids = await say(hub, Array.from({ length: 40 }, () => "x".repeat(3_000)));
  const answer = await within(fetch(`${url}?since=${ids[0]}`), "the stream");
  const stream = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const heard = () => Array.from(text.matchAll(/^id:(\w+)$/gm), ([, id]) => id);
  const until = async (count: number) => {
    while (heard().length < count) text += (await within(stream.read(), "an event")).value;
  };
  await until(20);
  const live = await say(hub, 1);
  await until(41);
  assertEquals(heard(), [...ids, ...live]);
  await stream.cancel();
  // Where it cannot be opened it ends, and nothing of it stays.
  fates.set("open", "undone");
  using time = new TestTime();
  const failed = await within(fetch(url.replace("lobby", "den")), "the stream");
  assertEquals(await within(failed.text(), "its end"), "");
  await time.tickAsync(60_000);
  assertEquals((await (await fetch(`http://${host}/api/stats`)).json()).connections, 0);
});

Deno.test("private messages that are let go are told as lost to who comes back", async () => {
  const { engine } = held();
  const hub = new Hub({ engine });
  await using ann = await reader(hub, "ann");
  await using bob = await reader(hub, "bob");
  for (const text of ["one", "two", "three"]) await hub.whisper(bob.member.person, "ann", text);
  await until(() => ann.told.length === 3);
  const [one, two] = engine.kept("@ann");
  engine.lose("@ann", two!.id);
  const lost = await hub.connect(named("ann"), new Feed(), one!.id);
  assertEquals([lost.resumed, lost.at], [false, two!.id]);
  const { resumed } = await hub.connect(named("ann"), new Feed(), two!.id);
  assertEquals(resumed, true);
});

Deno.test(
  "an event stream whose reader goes before it is open leaves nothing behind",
  network,
  async () => {
    for (const end of ["reader", "server"]) {
      const { engine, hold } = held();
      const errors: string[] = [];
      const log = (level: string, event: string) => void (level === "error" && errors.push(event));
      await using server = serve({ engine, keep: 0, log });
      const release = hold("open");
      const aborting = new AbortController();
      const url = `http://${server.host}/api/rooms/den/events`;
      const stream = await within(fetch(url, { signal: aborting.signal }), "the stream");
      if (end === "reader") aborting.abort();
      else server.drain();
      // So that the server has heard of it.
      for (let i = 0; i < 10; i++) await turn();
      release();
      await engine.settled();
      await stream.text().catch(() => {});
      await until(() => server.hub.rooms.size === 0 && engine.windows.length === 0);
      assertEquals(errors, []);
    }
  },
);

Deno.test("whatever takes time or fails, everybody hears everything once and in order", async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  // deno-lint-ignore no-console
  console.log(`seed ${seed}`);
  const random = randomFrom(seed);
  const pick = <T>(among: readonly T[]) => among[Math.floor(random() * among.length)]!;
  const engine = new SlowEngine(byChance(random, 4, 0.03));
  const hub = new Hub({ engine, history: 8, most: 1, keep: 20 });
  const guests = ["ann", "bob", "cat", "dan", "bob"].map((name) => new Guest(hub, name, random));
  const rooms = ["a", "b", "c", "d"];
  let count = 0;

  const speak = (act: () => ReturnType<Hub["say"]>) => patiently(act);
  const acts: [number, (guest: Guest) => Promise<unknown>][] = [
    [
      10,
      (guest) =>
        speak(() => hub.say(guest.name, pick(rooms), "x".repeat(count % 9 * 200), `${count++}`)),
    ],
    [4, (guest) => {
      const { member } = guest;
      if (!member) return guest.connect();
      const ref = `${count++}`;
      return speak(() => hub.whisper(member.person, pick(guests).name, "psst", ref))
        .catch((error) => assertEquals(error.code, "no_such_user"));
    }],
    [4, (guest) => guest.member ? guest.join(pick(rooms)) : guest.connect()],
    [2, (guest) => guest.leave(pick(rooms))],
    [2, (guest) => guest.vanish()],
    [2, (guest) => guest.connect()],
  ];
  const total = acts.reduce((sum, [weight]) => sum + weight, 0);
  const lives = guests.map(async (guest) => {
    for (let step = 0; step < 150; step++) {
      let dice = random() * total;
      const [, act] = acts.find(([weight]) => (dice -= weight) < 0)!;
      await unlessUnavailable(act(guest));
      if (random() < 0.3) await turn();
    }
  });
  await within(Promise.all(lives), "the last step", 60_000);
  await engine.settled();
  const said = ({ name }: Guest, room: string, from: string) => {
    const kept = engine.kept(room === "@" ? `@${name}` : `#${room}`);
    return idsOf(kept).filter((id) => id > from);
  };
  /** Waits until somebody has heard everything in some places. */
  const hears = async (guest: Guest, places: () => Iterable<string>) => {
    for (let i = 0; i < 1_000; i++) {
      await unlessUnavailable(guest.connect());
      const isBehind = [...places()].some((room) => {
        const { from, ids } = guest.heard.get(room)!;
        return ids.length < said(guest, room, from).length;
      });
      if (guest.member && !isBehind) break;
      await wait(5);
    }
    for (const [room, { from, ids }] of guest.heard) {
      const all = said(guest, room, from);
      const wrong = ids.findIndex((id, i) => id !== all[i]);
      assertEquals([room, wrong, ids[wrong]], [room, -1, undefined]);
      if ([...places()].includes(room)) assertEquals([room, ids.length], [room, all.length]);
    }
  };
  for (const guest of guests) await hears(guest, () => ["@", ...guest.member?.rooms ?? []]);
  for (const guest of guests) {
    await guest.vanish();
    await hears(guest, () => guest.heard.keys());
  }
  for (const guest of guests) await guest.vanish();
  await engine.end();
  // Nothing of them is left.
  await wait(20);
  hub.people.check(named("anybody"));
  assertEquals([hub.rooms.size, hub.people.online, engine.windows], [0, 0, []]);
  await calm(hub);
});

async function unlessUnavailable(done: Promise<unknown>) {
  try {
    await done;
  } catch (error) {
    if (!(error instanceof ChatError && error.code === "unavailable")) throw error;
  }
}

/** Says something until it is known to be said, as a client would. */
async function patiently<T>(act: () => T | Promise<T>): Promise<T> {
  for (let i = 0;; i++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ChatError && error.code === "unavailable") || i > 20) throw error;
    }
  }
}

Deno.test(
  "clients on it hear everything once and in order, through cuts and failures",
  network,
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    // deno-lint-ignore no-console
    console.log(`seed ${seed}`);
    const engine = new SlowEngine(byChance(randomFrom(seed), 3, 0.005));
    const { heard, resumed, gaps } = await soak({ seed, steps: 1_500, engine });
    assert(heard > 500 && resumed > 10, "the run was too calm to show anything");
    assertEquals(gaps, 0);
    await engine.end();
  },
);
