/** The bound of what all rooms and inboxes hold together. */
import {
  assert,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertStrictEquals,
} from "@std/assert";
import { named } from "../hub/access/identity.ts";
import { Hub, type HubOptions } from "../hub.ts";
import { type Entry, entryOf } from "../hub/log/batch.ts";
import { Feed } from "../hub/log/feed.ts";
import { Log } from "../hub/log/log.ts";
import { Holdings } from "../hub/log/holdings.ts";
import { monotonicUlid } from "@std/ulid";
import { Program } from "./program.ts";
import { granted, network, now, serve, v1 } from "./support.ts";
import { TestTime } from "./time.ts";

const programs = { ignore: !granted("net", "read", "run") };

/** What one message of this file takes. */
const ONE = chat("a").held;

function chat(room: string, content = "x".repeat(100)): Entry {
  const timestamp = new Date().toISOString();
  return entryOf({ type: "chat", username: "ann", content, timestamp, id: monotonicUlid(), room });
}

function notice(room: string, type: "join" | "leave" = "join"): Entry {
  const timestamp = new Date().toISOString();
  return entryOf({ type, username: "ann", content: "came", timestamp, id: monotonicUlid(), room });
}

/** Rooms of one letter that hold ten messages together. */
function house(most = 10) {
  const holdings = new Holdings(most * ONE);
  const logs = new Map<string, Log>();
  const log = (room: string) => {
    if (!logs.has(room)) logs.set(room, new Log({ room, holdings }));
    return logs.get(room)!;
  };
  return {
    holdings,
    log,
    /** Says something in each of some rooms, one after the other. */
    say(rooms: string): Entry[] {
      return [...rooms].map((room) => {
        const entry = chat(room);
        log(room).append(entry);
        return entry;
      });
    },
    /** How many messages each of some rooms holds. */
    held: (rooms: string) =>
      [...rooms].map((room) => now(log(room).page({ limit: 200 })).entries.length),
  };
}

Deno.test("nothing goes before the bound is reached, and then no more than need be", () => {
  const { holdings, say, held } = house();
  say("aaaaabbbbb");
  assertEquals([held("ab"), holdings.rooms], [[5, 5], 10 * ONE]);
  say("c");
  assertEquals([held("abc"), holdings.rooms], [[4, 5, 1], 10 * ONE]);
});

Deno.test("where nothing was said for longest the oldest messages go first, then where for second longest", () => {
  const { say, held } = house();
  say("aaabbbccca");
  say("dd");
  assertEquals(held("abcd"), [4, 1, 3, 2]);
  say("dd");
  assertEquals(held("abcd"), [4, 0, 2, 4]);
  say("d".repeat(20));
  assertEquals(held("abcd"), [0, 0, 0, 10]);
});

Deno.test("who has lost everything is known again once something is said", () => {
  const { say, held } = house(2);
  say("aaa");
  assertEquals(held("a"), [2]);
  say("bb");
  assertEquals(held("ab"), [0, 2]);
  say("a");
  assertEquals(held("ab"), [1, 1]);
  say("cc");
  assertEquals(held("abc"), [0, 0, 2]);
});

Deno.test("a room alone at the bound lets its own oldest go", () => {
  const { say, log } = house(3);
  const said = say("aaaaa");
  assertEquals(now(log("a").page({ limit: 9 })).entries, said.slice(2));
  assertEquals(log("a").lost, said[1]!.id);
  const big = chat("a", "x".repeat(3_000));
  log("a").append(big);
  assertEquals(now(log("a").page({ limit: 9 })).entries, []);
  assertEquals(log("a").lost, big.id);
  const after = say("aaa");
  assertEquals(now(log("a").page({ limit: 9 })).entries, after);
  say("b");
  assertEquals(now(log("a").page({ limit: 9 })).entries, after.slice(1));
});

Deno.test("who has nothing left is not asked again", () => {
  const holdings = new Holdings(10);
  let asked = 0;
  const empty = { room: "a", readers: 0, forget: () => (asked++, false) };
  const other = new Log({ room: "b", holdings });
  holdings.move(empty);
  for (let i = 0; i < 5; i++) other.append(chat("b"));
  assertEquals(asked, 1);
});

Deno.test("rooms that nobody reads go before those that somebody reads", () => {
  const { say, held, log } = house();
  const feed = new Feed();
  say("aaa");
  feed.follow(log("a"));
  say("bbbcccddd");
  assertEquals(held("abcd"), [3, 1, 3, 3]);
  say("eeeeeeee");
  assertEquals(held("abcde"), [3, 0, 0, 0, 7]);
  feed.close();
  // Used last of all: by who has just left it.
  say("f");
  assertEquals(held("aef"), [3, 6, 1]);
  say("ffffff");
  assertEquals(held("aef"), [3, 0, 7]);
  say("f");
  assertEquals(held("aef"), [2, 0, 8]);
});

Deno.test("of the rooms that are read, the one goes in which nothing was said for longest", () => {
  const { say, held, log } = house();
  const feed = new Feed();
  for (const room of "abc") feed.follow(log(room));
  say("aaabbbccca");
  say("c");
  assertEquals(held("abc"), [4, 2, 4]);
  feed.close();
});

Deno.test("notices count, and go before the messages of their room", () => {
  const { holdings, say, held, log } = house();
  say("aaaaa");
  const came = notice("a");
  log("a").append(came);
  assertEquals(holdings.rooms, 5 * ONE + came.held);
  say("bbbbb");
  assertEquals([held("ab"), holdings.rooms], [[5, 5], 10 * ONE]);
});

Deno.test("who reads is told what is lost to the bound, and once", () => {
  const { say, held, log } = house();
  const [seen] = say("aaaa");
  log("a").append(notice("a"));
  const lagging = new Feed();
  lagging.follow(log("a"), { after: seen!.id, heard: seen!.id });
  const other = new Feed();
  other.follow(log("b"));
  say("bbbbbbbbb");
  assertEquals(held("ab"), [1, 9]);
  const batches = [...lagging].map(({ gap, missed, entries }) => [gap, missed, entries.length]);
  assertEquals(batches, [[true, true, 1]]);
  // Who comes later has lost nothing.
  const late = new Feed();
  late.follow(log("a"));
  assertEquals([...late], []);
  for (const each of [lagging, other, late]) each.close();
});

Deno.test("what was made for readers goes with what it was made of, or with the last of them", () => {
  const { say, log } = house(2);
  const [seen] = say("ab");
  const place = { after: seen!.id, heard: seen!.id };
  const feed = new Feed();
  feed.follow(log("a"));
  say("a");
  const read = () => now(log("a").read(place));
  const batch = read();
  assertStrictEquals(read(), batch);
  feed.close();
  assertEquals(read() === batch, false);
  assertEquals(read().gap, false);
  say("bb");
  assertEquals(read().gap, true);
});

Deno.test("a log that is forgotten counts no more", () => {
  const { holdings, say, held, log } = house();
  say("aaabbb");
  log("a").append(notice("a"));
  log("a").close();
  assertEquals(holdings.rooms, 3 * ONE);
  say("ccccccc");
  assertEquals(held("bc"), [3, 7]);
  say("c");
  assertEquals(held("bc"), [2, 8]);
});

Deno.test("a message counts with the bytes that the runtime keeps of it", () => {
  const beside = 160;
  const of = (content: string) => {
    const { held, text } = chat("lobby", content);
    return [held - beside, text.length];
  };
  const cases: [string, number][] = [
    ["x", 1],
    ["\x7f", 1],
    ["é", 1],
    ["ÿ", 1],
    ["Ā", 2],
    ["я", 2],
    ["😀", 2],
    ["x\u0001", 1],
  ];
  for (const [content, width] of cases) {
    const [bytes, length] = of(content);
    assertEquals([content, bytes], [content, length! * width]);
  }
  // One wide character makes the whole text wide.
  const [bytes, length] = of("x".repeat(100) + "я");
  assertEquals(bytes, length! * 2);
});

/** A hub that holds about ten messages, and people who talk in it. */
function small(options: HubOptions = {}) {
  const hub = new Hub({ memory: 10 * ONE, ...options });
  const text = "x".repeat(100);
  return {
    hub,
    async enter(username: string, room = "hall") {
      const { member } = await hub.connect(named(username), new Feed());
      await hub.join(room, member);
      return member;
    },
    say: async (room: string) => (await hub.say("ann", room, text)).entry,
    whisper: async (from: string, to: string) => {
      const { member } = await hub.connect(named(from), new Feed());
      const { entry } = await hub.whisper(member.person, to, text);
      hub.dismiss(member);
      return entry;
    },
  };
}

Deno.test("who comes back to a room that has lost messages to others is told so, and from where", async () => {
  const { hub, say } = small();
  const said: Entry[] = [];
  for (let i = 0; i < 4; i++) said.push(await say("o"));
  for (let i = 0; i < 8; i++) await say("n");
  const room = hub.rooms.get("o")!;
  // Of the twelve messages, the two oldest must have gone.
  const { floor } = room.log;
  assertEquals(floor, said[1]!.id);
  const back = async (since: string) => {
    const feed = new Feed();
    const { at, resumed } = await hub.rooms.enter(
      "o",
      { since },
      (room, beginning) => hub.rooms.follow(room, feed, beginning),
    );
    const ids = [...feed].flatMap(({ entries, gap }) => [gap, ...entries.map(({ id }) => id)]);
    feed.unfollow(room.log);
    hub.rooms.rest(room);
    return { at, resumed, ids };
  };
  const rest = [false, said[2]!.id, said[3]!.id];
  assertEquals(await back(said[0]!.id), { at: floor, resumed: false, ids: rest });
  assertEquals(await back(said[1]!.id), { at: said[1]!.id, resumed: true, ids: rest });
  const last = [false, said[3]!.id];
  assertEquals(await back(said[2]!.id), { at: said[2]!.id, resumed: true, ids: last });
  const complete = async (since: Entry) =>
    (await hub.rooms.history("o", { since: since.id, limit: 9 })).complete;
  assertEquals([await complete(said[0]!), await complete(said[1]!)], [false, true]);
  assertEquals(hub.counts.evicted, 2);
});

Deno.test("inboxes are under the same bound, and those of people who left go first", async () => {
  const { hub, enter, say, whisper } = small({ memory: 30 * ONE });
  const bob = await enter("bob");
  const cat = await enter("cat");
  const lost = await whisper("bob", "cat");
  assertGreater(hub.holdings.inboxes, 0);
  hub.dismiss(cat);
  const { inbox } = cat.person;
  for (let i = 0; i < 40 && inbox!.head !== ""; i++) await say("hall");
  assertEquals([inbox!.head, inbox!.lost, bob.person.inbox!.head], ["", lost.id, lost.id]);
  assertLessOrEqual(hub.holdings.rooms + hub.holdings.inboxes, hub.holdings.bound);
});

Deno.test("what is forgotten for its age counts no more, be it a room or a person", async () => {
  using time = new TestTime();
  const { hub, enter, say, whisper } = small();
  const bob = await enter("bob");
  const cat = await enter("cat");
  await whisper("bob", "cat");
  await say("den");
  hub.dismiss(bob);
  hub.dismiss(cat);
  assertGreater(hub.holdings.inboxes, ONE);
  assertGreater(hub.holdings.rooms, ONE);
  time.tick(10 * 60_000);
  assertEquals(hub.rooms.size, 0);
  // Looks at the clock as well.
  await hub.connect(named("dan"), new Feed());
  assertEquals([hub.holdings.rooms, hub.holdings.inboxes], [0, 0]);
});

Deno.test("a hub holds 256 MiB where nothing else is said", () => {
  assertEquals(new Hub().holdings.bound, 256 * 1024 * 1024);
  assert(new Holdings().bound === 256 * 1024 * 1024);
});

Deno.test(
  "long messages push a room's history out no faster than short ones",
  network,
  async () => {
    using time = new TestTime();
    await using server = serve({ history: 10_000 });
    const { log } = await server.hub.rooms.open("lobby");
    /** How many KiB of 45 long messages get into the room within two seconds, said one after the other. */
    const kibibytes = async (say: (content: string) => Promise<unknown>) => {
      const before = log.bytes;
      for (let i = 0; i < 45; i++) {
        await say(`x${"\u0001".repeat(3_999)}`);
        if (i === 30) await time.tickAsync(2_000);
      }
      return Math.round((log.bytes - before) / 1024);
    };
    await using ann = await v1(server.host, { username: "ann" });
    // As much as 30 commands at once and 20 in two seconds: two messages of 24 KiB.
    const bySocket = await kibibytes(async (content) => {
      ann.say(content);
      while (!["chat", "error"].includes((await ann.next()).type));
    });
    const byPost = await kibibytes(async (content) => {
      const body = JSON.stringify({ username: "bot", content });
      const url = `http://${server.host}/api/rooms/lobby/messages`;
      await (await fetch(url, { method: "POST", body })).body?.cancel();
    });
    assertEquals([bySocket, byPost], [47, 47]);
  },
);

Deno.test(
  "a server holds no more than --memory, and tells exactly what is lost",
  programs,
  async () => {
    // With this little for its objects the runtime would end it, were it to hold all that is said here.
    const env = { DENO_V8_FLAGS: "--max-old-space-size=48" };
    await using program = await Program.start(["--memory", "16", "--rate", "0"], env);
    const { host } = program;
    const talk = async (room: string) => {
      await using client = await v1(host, { username: `ann of ${room}`, room });
      const ids: string[] = [];
      while (ids.length < 250) {
        for (let i = 0; i < 50; i++) client.say("x".repeat(3_900));
        ids.push(...(await client.take(50)).map(({ id }) => id));
      }
      return ids;
    };
    {
      await using _bob = await v1(host, { username: "bob" });
      await using ann = await v1(host, { username: "ann" });
      for (let i = 0; i < 50; i++) ann.say("x".repeat(3_900), { to: "bob" });
      await ann.take(50);
    }
    const said = new Map<string, string[]>();
    const names = Array.from({ length: 40 }, (_, i) => `r${i}`);
    const rest = names.values();
    const talker = async () => {
      for (const room of rest) said.set(room, await talk(room));
    };
    await Promise.all(Array.from({ length: 4 }, talker));

    const text = await (await fetch(`http://${host}/metrics`)).text();
    const value = (name: string) =>
      Number(text.split("\n").find((line) => line.startsWith(`${name} `))!.split(" ")[1]);
    const bound = value("parley_max_log_bytes");
    assertEquals(bound, 16 * 1024 * 1024);
    assertEquals(value('parley_log_bytes{in="inboxes"}'), 0);
    const held = value('parley_log_bytes{in="rooms"}');
    assert(held <= bound && held > bound - 5_000);

    let partly = 0;
    for (const [room, ids] of said) {
      const query = `since=${ids[0]}&limit=1`;
      const answer = await fetch(`http://${host}/api/rooms/${room}/messages?${query}`);
      const [oldest] = (await answer.json()).messages;
      const lost = oldest ? ids.indexOf(oldest.id) : 250;
      if (lost > 0 && lost < 250) partly++;
      // From the last message that is lost on, all is held; from the one before, it is not.
      for (const [from, resumed] of [[lost - 1, true], [lost - 2, false]] as const) {
        if (from < 0) continue;
        await using back = await v1(host, { username: "late", room, since: ids[from] });
        assertEquals([room, back.room.resumed, back.room.at], [room, resumed, ids[lost - 1]]);
        if (!resumed) assertEquals((await back.next()).code, "gap");
        if (oldest) assertEquals((await back.next()).id, oldest.id);
      }
    }
    assertGreater(partly, 0);
  },
);
