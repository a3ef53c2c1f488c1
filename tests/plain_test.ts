/** The plain dialect: what a client of the original backend sees. */
import { assertEquals, assertMatch } from "@std/assert";
import { Client, network, plain, serve } from "./support.ts";
import { TestTime } from "./time.ts";

Deno.test(
  "two plain clients see each other join, talk in one order and leave",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    const joined = await ann.next();
    assertEquals(
      [joined.type, joined.username, joined.content, joined.room],
      ["join", "ann", "ann joined the chat", "lobby"],
    );
    assertMatch(joined.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const bob = await plain(server.host, { username: "bob" });
    assertEquals((await bob.next()).content, "bob joined the chat");
    assertEquals((await ann.next()).content, "bob joined the chat");
    bob.say("one", { ref: "b1" });
    ann.say("two");
    const [seenByAnn, seenByBob] = await Promise.all([ann.take(2), bob.take(2)]);
    assertEquals(seenByAnn, seenByBob);
    const one = seenByAnn.find(({ content }) => content === "one")!;
    assertEquals([one.type, one.username, one.room, one.ref], ["chat", "bob", "lobby", "b1"]);
    assertMatch(one.id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    await bob[Symbol.asyncDispose]();
    const left = await ann.next();
    assertEquals([left.type, left.content], ["leave", "bob left the chat"]);
  },
);

Deno.test(
  "a plain client gets one message per frame, and only the four original types",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    await using bob = new Client(server.host, { username: "bob", protocols: ["chat.v1"] });
    await bob.find("room");
    bob.send({ type: "typing" });
    for (let i = 0; i < 19; i++) bob.say(String(i));
    await bob.settled();
    const messages = await ann.settled();
    assertEquals(messages.map(({ type }) => type), ["join", "join", ...Array(20).fill("chat")]);
    assertEquals(ann.frames, messages.length + 1);
  },
);

Deno.test(
  "a bad frame is answered with what would be right, and the others notice nothing",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    await using bob = await plain(server.host, { username: "bob" });
    await ann.find("join");
    await ann.find("join");
    for (
      const [frame, code] of [
        ["no json", "bad_json"],
        ["[]", "bad_message"],
        ['{"type":"dance","ref":"r"}', "unknown_type"],
        ['{"type":"chat","content":"  "}', "empty"],
        [JSON.stringify({ type: "chat", content: "x".repeat(4_001) }), "too_long"],
        ['{"type":"chat","content":"x","room":"elsewhere"}', "not_in_room"],
        ['{"type":"leave","room":"elsewhere"}', "not_in_room"],
        ['{"type":"chat","content":"x","to":"nobody"}', "no_such_user"],
      ] as const
    ) {
      ann.socket.send(frame);
      const error = await ann.next();
      assertEquals([error.type, error.username, error.code], ["error", "system", code]);
      assertEquals(error.temporary, false);
    }
    ann.socket.send(new Uint8Array([1, 2, 3]));
    assertEquals((await ann.next()).code, "bad_json");
    ann.say("still here");
    assertEquals((await ann.next()).content, "still here");
    assertEquals((await bob.take(1, "chat"))[0]!.content, "still here");
  },
);

Deno.test(
  "the fifth malformed frame in a row ends the conversation with 4400",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    for (let i = 0; i < 4; i++) ann.socket.send("{");
    ann.say("a good one in between");
    for (let i = 0; i < 5; i++) ann.socket.send("{");
    assertEquals((await ann.take(9, "error")).length, 9);
    assertEquals(await ann.closed, 4400);
  },
);

for (const size of [70, 1024]) {
  Deno.test(`a frame of ${size} KiB ends the connection with 1009`, network, async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    ann.say("x".repeat(size * 1024));
    assertEquals(await ann.closed, 1009);
  });
}

Deno.test(
  "commands over the rate are refused with the time to wait, and taken after it",
  network,
  async () => {
    await using server = serve({ rate: 10, burst: 3 });
    using time = new TestTime();
    await using ann = await plain(server.host, { username: "ann" });
    await ann.find("join");
    for (let i = 0; i < 3; i++) ann.say(String(i));
    await ann.take(3);
    ann.say("too fast", { ref: "r" });
    const error = await ann.next();
    assertEquals(
      [error.code, error.temporary, error.retryAfter, error.ref],
      ["rate_limited", true, 100, "r"],
    );
    time.tick(100);
    ann.say("again", { ref: "r" });
    assertEquals((await ann.next()).content, "again");
  },
);

Deno.test("fifty refused commands in a row end the conversation with 4429", network, async () => {
  await using server = serve({ rate: 1, burst: 1 });
  using _time = new TestTime();
  await using ann = await plain(server.host, { username: "ann" });
  ann.say("the only one");
  await ann.find("chat");
  for (let i = 0; i < 50; i++) {
    ann.say("more");
    assertEquals((await ann.next()).code, "rate_limited");
  }
  assertEquals(await ann.closed, 4429);
});

Deno.test(
  "a person with two connections joins once, and leaves after the last",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    await ann.find("join");
    const one = await plain(server.host, { username: "Bob" });
    await ann.find("join");
    const two = await plain(server.host, { username: "bob" });
    two.say("same person");
    const [said] = await one.take(1);
    assertEquals(said!.username, "Bob");
    await one[Symbol.asyncDispose]();
    two.say("still here");
    const seen = [await ann.next(), await ann.next()];
    assertEquals(seen.map(({ type }) => type), ["chat", "chat"]);
    await two[Symbol.asyncDispose]();
    assertEquals((await ann.next()).content, "Bob left the chat");
  },
);

Deno.test("a big room is not told who comes and goes", network, async () => {
  await using server = serve({ announce: 2 });
  await using ann = await plain(server.host, { username: "ann" });
  await using bob = await plain(server.host, { username: "bob" });
  await bob.settled();
  {
    await using eve = await plain(server.host, { username: "eve" });
    assertEquals(await eve.settled(), []);
  }
  const told = (await ann.settled()).filter(({ type }) => type !== "chat");
  assertEquals(told.map(({ content }) => content), ["ann joined the chat", "bob joined the chat"]);
});

Deno.test(
  "a long frame costs a command for each KiB, at most the whole burst",
  network,
  async () => {
    await using server = serve({ rate: 1, burst: 10 });
    using time = new TestTime();
    await using ann = await plain(server.host, { username: "ann" });
    await ann.find("join");
    const around = JSON.stringify({ type: "chat", content: "" }).length;
    const say = async (bytes: number) => {
      ann.say("x".repeat(bytes - around));
      const { type, retryAfter } = await ann.next();
      return type === "error" ? retryAfter : type;
    };
    // 1 + 2 + 4 + 3 of 10.
    for (const bytes of [1_024, 1_025, 3 * 1_024 + 1, 3 * 1_024]) {
      assertEquals(
        await say(bytes),
        "chat",
      );
    }
    assertEquals(await say(100), 1_000);
    time.tick(2_000);
    assertEquals(await say(3 * 1_024), 1_000);
    assertEquals(await say(2 * 1_024), "chat");
    // Three bytes a character.
    time.tick(2_000);
    ann.say("\u20ac".repeat(700));
    assertEquals((await ann.next()).retryAfter, 1_000);
    // What is longer than the burst waits for all of it, and is taken then.
    time.tick(7_000);
    ann.socket.send("x".repeat(60_000));
    assertEquals((await ann.next()).retryAfter, 1_000);
    time.tick(1_000);
    ann.socket.send("x".repeat(60_000));
    assertEquals((await ann.next()).code, "bad_json");
  },
);

Deno.test("what is over the rate is refused unread, with its ref", network, async () => {
  await using server = serve({ rate: 1, burst: 1 });
  using _time = new TestTime();
  await using ann = await plain(server.host, { username: "ann" });
  await ann.find("join");
  ann.say("the only one");
  await ann.find("chat");
  for (
    const [frame, ref] of [
      ['{"type":"chat","content":"x","ref":"a \\"b\\" \\u00e9"}', 'a "b" é'],
      ['{"ref" : "r", "type":', "r"],
      ["{", undefined],
      ['{"type":"chat","content":"\\"ref\\":\\"no\\"","ref":"yes"}', "yes"],
      [JSON.stringify({ type: "chat", content: "x", ref: "r".repeat(65) }), undefined],
      ['{"ref":"\\x"}', undefined],
    ] as const
  ) {
    ann.socket.send(frame);
    const error = await ann.next();
    assertEquals([error.code, error.ref], ["rate_limited", ref]);
  }
  assertEquals(server.hub.counts.rejected.get("bad_json"), 0);
});

Deno.test("only commands refused in a row end the conversation", network, async () => {
  await using server = serve({ rate: 1, burst: 1 });
  using time = new TestTime();
  await using ann = await plain(server.host, { username: "ann" });
  await ann.find("join");
  for (let round = 0; round < 2; round++) {
    ann.say("within the rate");
    assertEquals((await ann.next()).type, "chat");
    for (let i = 0; i < 49; i++) {
      ann.say("more");
      assertEquals((await ann.next()).code, "rate_limited");
    }
    time.tick(1_000);
  }
  ann.say("still here");
  assertEquals((await ann.next()).content, "still here");
});

Deno.test("what is handed to a plain client is counted by what it is told", network, async () => {
  await using server = serve();
  await using ann = await plain(server.host, { username: "ann" });
  await ann.find("join");
  const before = server.hub.counts.delivered;
  const { person } = [...server.hub.people.get("ann")!.members][0]!;
  server.hub.typing({ ...person, username: "bob" } as typeof person, { to: "ann" });
  ann.say("one");
  await ann.take(1);
  assertEquals(server.hub.counts.delivered - before, 1);
});
