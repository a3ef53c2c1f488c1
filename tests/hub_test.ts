/** The hub by itself: what it holds, counts and tells, without a socket. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { named } from "../hub/access/identity.ts";
import type { Hub } from "../hub.ts";
import { clock } from "../hub/base/clock.ts";
import type { Entry } from "../hub/log/batch.ts";
import { Feed } from "../hub/log/feed.ts";
import type { Room } from "../hub/presence/room.ts";
import { ChatError, type Message } from "../messages.ts";
import { brought, calm, forgetful, makeHub, now, say, timely } from "./support.ts";
import { TestTime } from "./time.ts";

/** Somebody connected, and what they are told from then on. */
async function guest(hub: Hub, username: string, room = "lobby") {
  const feed = new Feed();
  const { member } = await hub.connect(named(username), feed);
  const state = await hub.join(room, member);
  return {
    member,
    state,
    /** What is new, as messages. */
    told(): Message[] {
      const entries = [...feed].flatMap((batch) => batch.for(username).entries);
      return entries.map(({ text }) => JSON.parse(text));
    },
  };
}

Deno.test("a second join with last brings history, and without it moves nothing", async () => {
  await using hub = makeHub();
  await say(hub, ["one", "two"]);
  const ann = await guest(hub, "ann");
  await brought(hub);
  await calm(hub);
  assertEquals(ann.told().map(({ type }) => type), ["join"]);
  await hub.join("lobby", ann.member, { last: 1 });
  assertEquals(ann.told().map((message) => "content" in message && message.content), ["two"]);
  await hub.join("lobby", ann.member);
  assertEquals(ann.told(), []);
});

Deno.test("a ref stands for one message to a person, however either is spelled", async () => {
  await using hub = makeHub();
  const ann = await guest(hub, "ann");
  const bob = await guest(hub, "bob");
  const { entry } = await hub.whisper(ann.member.person, "bob", "psst", "r");
  hub.dismiss(bob.member);
  await guest(hub, "BOB");
  const again = await hub.whisper(ann.member.person, "Bob", "psst", "r");
  assertEquals([again.again, again.entry.id], [true, entry.id]);
});

Deno.test("where somebody was writing is held of so many places only, the latest", async () => {
  using time = new TestTime();
  await using hub = makeHub();
  const { person } = (await guest(hub, "ann")).member;
  const rooms: Room[] = [];
  for (let i = 0; i <= 32; i++) rooms.push(await hub.rooms.open(`r${i}`));
  const write = (i: number) => hub.typing(person, { room: rooms[i]! });
  for (let i = 0; i < 32; i++) write(i);
  time.tick(3_000);
  // Written again, the first is the latest now, and stays when another place is added.
  write(0);
  write(32);
  assertEquals(person.typed!.size, 32);
  const heard = (i: number) => rooms[i]!.log.end.after;
  const before = [heard(0), heard(32)];
  write(0);
  write(32);
  assertEquals([heard(0), heard(32)], before);
  assertEquals(person.typed!.has("r1"), false);
});

Deno.test(
  "writing is told again after 3 s, also where the machine's clock steps",
  timely,
  async () => {
    using time = new TestTime();
    await using hub = makeHub();
    const { person } = (await guest(hub, "ann")).member;
    const room = hub.rooms.get("lobby")!;
    await brought(hub);
    const told = async () => {
      const before = room.log.end.after;
      hub.typing(person, { room });
      await brought(hub);
      return room.log.end.after !== before;
    };
    assertEquals([await told(), await told()], [true, false]);
    for (const step of [-3_600_000, 3_600_000]) {
      clock.date = () => Date.now() + step;
      assertEquals(await told(), false);
      time.tick(3_000);
      assertEquals(await told(), true);
    }
  },
);

Deno.test(
  "writing to a person is told once in 3 s, however either is spelled",
  timely,
  async () => {
    using time = new TestTime();
    await using hub = makeHub();
    const { person } = (await guest(hub, "ann")).member;
    const bob = await guest(hub, "bob");
    hub.typing(person, { to: "Bob" });
    await hub.engine.stamp("@bob");
    hub.dismiss(bob.member);
    const { inbox } = (await guest(hub, "BOB")).member.person;
    const told = async () => {
      await hub.engine.stamp("@bob");
      return now(inbox!.read({ after: "", heard: "" })).entries.length;
    };
    hub.typing(person, { to: "bob" });
    assertEquals(await told(), 1);
    time.tick(3_000);
    hub.typing(person, { to: "bob" });
    assertEquals(await told(), 2);
  },
);

Deno.test("a room that shrinks to the bound is told by name again", timely, async () => {
  using time = new TestTime();
  await using hub = makeHub({ announce: 2 });
  const [ann, bob] = [await guest(hub, "ann"), await guest(hub, "bob")];
  const eve = await guest(hub, "eve");
  const { log } = hub.rooms.get("lobby")!;
  const last = async () => {
    await brought(hub);
    return JSON.parse(now(log.read({ after: "", heard: "" })).entries.at(-1)!.text);
  };
  assertEquals([(await last()).count, (await last()).users], [3, undefined]);
  time.tick(1_000);
  hub.dismiss(eve.member);
  assertEquals([(await last()).count, (await last()).users], [2, ["ann", "bob"]]);
  hub.dismiss(bob.member);
  assertEquals([(await last()).type, (await last()).username], ["leave", "bob"]);
  hub.dismiss(ann.member);
});

Deno.test(
  "a big room is counted once a second, also where the machine's clock steps",
  timely,
  async () => {
    using time = new TestTime();
    await using hub = makeHub({ announce: 1 });
    await guest(hub, "ann");
    const log = hub.rooms.get("lobby")!.log;
    const counts = async () => {
      await brought(hub);
      const { entries } = now(log.read({ after: "", heard: "" }));
      return entries.filter(({ type }) => type === "room").length;
    };
    await guest(hub, "bob");
    assertEquals(await counts(), 1);
    for (const step of [-3_600_000, 3_600_000]) {
      clock.date = () => Date.now() + step;
      const before = await counts();
      await guest(hub, `late ${step}`);
      time.tick(999);
      assertEquals(await counts(), before);
      time.tick(1);
      assertEquals(await counts(), before + 1);
    }
  },
);

Deno.test("a room's state names two hundred people at most, sorted", async () => {
  await using hub = makeHub({ announce: 1_000 });
  for (let i = 0; i < 199; i++) await guest(hub, String(i).padStart(3, "0"));
  assertEquals((await guest(hub, "x")).state.users!.length, 200);
  const { users, count } = (await guest(hub, "a")).state;
  assertEquals([users!.length, count, users!.at(-1)], [200, 201, "a"]);
});

Deno.test("somebody who comes back is spelled and dated as of then", async () => {
  using time = new TestTime();
  await using hub = makeHub();
  const first = await guest(hub, "ann");
  await guest(hub, "ANN");
  const since = hub.people.users()[0]!;
  hub.dismiss(first.member);
  assertEquals(hub.people.users()[0], { ...since, connections: 1 });
  for (const member of [...hub.people.get("ann")!.members]) hub.dismiss(member);
  time.tick(1_000);
  await guest(hub, "Ann");
  const [back] = hub.people.users();
  assertEquals(back!.username, "Ann");
  assertEquals(Date.parse(back!.connectedAt), Date.parse(since.connectedAt) + 1_000);
});

Deno.test("a connection without a place in the private messages is told no loss", async () => {
  await using hub = makeHub();
  const { resumed } = await hub.connect(named("ann"), new Feed());
  assertEquals(resumed, undefined);
  const { member } = await hub.connect(named("bob"), new Feed());
  await hub.whisper(member.person, "ann", "psst");
  assertEquals((await hub.connect(named("ann"), new Feed())).resumed, undefined);
});

Deno.test("only rooms entered with since are counted as resumed or not", forgetful, async () => {
  await using hub = makeHub({ history: 1 });
  const [first] = await say(hub, 1);
  await guest(hub, "ann");
  assertEquals([...hub.counts.resumes], [[true, 0], [false, 0]]);
  const { member } = await guest(hub, "eve", "den");
  await hub.join("lobby", member, { since: first });
  await say(hub, 2);
  await hub.join("lobby", member, { since: first });
  assertEquals([...hub.counts.resumes], [[true, 1], [false, 1]]);
});

Deno.test("a room that nobody reads any more is forgotten after a while", async () => {
  using time = new TestTime();
  await using hub = makeHub();
  const [room, again] = [await hub.rooms.open("lobby"), await hub.rooms.open("lobby")];
  hub.rooms.rest(again);
  time.tick(11 * 60_000);
  assertEquals(hub.rooms.size, 1);
  hub.rooms.rest(room);
  time.tick(11 * 60_000);
  assertEquals(hub.rooms.size, 0);
});

Deno.test("what is kept for somebody who is gone outlives a step of the machine's clock", async () => {
  using time = new TestTime();
  await using hub = makeHub();
  const { member } = await guest(hub, "ann");
  hub.dismiss(member);
  for (const step of [3_600_000, -3_600_000]) {
    clock.date = () => Date.now() + step;
    assert(hub.people.get("ann"));
  }
  time.tick(11 * 60_000);
  assertEquals(hub.people.get("ann"), undefined);
});

Deno.test("a leave gives what was said before it, also what is read later, and no more", async () => {
  await using hub = makeHub();
  const ann = await guest(hub, "ann");
  await guest(hub, "bob");
  const said = await say(hub, 2);
  const { unread, entry } = await hub.leave("lobby", ann.member);
  await hub.say("bob", "lobby", "after");
  const told: Entry[] = [];
  for await (const { entries } of unread) told.push(...entries);
  assertEquals(told.map(({ type }) => type), ["join", "join", "chat", "chat"]);
  assertEquals(told.slice(2).map(({ id }) => id), said);
  assert(entry.id > said[1]!);
  assertThrows(() => hub.leave("lobby", ann.member), ChatError, "not in room");
});
