/** The `chat.v1` dialect: batches, welcome, rooms and typing. */
import { assert, assertEquals } from "@std/assert";
import { Client, network, plain, serve, timely, v1 } from "./support.ts";
import { TestTime } from "./time.ts";

Deno.test("chat.v1 begins with welcome and the room's state", network, async () => {
  await using server = serve({ rate: 7, burst: 9 });
  await using _bob = await plain(server.host, { username: "bob" });
  await using ann = new Client(server.host, { username: " ann ", protocols: ["chat.v1"] });
  const welcome = await ann.next();
  assertEquals(ann.socket.protocol, "chat.v1");
  assertEquals([welcome.type, welcome.username, welcome.version], ["welcome", "ann", "test"]);
  assertEquals(welcome.limits, {
    content: 4_000,
    frame: 65_536,
    rooms: 32,
    rate: 7,
    burst: 9,
    alive: 25,
  });
  const room = await ann.next();
  assertEquals<unknown>(room, {
    type: "room",
    room: "lobby",
    users: ["ann", "bob"],
    count: 2,
    head: null,
    at: room.at,
  });
  const join = await ann.next();
  assertEquals([join.type, welcome.at! < join.id, room.at! < join.id], ["join", true, true]);
});

for (
  const offer of [["chat.v2"], ["chat.v1x"], ["CHAT.V1"]]
) {
  Deno.test(`an offer of ${offer} falls back to plain`, network, async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann", protocols: offer });
    assertEquals([ann.socket.protocol, (await ann.next()).type], ["", "join"]);
  });
}

Deno.test("chat.v1 is found among several offers", network, async () => {
  await using server = serve();
  await using ann = await v1(server.host, { username: "ann" });
  await using bob = new Client(server.host, { username: "bob", protocols: ["x", "chat.v1"] });
  assertEquals((await bob.next()).type, "welcome");
  assertEquals(ann.socket.protocol, "chat.v1");
});

Deno.test(
  "chat.v1 puts what comes in one turn into one frame, never over 64 KiB",
  network,
  async () => {
    await using server = serve({ rate: 0 });
    let longest = 0;
    await using ann = await v1(server.host, { username: "ann" });
    await ann.find("join");
    ann.socket.addEventListener("message", ({ data }) => {
      longest = Math.max(longest, new TextEncoder().encode(data).length);
    });
    const before = ann.frames;
    for (let i = 0; i < 300; i++) server.hub.say("bot", "lobby", `${i} ${"é".repeat(1_000)}`);
    const said = await ann.take(300);
    assertEquals(
      said.map(({ content }) => parseInt(content)),
      Array.from({ length: 300 }, (_, i) => i),
    );
    assert(ann.frames - before < 20, `${ann.frames - before} frames for 300 messages`);
    assert(longest <= 64 * 1024 && longest > 60 * 1024, `${longest} bytes`);
  },
);

Deno.test("join and leave enter and leave further rooms on one connection", network, async () => {
  await using server = serve();
  await using ann = await v1(server.host, { username: "ann" });
  await using bob = await v1(server.host, { username: "bob", room: "den" });
  ann.send({ type: "join", room: "Den" });
  const state = await ann.find("room");
  assertEquals([state.room, state.users, state.count], ["den", ["ann", "bob"], 2]);
  ann.say("hi den", { room: "den" });
  ann.say("hi lobby");
  assertEquals((await bob.take(1))[0]!.content, "hi den");
  ann.send({ type: "leave", room: "den" });
  const left = await bob.find("leave");
  assertEquals([left.username, left.room], ["ann", "den"]);
  assertEquals((await ann.find("leave")).room, "den");
  ann.say("gone", { room: "den", ref: "r" });
  const error = await ann.find("error");
  assertEquals([error.code, error.room, error.ref], ["not_in_room", "den", "r"]);
  assertEquals(await bob.settled({ room: "den" }), []);
});

Deno.test("a connection may be in 32 rooms", network, async () => {
  await using server = serve({ rate: 0 });
  await using ann = await v1(server.host, { username: "ann" });
  for (let i = 1; i < 32; i++) {
    ann.send({ type: "join", room: `r${i}` });
    await ann.find("room");
  }
  ann.send({ type: "join", room: "one-more" });
  const error = await ann.find("error");
  assertEquals([error.code, error.room], ["too_many_rooms", "one-more"]);
  ann.send({ type: "join", room: "r1" });
  assertEquals((await ann.find("room")).room, "r1");
});

Deno.test("typing is told to the others on chat.v1, at most once in 3 s", timely, async () => {
  await using server = serve();
  using time = new TestTime();
  await using ann = await v1(server.host, { username: "ann" });
  await using bob = await v1(server.host, { username: "bob" });
  await bob.find("join");
  ann.send({ type: "typing" });
  ann.send({ type: "typing" });
  await ann.settled();
  const seen = await bob.settled();
  assertEquals<unknown>(seen.filter(({ type }) => type === "typing"), [
    { type: "typing", room: "lobby", username: "ann" },
  ]);
  assertEquals((await ann.settled()).some(({ type }) => type === "typing"), false);
  time.tick(3_000);
  ann.send({ type: "typing" });
  assertEquals((await bob.find("typing")).username, "ann");
  ann.send({ type: "typing", room: "elsewhere" });
  assertEquals((await ann.find("error")).code, "not_in_room");
  ann.send({ type: "typing", to: "BOB" });
  const typing = await bob.find("typing");
  assertEquals([typing.to, typing.username, typing.room], ["bob", "ann", undefined]);
});

Deno.test("typing is not replayed", network, async () => {
  await using server = serve();
  await using ann = await v1(server.host, { username: "ann" });
  ann.say("one");
  ann.send({ type: "typing" });
  const [one] = await ann.take(1);
  ann.say("two");
  await ann.take(1);
  await using bob = await v1(server.host, { username: "bob", since: one!.id });
  assertEquals((await bob.settled()).map(({ type }) => type), ["chat", "join"]);
});

Deno.test(
  "a big room tells chat.v1 how many it holds, at most once a second",
  timely,
  async () => {
    await using server = serve({ announce: 1 });
    using time = new TestTime();
    await using ann = await v1(server.host, { username: "ann" });
    await ann.find("join");
    await using bob = await v1(server.host, { username: "bob" });
    assertEquals(bob.room.users, ["ann", "bob"]);
    assertEquals<unknown>(await ann.next(), { type: "room", room: "lobby", count: 2 });
    const eve = await v1(server.host, { username: "eve" });
    await using _dan = await v1(server.host, { username: "dan" });
    assertEquals((await ann.settled()).filter(({ type }) => type !== "chat"), []);
    time.tick(1_000);
    assertEquals((await ann.find("room")).count, 4);
    await eve[Symbol.asyncDispose]();
    time.tick(1_000);
    assertEquals((await ann.find("room")).count, 3);
  },
);
