/** Places: where a reader stands in a room and in the private messages, and what is told of it. */
import { assert, assertEquals } from "@std/assert";
import { named } from "../hub/access/identity.ts";
import type { Hub } from "../hub.ts";
import { Feed } from "../hub/log/feed.ts";
import type { Member } from "../hub/presence/person.ts";
import {
  Client,
  forgetful,
  keeps,
  network,
  plain,
  say,
  serve,
  timely,
  type Told,
  until,
  v1,
} from "./support.ts";
import { TestTime } from "./time.ts";

/** A client of `chat.v1` with its welcome. */
async function welcomed(host: string, options: { username: string; [name: string]: unknown }) {
  const client = new Client(host, { ...options, protocols: ["chat.v1"] });
  const welcome = await client.find("welcome");
  const room = await client.find("room");
  return Object.assign(client, { welcome, room });
}

const chats = (messages: Told[]) =>
  messages.filter(({ type }) => type === "chat").map(({ content }) => content);

Deno.test("an empty room has a place, from which all that comes is sent", network, async () => {
  await using server = serve();
  const ann = await welcomed(server.host, { username: "ann", room: "den" });
  const { at } = ann.room;
  await ann[Symbol.asyncDispose]();
  await server.hub.say("bob", "den", "missed");
  await using back = await welcomed(server.host, { username: "ann", room: "den", since: at });
  assertEquals([back.room.resumed, back.room.at], [true, at]);
  assertEquals(chats(await back.settled()), ["missed"]);
});

Deno.test("a place is the newest entry on entering, of whatever kind", network, async () => {
  await using server = serve();
  await using bob = await plain(server.host, { username: "bob" });
  const join = await bob.find("join");
  await using ann = await v1(server.host, { username: "ann" });
  assertEquals(ann.room.at, join.id);
  const own = await ann.find("join");
  // Entering again moves nothing: it stands where it has read to.
  ann.send({ type: "join", room: "lobby" });
  const again = await ann.find("room");
  assertEquals([again.at, again.resumed], [own.id, undefined]);
});

Deno.test("a place with last is before what last brings", network, async () => {
  await using server = serve();
  const ids = await say(server.hub, 3);
  await using ann = await v1(server.host, { username: "ann", last: 2 });
  assertEquals(ann.room.at, ids[0]);
  await using eve = await v1(server.host, { username: "eve", last: 200 });
  assert(eve.room.at! < ids[0]!);
  await using back = await v1(server.host, { username: "max", since: eve.room.at });
  assertEquals(back.room.resumed, true);
});

Deno.test("an inbox nobody wrote to has a place, from which all is sent", network, async () => {
  await using server = serve();
  await using bob = await plain(server.host, { username: "bob" });
  const ann = await welcomed(server.host, { username: "ann" });
  const { at } = ann.welcome;
  await ann[Symbol.asyncDispose]();
  for (const text of ["one", "two"]) bob.say(text, { to: "ann" });
  await bob.take(2);
  // A newer place in a room hides nothing.
  const newer = (await server.hub.say("bob", "lobby", "public")).entry.id;
  await using back = await welcomed(server.host, { username: "ann", inbox: at, since: newer });
  assertEquals([back.welcome.at, back.room.resumed], [at, true]);
  assertEquals(chats(await back.settled()), ["one", "two"]);
});

Deno.test("without inbox, since stands for the private messages too", network, async () => {
  await using server = serve();
  await using bob = await plain(server.host, { username: "bob" });
  const ann = await welcomed(server.host, { username: "ann" });
  await ann[Symbol.asyncDispose]();
  for (const text of ["one", "two"]) bob.say(text, { to: "ann" });
  const [one] = await bob.take(2);
  await using back = await welcomed(server.host, { username: "ann", since: one!.id });
  assertEquals(chats(await back.settled()), ["two"]);
});

Deno.test("an inbox of another run of the server is told as a gap", network, async () => {
  await using before = serve();
  const ann = await welcomed(before.host, { username: "ann" });
  const place = ann.welcome.at;
  await ann[Symbol.asyncDispose]();
  await new Promise((resolve) => setTimeout(resolve, 2));
  await using server = serve();
  await using back = await welcomed(server.host, { username: "ann", inbox: place });
  const gaps = (await back.settled()).filter(({ code }) => code === "gap");
  assertEquals(gaps.map(({ room }) => room), [undefined]);
  // Where ids go on from one run to the next, the first place of all has no time.
  assert(keeps || back.welcome.at! > place!);
  // By a place in a room alone the room's loss is told, and stands for both.
  await using other = await welcomed(server.host, { username: "bob", since: place });
  const lost = (await other.settled()).filter(({ code }) => code === "gap");
  assertEquals(lost.map(({ room }) => room), ["lobby"]);
});

Deno.test("inbox must be an id, and says so", network, async () => {
  await using server = serve();
  const answer = await fetch(`http://${server.host}/ws?username=ann&inbox=x`);
  assertEquals([answer.status, (await answer.json()).detail.includes('"inbox"')], [400, true]);
});

Deno.test("a forgotten room has no head, and its loss is told once", forgetful, async () => {
  using time = new TestTime();
  await using server = serve();
  const { id } = (await server.hub.say("bob", "lobby", "gone")).entry;
  const before = await v1(server.host, { username: "eve", last: 200 });
  const first = before.room.at!;
  await before[Symbol.asyncDispose]();
  await until(() => server.hub.people.online === 0);
  time.tick(11 * 60_000);
  const page = await (await fetch(`http://${server.host}/api/rooms/lobby/messages`)).json();
  assertEquals(page, { messages: [], complete: false });
  await using ann = await v1(server.host, { username: "ann", since: first });
  assertEquals([ann.room.resumed, ann.room.head, ann.room.at], [false, null, id]);
  assertEquals((await ann.next()).code, "gap");
  await using bob = await v1(server.host, { username: "bob", since: ann.room.at });
  assertEquals([bob.room.resumed, bob.room.head], [true, null]);
});

Deno.test("a fresh room has nothing of forgotten ones", forgetful, async () => {
  using time = new TestTime();
  await using server = serve({ most: 2 });
  for (const name of ["a", "b", "c", "d"]) {
    await server.hub.say("bob", name, "x");
    time.tick(1);
  }
  time.tick(11 * 60_000);
  assertEquals(server.hub.rooms.size, 0);
  const page = await (await fetch(`http://${server.host}/api/rooms/fresh/messages`)).json();
  assertEquals(page, { messages: [], complete: true });
  await using ann = await v1(server.host, { username: "ann", room: "fresh" });
  assertEquals(ann.room.head, null);
  const { rooms } = await (await fetch(`http://${server.host}/api/rooms`)).json();
  assertEquals(rooms, [{ room: "fresh", users: 1, head: null }]);
});

Deno.test("a server whose clock is behind says where one stands instead", timely, async () => {
  let ahead: string;
  {
    using _time = new TestTime(Date.now() + 60_000);
    await using server = serve();
    ahead = (await server.hub.say("bob", "lobby", "from the future")).entry.id;
  }
  await using server = serve();
  await server.hub.say("bob", "lobby", "held");
  await using ann = await v1(server.host, { username: "ann", since: ahead, inbox: ahead });
  assertEquals([ann.room.resumed, ann.room.at! < ahead], [false, true]);
  assertEquals(chats(await ann.settled()), ["held"]);
});

/** People who come into the lobby, without a socket, and leave it in the end. */
async function crowd(hub: Hub, people: number, name = (i: number) => `guest-${i}`) {
  const members: Member[] = [];
  for (let i = 0; i < people; i++) {
    const { member } = await hub.connect(named(name(i)), new Feed());
    await hub.join("lobby", member);
    members.push(member);
  }
  const leave = (some = members) => {
    for (const member of some) hub.dismiss(member);
  };
  return { members, leave, [Symbol.dispose]: () => leave() };
}

/** A client whose socket takes nothing until it is told to: its frames wait in the server. */
async function stalled(server: ReturnType<typeof serve>, connect: typeof v1 | typeof plain) {
  const client: Client = await connect(server.host, { username: "ann" });
  await client.find("join");
  const [member] = server.hub.people.get("ann")!.members;
  const { log } = server.hub.rooms.get("lobby")!;
  // As if it had not read since: its place stays where it is.
  const place = { ...member!.feed.place(log) };
  return { client, resume: () => member!.feed.follow(log, place) };
}

Deno.test("who missed notices is told anew who is there, and goes on", network, async () => {
  await using server = serve({ announce: 1_000 });
  const { client: ann, resume } = await stalled(server, v1);
  await using _ann = ann;
  await ann.settled();
  using guests = await crowd(server.hub, 150);
  guests.leave(guests.members.slice(0, 147));
  await ann.settled();
  resume();
  const told = await ann.settled();
  const state = told.find(({ type }) => type === "room")!;
  assertEquals([state.users, state.count, state.resumed], [
    ["ann", "guest-147", "guest-148", "guest-149"],
    4,
    undefined,
  ]);
  assertEquals(told.filter(({ type }) => type === "room").length, 1);
  // What is still held comes after it, so that who counts along ends up at the same.
  const here = new Set(state.users);
  for (const { type, username } of told.slice(told.indexOf(state))) {
    if (type === "join") here.add(username);
    if (type === "leave") here.delete(username);
  }
  assertEquals([...here].sort(), state.users);
  assertEquals(told.filter(({ type }) => type === "leave").length, 147);
});

Deno.test("a plain client that missed notices is told those that are held", network, async () => {
  await using server = serve({ announce: 1_000 });
  const { client: ann, resume } = await stalled(server, plain);
  await using _ann = ann;
  using _guests = await crowd(server.hub, 300);
  await ann.settled();
  resume();
  const told = await ann.settled();
  assertEquals(told.filter(({ type }) => type === "join").length, 256);
  assertEquals(told.filter(({ type }) => type === "error"), []);
});

Deno.test(
  "notices behind a gap that fills a frame are told, and the gap once",
  forgetful,
  async () => {
    await using server = serve({ announce: 1_000, history: 1 });
    const { client: ann, resume } = await stalled(server, v1);
    await using _ann = ann;
    await server.hub.say("bob", "lobby", "lost");
    // More than a frame holds.
    using _guests = await crowd(server.hub, 250, (i) => `${i}`.padEnd(32, "\u{1f469}"));
    await say(server.hub, ["lost too", "held"]);
    await ann.settled();
    await server.hub.say("bob", "lobby", "held");
    resume();
    const told = await ann.settled();
    assertEquals(told.filter(({ code }) => code === "gap").length, 1);
    assertEquals(told.filter(({ type }) => type === "join").length, 250);
    const state = told.find(({ type }) => type === "room")!;
    assertEquals([state.resumed, chats(told)], [false, ["held"]]);
    assertEquals(told.indexOf(state), 0);
  },
);
