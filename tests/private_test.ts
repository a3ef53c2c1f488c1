/** Private messages, and messages sent twice. */
import { assertEquals } from "@std/assert";
import { type Client, keeps, network, plain, serve, timely, type Told, v1 } from "./support.ts";
import { TestTime } from "./time.ts";

const contents = (messages: Told[]) => messages.map(({ content }) => content);

/** The private messages a client was told so far. */
async function inbox(client: Client, username: string): Promise<string[]> {
  const seen = await client.settled({ to: username });
  return contents(seen.filter(({ to }) => to !== undefined));
}

Deno.test(
  "a private message reaches every connection of both, and nobody else",
  network,
  async () => {
    await using server = serve();
    await using ann1 = await v1(server.host, { username: "ann" });
    await using ann2 = await plain(server.host, { username: "Ann", room: "den" });
    await using bob = await plain(server.host, { username: "Bob" });
    await using eve = await v1(server.host, { username: "eve" });
    ann1.say("psst", { to: "bob", ref: "r", room: "lobby" });
    for (const client of [ann1, ann2, bob]) {
      const [said] = await client.take(1);
      assertEquals(
        [said!.content, said!.username, said!.to, said!.room, said!.ref],
        ["psst", "ann", "Bob", undefined, "r"],
      );
    }
    assertEquals((await eve.settled()).filter(({ type }) => type === "chat"), []);
    const page = await (await fetch(`http://${server.host}/api/rooms/lobby/messages`)).json();
    assertEquals(contents(page.messages), ["last word"]);
  },
);

Deno.test("a private message to oneself comes once", network, async () => {
  await using server = serve();
  await using ann = await plain(server.host, { username: "ann" });
  ann.say("note", { to: "ANN" });
  assertEquals(await inbox(ann, "ann"), ["note"]);
});

Deno.test("private messages come in one order to both", network, async () => {
  await using server = serve({ rate: 0 });
  await using ann = await v1(server.host, { username: "ann" });
  await using bob = await plain(server.host, { username: "bob" });
  for (let i = 0; i < 50; i++) {
    ann.say(`a${i}`, { to: "bob" });
    bob.say(`b${i}`, { to: "ann" });
  }
  const [seenByAnn, seenByBob] = await Promise.all([ann.take(100), bob.take(100)]);
  assertEquals(seenByAnn, seenByBob);
  assertEquals(seenByAnn.map(({ id }) => id).sort(), seenByAnn.map(({ id }) => id));
});

Deno.test(
  "who is gone for less than ten minutes finds private messages on return",
  network,
  async () => {
    using time = new TestTime();
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    const bob = await plain(server.host, { username: "bob" });
    ann.say("before", { to: "bob" });
    const [before] = await bob.take(1);
    await bob[Symbol.asyncDispose]();
    await ann.find("leave");
    time.tick(9 * 60_000);
    ann.say("while you were away", { to: "bob" });
    await ann.take(1);
    {
      await using back = await plain(server.host, { username: "bob", since: before!.id });
      assertEquals((await inbox(back, "bob"))[0], "while you were away");
    }
    await ann.find("leave");
    time.tick(11 * 60_000);
    ann.say("too late", { to: "bob", ref: "r" });
    if (keeps) {
      // What is kept of theirs makes them somebody to whom can be written.
      await ann.take(1);
      await using late = await plain(server.host, { username: "bob", since: before!.id });
      assertEquals((await inbox(late, "bob")).slice(-1), ["too late"]);
      return;
    }
    const error = await ann.find("error");
    assertEquals([error.code, error.ref], ["no_such_user", "r"]);
    // What was in the forgotten inbox is lost, and told.
    await using late = await v1(server.host, { username: "bob", since: before!.id });
    const told = await late.settled();
    assertEquals(told.filter(({ code }) => code === "gap").map(({ room }) => room), [undefined]);
  },
);

Deno.test(
  "a message sent again with the same ref is delivered once, and told to the re-sender",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    await using bob = await v1(server.host, { username: "bob" });
    ann.say("once", { ref: "r1" });
    const [first] = await ann.take(1);
    await using again = await plain(server.host, { username: "ANN" });
    again.say("once more", { ref: "r1" });
    assertEquals(await again.take(1), [first!]);
    ann.say("psst", { ref: "r1", to: "bob" });
    const [psst] = await ann.take(1);
    ann.say("psst", { ref: "r1", to: "bob" });
    assertEquals(await ann.take(1), [psst!]);
    const url = `http://${server.host}/api/rooms/lobby/messages`;
    const body = JSON.stringify({ username: "ann", content: "over HTTP", ref: "r1" });
    const answer = await fetch(url, { method: "POST", body });
    assertEquals([answer.status, await answer.json()], [201, first]);
    bob.say("r1 of another is another", { ref: "r1" });
    await ann.take(1);
    const seen = (await bob.settled()).filter(({ type }) => type === "chat");
    assertEquals(contents(seen), ["once", "psst", "r1 of another is another"]);
    assertEquals(server.hub.counts.messages, 4);
  },
);

Deno.test("a ref may be used for another message after five minutes", timely, async () => {
  using time = new TestTime();
  await using server = serve();
  await using ann = await plain(server.host, { username: "ann" });
  ann.say("one", { ref: "r" });
  await ann.take(1);
  time.tick(5 * 60_000 + 1);
  ann.say("two", { ref: "r" });
  assertEquals((await ann.take(1))[0]!.content, "two");
});
