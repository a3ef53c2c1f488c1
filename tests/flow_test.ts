/** Many at once: one order for everybody, each message once, whenever one comes in. */
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers/promises";
import { Feed } from "../hub/log/feed.ts";
import { entryOf } from "../hub/log/batch.ts";
import { Log } from "../hub/log/log.ts";
import { Frames, RawClient, textFrame } from "./raw.ts";
import { type Client, network, plain, serve, type Told, until, v1 } from "./support.ts";

/** Do the ids strictly increase? */
const ascending = (messages: Told[]) =>
  messages.every(({ id }, i) => i === 0 || id > messages[i - 1]!.id);

Deno.test(
  "eight senders in two rooms and two inboxes: one order each, for everybody",
  network,
  async () => {
    await using server = serve({ rate: 0 });
    const names = Array.from({ length: 8 }, (_, i) => `sender-${i}`);
    const senders = await Promise.all(
      names.map((username, i) => (i % 2 ? v1 : plain)(server.host, { username, room: "a" })),
    );
    for (const [i, sender] of senders.entries()) {
      sender.send({ type: "join", room: "b" });
      while (true) {
        const { room, username } = await sender.find("join");
        if (room === "b" && username === names[i]) break;
      }
    }
    const count = 50;
    const [first, second] = names;
    for (let n = 0; n < count; n++) {
      for (const sender of senders) {
        for (const target of [{ room: "a" }, { room: "b" }, { to: first }, { to: second }]) {
          sender.say(`${n}`, target);
        }
      }
      await setImmediate();
    }
    // Both rooms; what one says to the two; and, for the two, what the others say to them.
    const heard = await Promise.all(
      senders.map((sender, i) => sender.take((2 * 8 + 2 + (i < 2 ? 7 : 0)) * count)),
    );
    for (const room of ["a", "b"]) {
      const [one, ...others] = heard.map((all) => all.filter((message) => message.room === room));
      assertEquals(one!.length, 8 * count);
      assert(ascending(one!));
      for (const other of others) assertEquals(other, one);
    }
    for (const [i, to] of [first, second].entries()) {
      const inbox = heard[i]!.filter((message) => message.to === to);
      assertEquals(inbox.length, 8 * count);
      assert(ascending(inbox));
      for (const [j, username] of names.entries()) {
        const theirs = heard[j]!.filter((one) => one.to === to && one.username === username);
        assertEquals(theirs, inbox.filter((message) => message.username === username));
      }
    }
    for (const sender of senders) await sender[Symbol.asyncDispose]();
  },
);

Deno.test(
  "who joins with since while 1,000 messages are said gets each once",
  network,
  async () => {
    await using server = serve({ rate: 0, history: 5_000 });
    const { id: since } = (await server.hub.say("bot", "lobby", "first")).entry;
    let said = 0;
    const joined: Promise<Told[]>[] = [];
    const clients: Client[] = [];
    for (let turn = 0; turn < 100; turn++) {
      for (let i = 0; i < 10; i++) server.hub.say("bot", "lobby", `${said++}`);
      if (turn % 10 === 5) {
        const options = { username: `ann-${turn}`, since };
        joined.push(
          (turn % 20 === 5 ? v1 : plain)(server.host, options).then((client) => {
            clients.push(client);
            return client.take(1_000);
          }),
        );
      }
      await setImmediate();
    }
    const expected = Array.from({ length: 1_000 }, (_, i) => `${i}`);
    for (const messages of await Promise.all(joined)) {
      assertEquals(messages.map(({ content }) => content), expected);
      assert(ascending(messages));
    }
    for (const client of clients) {
      // What the others said last comes too; nothing of before comes again.
      const rest = (await client.settled()).filter(({ type }) => type === "chat");
      assertEquals(rest.filter(({ content }) => content !== "last word"), []);
    }
    for (const client of clients) await client[Symbol.asyncDispose]();
  },
);

Deno.test(
  "who reads gets what one turn brings, also where the history holds less",
  network,
  async () => {
    await using server = serve({ rate: 0, history: 250 });
    await using ann = await v1(server.host, { username: "ann" });
    for (let i = 0; i < 800; i++) {
      server.hub.say("bot", "lobby", `${i} ${"x".repeat(80)}`);
      // The turn goes on: nothing is sent yet, but it can be read and written.
      await Promise.resolve();
    }
    const heard = (await ann.settled()).filter(({ type }) => type === "chat");
    const said = Array.from({ length: 800 }, (_, i) => i);
    assertEquals(heard.map(({ content }) => parseInt(content)), said);
    assertEquals(server.hub.counts.gaps, 0);
  },
);

Deno.test("who says something and leaves at once hears it first", network, async () => {
  await using server = serve();
  // So many that the one who leaves is not among the first to be woken.
  const others = Array.from({ length: 100 }, (_, i) => ({ username: `other-${i}` }));
  const clients = await Promise.all(others.map((other) => v1(server.host, other)));
  await using ann = await RawClient.talk(server.host, { username: "ann" });
  const commands = [{ type: "chat", content: "last words" }, { type: "leave", room: "lobby" }];
  ann.write(Buffer.concat(commands.map((command) => textFrame(JSON.stringify(command)))));
  let told = "";
  while (!told.includes("ann left")) {
    const piece = await ann.read();
    assert(piece.length > 0, "the server hung up");
    told += new TextDecoder().decode(piece);
  }
  assert(told.includes("last words"));
  for (const client of clients) await client[Symbol.asyncDispose]();
});

Deno.test(
  "a sender that vanishes before the echo and says it again is heard once",
  network,
  async () => {
    await using server = serve();
    await using bob = await v1(server.host, { username: "bob" });
    const frame = textFrame(JSON.stringify({ type: "chat", content: "did it arrive?", ref: "r1" }));
    for (let attempt = 0; attempt < 3; attempt++) {
      const ann = await RawClient.talk(server.host, { username: "ann" });
      ann.write(frame);
      await bob.find(attempt === 0 ? "chat" : "join");
      await ann.reset();
      await bob.find("leave");
    }
    assertEquals(server.hub.counts.messages, 1);
    const chats = (await bob.settled()).filter(({ type }) => type === "chat");
    assertEquals(chats, []);
  },
);

Deno.test(
  "what is said again while it is still to come is told in its turn, and once",
  network,
  async () => {
    const size = 64 * 1024 * 1024;
    await using server = serve({ rate: 0, history: 10_000, size, socket: { unsent: 2_000 } });
    const { hub, host } = server;
    await using ann = await RawClient.talk(host, { username: "ann" });
    const heard: Told[] = [];
    const frames = new Frames();
    ann.listen((piece) => {
      for (const text of frames.push(piece ?? new Uint8Array())) heard.push(JSON.parse(text));
    });
    await until(() => heard.length > 0);
    ann.pause();
    // More than the buffers on the way take in: the rest waits in the room's log.
    for (let i = 0; i < 4_000; i++) {
      const said = hub.say("bob", "lobby", "x".repeat(4_000));
      if (i % 10 === 0) await Promise.all([said, setImmediate()]);
    }
    const frame = textFrame(JSON.stringify({ type: "chat", content: "mine", ref: "r" }));
    ann.write(Buffer.concat([frame, frame, frame]));
    await until(() => hub.counts.commands.chat === 3);
    ann.resume();
    hub.say("bob", "lobby", "the end");
    await until(() => heard.at(-1)!.content === "the end");
    assert(ascending(heard));
    assertEquals(heard.filter(({ content }) => content === "mine").length, 1);
  },
);

Deno.test("a feed awaits what is ahead of its place, and not lost", () => {
  const log = new Log({ room: "lobby", history: 2 });
  const feed = new Feed();
  feed.follow(log);
  for (const id of ["1", "2", "3"]) {
    log.append(entryOf({ type: "chat", username: "", content: "", timestamp: "", id }));
  }
  const awaited = () => ["1", "2", "3"].filter((id) => feed.awaits("lobby", id));
  assertEquals(awaited(), ["2", "3"]);
  assertEquals(feed.awaits(undefined, "3"), false);
  feed.wake(log);
  feed.take();
  assertEquals(awaited(), []);
  feed.close();
});

Deno.test("a thousand readers at different places of a log hold places, not messages", () => {
  const log = new Log({ room: "lobby", history: 1_000, size: 8 * 1024 * 1024 });
  const ids = Array.from({ length: 1_000 }, (_, i) => String(i).padStart(26, "0"));
  for (const id of ids) {
    log.append(entryOf({
      type: "chat",
      username: "bot",
      content: "x".repeat(4_000),
      timestamp: "",
      room: "lobby",
      id,
    }));
  }
  const readers = ids.map((after) => {
    const feed = new Feed();
    feed.follow(log, { after, heard: after });
    return { feed, after };
  });
  // Every reader has read a frame's worth from its own place, and holds the batch no longer.
  for (const { feed, after } of readers.slice(0, -1)) {
    const { entries } = feed.take()!;
    assertEquals(entries[0]!.id, ids[Number(after) + 1]);
    assert(entries.length <= 16);
  }
  assertEquals([log.readers, log.bytes < 5 * 1024 * 1024], [1_000, true]);
  for (const { feed } of readers) feed.close();
  assertEquals(log.readers, 0);
});
