/** Replay: `since` and `last` at connect and on `join`. Complete, or told. */
import { assertEquals } from "@std/assert";
import { ulid } from "@std/ulid";
import {
  type Client,
  forgetful,
  keeps,
  network,
  plain,
  say,
  serve,
  type Told,
  until,
  v1,
} from "./support.ts";
import { TestTime } from "./time.ts";

const contents = (messages: Told[]) => messages.map(({ type, content }) => `${type} ${content}`);

Deno.test(
  "since gives everything after a message, then what is live, and nothing else",
  network,
  async () => {
    await using server = serve();
    const [first] = await say(server.hub, 3);
    await using ann = await v1(server.host, { username: "ann", since: first!.toLowerCase() });
    assertEquals([ann.room.resumed, ann.room.head !== null], [true, true]);
    assertEquals(contents(await ann.settled()), ["chat 1", "chat 2", "join ann joined the chat"]);
    await using bob = await plain(server.host, { username: "bob", since: first! });
    assertEquals(contents(await bob.settled()).slice(0, 2), ["chat 1", "chat 2"]);
  },
);

Deno.test("last gives the newest messages, as many as are kept", network, async () => {
  await using server = serve({ history: 5 });
  await say(server.hub, 8);
  await using ann = await v1(server.host, { username: "ann", last: 2 });
  assertEquals(ann.room.resumed, undefined);
  assertEquals(contents(await ann.settled()), ["chat 6", "chat 7", "join ann joined the chat"]);
  await using bob = await plain(server.host, { username: "bob", last: 200 });
  const seen = await bob.settled();
  assertEquals(seen.filter(({ type }) => type === "error"), []);
  assertEquals(seen.filter(({ username }) => username === "bot").length, keeps ? 8 : 4);
});

Deno.test(
  "since of a message that is no longer held tells a gap and gives what is held",
  forgetful,
  async () => {
    await using server = serve({ history: 3 });
    const ids = await say(server.hub, 6);
    await using ann = await v1(server.host, { username: "ann", since: ids[1] });
    assertEquals(ann.room.resumed, false);
    const seen = await ann.settled();
    assertEquals([seen[0]!.code, seen[0]!.room], ["gap", "lobby"]);
    assertEquals(contents(seen.slice(1, 4)), ["chat 3", "chat 4", "chat 5"]);
    await using bob = await plain(server.host, { username: "bob", since: ids[1] });
    assertEquals((await bob.next()).code, "gap");
    // The newest message that is gone is one that was seen: nothing is missing.
    await using eve = await v1(server.host, { username: "eve", since: ids[3] });
    assertEquals(eve.room.resumed, true);
  },
);

Deno.test(
  "since from before the server's start, or from the future, is not vouched for",
  network,
  async () => {
    const before = ulid(Date.now() - 60_000);
    await using server = serve();
    const [id] = await say(server.hub, 1);
    for (const since of [before, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", ulid(Date.now() + 60_000)]) {
      await using ann = await v1(server.host, { username: "ann", since });
      assertEquals(ann.room.resumed, false);
      assertEquals([(await ann.next()).code, (await ann.next()).id], ["gap", id]);
    }
  },
);

Deno.test("since of another room's message compares by time", network, async () => {
  await using server = serve();
  const later = async () => {
    const now = Date.now();
    await until(() => Date.now() > now + 1);
  };
  await say(server.hub, 1, "den");
  await later();
  const [elsewhere] = await say(server.hub, 1, "attic");
  await later();
  const [after] = await say(server.hub, 1, "den");
  await using ann = await v1(server.host, { username: "ann", room: "den", since: elsewhere });
  assertEquals([ann.room.resumed, (await ann.next()).id], [true, after]);
});

Deno.test(
  "an idle room is kept for ten minutes, and its forgetting is told",
  forgetful,
  async () => {
    using time = new TestTime();
    await using server = serve();
    const ids = await say(server.hub, 2);
    time.tick(9 * 60_000);
    assertEquals(server.hub.rooms.size, 1);
    time.tick(2 * 60_000);
    assertEquals(server.hub.rooms.size, 0);
    const rooms: Client[] = [];
    for (const [since, resumed] of [[ids[0], false], [ids[1], true]] as const) {
      const client = await v1(server.host, { username: "ann", since });
      assertEquals([client.room.resumed, client.room.head, client.room.at], [
        resumed,
        null,
        ids[1],
      ]);
      rooms.push(client);
    }
    for (const client of rooms) await client[Symbol.asyncDispose]();
  },
);

Deno.test(
  "join with since resumes a room entered later, join with last gives history",
  network,
  async () => {
    await using server = serve();
    const ids = await say(server.hub, 4, "den");
    await using ann = await v1(server.host, { username: "ann" });
    await ann.find("join");
    ann.send({ type: "join", room: "den", since: ids[1] });
    assertEquals((await ann.next()).resumed, true);
    assertEquals(contents(await ann.settled()), ["chat 2", "chat 3", "join ann joined the chat"]);
    ann.send({ type: "leave", room: "den" });
    await ann.find("leave");
    ann.send({ type: "join", room: "den", last: 1 });
    assertEquals((await ann.find("room")).resumed, undefined);
    assertEquals(contents(await ann.settled())[0], "chat 3");
    ann.send({ type: "join", room: "den", since: "yesterday" });
    assertEquals((await ann.find("error")).code, "bad_message");
  },
);

Deno.test(
  "a second join of a room without since loses nothing that is unread",
  network,
  async () => {
    await using server = serve();
    await using ann = await v1(server.host, { username: "ann" });
    await ann.find("join");
    await say(server.hub, 2);
    await server.hub.join("lobby", [...[...server.hub.people.get("ann")!.members]][0]!);
    assertEquals(contents(await ann.settled()), ["chat 0", "chat 1"]);
  },
);

for (const [query, what] of [["since=x", "since"], ["last=201", "last"], ["last=x", "last"]]) {
  Deno.test(`a connection with ${query} is refused with 400`, network, async () => {
    await using server = serve();
    const answer = await fetch(`http://${server.host}/ws?username=ann&${query}`);
    assertEquals([answer.status, (await answer.json()).detail.includes(what)], [400, true]);
  });
}
