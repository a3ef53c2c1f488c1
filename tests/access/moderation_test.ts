/** What moderators do: to whom it is done, and what everybody is told of it. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FactTable } from "../../hub/engine/facts.ts";
import { MemoryEngine } from "../../hub/engine/memory.ts";
import { chosen } from "../engine/chosen.ts";
import {
  Client,
  makeHub,
  network,
  plain,
  say,
  timely,
  type Told,
  until,
  v1,
  within,
} from "../support.ts";
import { TestTime } from "../time.ts";
import { SlowEngine } from "../engine/slow_engine.ts";
import { ask, holdsEverywhere, moderated, withToken } from "./moderated.ts";

/** For tests that bring an engine along: once is enough. */
const alone = { ...network, ignore: network.ignore || chosen.engine !== "memory" };

const gist = (told: Told[], ...names: (keyof Told)[]) =>
  told.map((message) => names.map((name) => message[name]));

Deno.test(
  "who is kicked leaves the room on each connection, is told why, and may come back in a moment",
  timely,
  async () => {
    using time = new TestTime();
    await using server = moderated();
    const { host } = server;
    await using boss = await withToken(host, { username: "boss" });
    await using bob = await v1(host, { username: "Bob" });
    await using tab = await plain(host, { username: "bob" });
    await boss.settled();
    bob.send({ type: "join", room: "den" });
    await bob.find("room");
    bob.say("buy my watches", { room: "lobby" });
    boss.send({ type: "kick", username: "BOB", room: "lobby", why: "no ads" });
    for (const client of [bob, tab]) {
      const error = await client.find("error");
      assertEquals([error.code, error.room, error.retryAfter], ["forbidden", "lobby", 10_000]);
      assertEquals(
        error.content,
        "You may not be in lobby for 10 seconds: a moderator has sent you away: no ads",
      );
      const left = await client.find("leave");
      assertEquals([left.username, left.room], ["Bob", "lobby"]);
    }
    const seen = (await boss.take(1, "chat")).concat(await boss.take(1, "leave"));
    assertEquals(gist(seen, "type", "username"), [["chat", "Bob"], ["leave", "Bob"]]);
    const { id, timestamp, ...told } = await boss.find("moderated") as Told & { until?: string };
    assertEquals<object>(told, {
      ...{ type: "moderated", act: "kick", username: "Bob", room: "lobby", by: "boss" },
      content: "boss has sent Bob away from lobby: no ads",
      ...{ why: "no ads", until: new Date(new Date(timestamp).getTime() + 10_000).toISOString() },
    });
    assert(id > seen[1]!.id);
    bob.send({ type: "join", room: "lobby" });
    assertEquals((await bob.find("error")).code, "forbidden");
    bob.say("still here", { room: "den" });
    assertEquals((await bob.find("chat")).content, "still here");
    time.tick(10_000);
    bob.send({ type: "join", room: "lobby" });
    assertEquals((await bob.find("room")).users, ["Bob", "boss"]);
  },
);

Deno.test(
  "who is banned is closed, and comes in by no door until that is lifted",
  network,
  async () => {
    await using server = moderated();
    const { host } = server;
    await using boss = await withToken(host, { username: "boss" });
    await using bob = await v1(host, { username: "bob" });
    await using carl = await v1(host, { username: "carl" });
    await using tab = await plain(host, { username: "bob", room: "den" });
    boss.send({ type: "ban", username: "bob", why: "spam" });
    const told = await boss.find("moderated") as Told & { act?: string; until?: string };
    assertEquals([told.act, told.content, told.room, told.until], [
      ...["ban", "boss has banned bob: spam", undefined, undefined],
    ]);
    for (const client of [bob, tab]) {
      const error = await client.find("error");
      assertEquals([error.code, error.room, error.retryAfter], ["forbidden", undefined, undefined]);
      assertEquals(error.content, "You may not be here: a moderator has banned you: spam");
      assertEquals(await client.closed, 4403);
    }
    const doors = async () => {
      const upgrade = await fetch(`http://${host}/ws?username=BOB`);
      await upgrade.body?.cancel();
      const post = await ask(host, "POST /rooms/den/messages", { username: "bob", content: "hi" }, {
        token: "",
      });
      return [upgrade.status, post.status];
    };
    assertEquals(await doors(), [403, 403]);
    // Nobody else is concerned, in private neither.
    const types = (await carl.settled()).map(({ type }) => type);
    assertEquals(types.filter((type) => type !== "join"), ["leave"]);
    boss.send({ type: "unban", username: "bob" });
    assertEquals((await boss.find("moderated")).content, "boss lets bob come back");
    assertEquals(await doors(), [426, 201]);
  },
);

Deno.test(
  "who is banned from a room neither reads it nor speaks in it, also who proves who they are",
  network,
  async () => {
    await using server = moderated();
    const { host } = server;
    await using ann = await withToken(host, { username: "ann", room: "den" });
    const ban = await ask(host, "PUT /rooms/den/bans/ann", { for: 3_600 });
    assertEquals([ban.status, ban.answer.username, ban.answer.room], [200, "ann", "den"]);
    assertEquals((await ann.find("error")).room, "den");
    await ann.find("leave");
    const as = (token: string) => async (request: string, body?: object) =>
      (await ask(host, request, body, { token })).status;
    const ways = [
      ["GET /rooms/den/messages"],
      ["GET /rooms/den"],
      ["GET /rooms/den/events"],
      ["GET /users?room=den"],
      ["POST /rooms/den/messages", { content: "hi" }],
    ] as const;
    for (const [request, body] of ways) {
      assertEquals(await as("ann")(request, body), 403, request);
    }
    // Whoever wanted to come in by this room learns that it is about that.
    const headers = { authorization: "Bearer ann" };
    const { code, room } = await (await fetch(`http://${host}/ws?room=den`, { headers })).json();
    assertEquals([code, room], ["forbidden", "den"]);
    assertEquals(await as("ann")("GET /rooms/lobby/messages"), 200);
    assertEquals(await as("boss")("GET /rooms/den/messages"), 200);
  },
);

Deno.test(
  "with their address all guests go who come from there, and nobody who proves who they are",
  network,
  async () => {
    await using server = moderated();
    const { host } = server;
    await using ann = await withToken(host, { username: "ann", room: "den" });
    await using bob = await v1(host, { username: "bob" });
    await using other = await v1(host, { username: "nobody in particular" });
    const events = await fetch(`http://${host}/api/rooms/lobby/events`);
    const { answer } = await ask(host, "PUT /bans/bob", { address: true, for: 60 });
    assertEquals(answer.address, true);
    for (const client of [bob, other]) assertEquals(await client.closed, 4403);
    // It ends by itself once it is read.
    await within(events.text(), "the end of a stream");
    const statuses = () =>
      Promise.all(
        ["/ws?username=eve", "/api/rooms/lobby/messages", "/metrics"].map(async (path) => {
          const answer = await fetch(`http://${host}${path}`);
          await answer.body?.cancel();
          return answer.status;
        }),
      );
    assertEquals(await statuses(), [403, 403, 403]);
    ann.say("I am still here");
    await ann.take(1);
    const { answer: list } = await ask(host, "GET /bans");
    // Nobody is told which address that is.
    assertEquals(list.count, 1);
    assertEquals(list.bans[0].username, "bob");
    assert(!JSON.stringify(list).includes("127.0.0.1"));
    // What is decided anew holds instead: for the address as long as that is meant.
    await ask(host, "PUT /bans/bob", { address: true });
    assertEquals(await statuses(), [403, 403, 403]);
    assertEquals((await ask(host, "PUT /bans/bob", { for: 60 })).answer.address, undefined);
    assertEquals(await statuses(), [426, 200, 200]);
    assertEquals((await ask(host, "DELETE /bans/BOB")).status, 204);
    // From a room they are sent away in the same way.
    await using back = await v1(host, { username: "bob" });
    await using eve = await v1(host, { username: "eve" });
    await ask(host, "PUT /rooms/lobby/bans/bob", { address: true });
    for (const client of [back, eve]) assertEquals((await client.find("error")).room, "lobby");
  },
);

Deno.test("who is muted reads on and does not speak, in a room or anywhere", timely, async () => {
  using time = new TestTime();
  await using server = moderated();
  const { host } = server;
  await using boss = await withToken(host, { username: "boss" });
  await using ann = await withToken(host, { username: "ann" });
  await using bob = await v1(host, { username: "bob" });
  boss.send({ type: "mute", username: "bob", room: "lobby", for: 20 });
  assertEquals((await ann.find("moderated")).content, "boss has muted bob in lobby for 20 seconds");
  assertEquals((await bob.find("moderated")).room, "lobby");
  for (const command of [{ type: "chat", content: "what?", ref: "r" }, { type: "typing" }]) {
    bob.send(command);
    const error = await bob.find("error");
    assertEquals([error.code, error.room, error.retryAfter], ["muted", "lobby", 20_000]);
    assertEquals(error.ref, "ref" in command ? "r" : undefined);
  }
  const post = { username: "bob", content: "by another way" };
  const status = async () =>
    (await ask(host, "POST /rooms/lobby/messages", post, { token: "" })).status;
  assertEquals(await status(), 403);
  bob.send({ type: "join", room: "den" });
  bob.say("elsewhere I may", { room: "den" });
  await bob.take(1);
  time.tick(20_000);
  assertEquals(await status(), 201);
  // Everywhere: it concerns two, and only they are told.
  assertEquals((await ask(host, "PUT /mutes/ann", { why: "enough" })).status, 200);
  const muted = await ann.find("moderated");
  assertEquals([muted.content, muted.room], ["boss has muted ann: enough", undefined]);
  for (const where of [{}, { to: "boss" }, { to: "boss", type: "typing" }]) {
    ann.say("hello?", where);
    const error = await ann.find("error");
    assertEquals([error.code, error.retryAfter], ["muted", undefined]);
    assertStringIncludes(error.content, "enough");
  }
  boss.send({ type: "unmute", username: "ann" });
  assertEquals((await ann.find("moderated")).content, "boss lets ann speak again");
  ann.say("thank you");
  assertEquals((await bob.settled({ room: "lobby" })).at(-1)!.content, "thank you");
});

Deno.test("what holds in a room is told who is in it, and who comes", network, async () => {
  await using server = moderated();
  const { host } = server;
  await using boss = await withToken(host, { username: "boss", room: "den" });
  await using old = await plain(host, { username: "old", room: "den" });
  await boss.find("join");
  boss.send({ type: "set", room: "den", topic: " Foxes ", slow: 60, closed: true });
  const { id: _id, timestamp: _at, ...told } = await boss.find("moderated");
  assertEquals<object>(told, {
    ...{ type: "moderated", act: "set", room: "den", by: "boss" },
    content: "boss has changed den, which is closed, takes a message in 60 seconds of each " +
      "and is about “Foxes”",
    ...{ topic: "Foxes", slow: 60, closed: true },
  });
  const held = { topic: "Foxes", slow: 60, closed: true };
  const state = await ask(host, "GET /rooms/den", undefined, { token: "" });
  assertEquals(state.answer, { room: "den", users: 2, head: null, ...held });
  const { answer: { rooms } } = await ask(host, "GET /rooms");
  assertEquals(rooms.find(({ room }: Told) => room === "den").topic, "Foxes");
  // Who is in stays, and comes in again; nobody speaks but who moderates; nobody else comes in.
  old.send({ type: "join", room: "den" });
  old.say("and me?");
  const error = await old.find("error");
  assertEquals([error.code, error.room], ["forbidden", "den"]);
  await using ann = await withToken(host, { username: "ann" });
  ann.send({ type: "join", room: "den" });
  assertEquals((await ann.find("error")).code, "forbidden");
  boss.say("quiet in here");
  boss.say("I need not wait");
  await old.take(2);
  // What is not named stays, and what is lifted is gone.
  const open = await ask(host, "PATCH /rooms/den", { closed: false, why: "cool again" });
  assertEquals(open.answer, { room: "den", topic: "Foxes", slow: 60 });
  assertStringIncludes((await boss.find("moderated")).content, "is open");
  ann.send({ type: "join", room: "den" });
  const joined = await ann.find("room") as Told & Partial<typeof held>;
  assertEquals([joined.topic, joined.slow, joined.closed], ["Foxes", 60, undefined]);
  await ask(host, "PATCH /rooms/den", { topic: "", slow: 0 });
  assertEquals((await ask(host, "GET /rooms/den")).answer.topic, undefined);
});

Deno.test(
  "in a slow room everybody waits for their turn, by whichever way they speak",
  timely,
  async () => {
    using time = new TestTime();
    await using server = moderated();
    const { host } = server;
    await ask(host, "PATCH /rooms/lobby", { slow: 10 });
    await using ann = await withToken(host, { username: "ann" });
    await using bob = await v1(host, { username: "bob" });
    ann.say("one");
    await bob.take(1);
    ann.say("two", { ref: "r" });
    const error = await ann.find("error");
    assertEquals([error.code, error.retryAfter, error.room, error.ref], [
      ...["rate_limited", 10_000, "lobby", "r"],
    ]);
    const post = await ask(host, "POST /rooms/lobby/messages", { content: "two" }, {
      token: "ann",
    });
    assertEquals(post.status, 429);
    bob.say("my turn");
    ann.say("elsewhere", { to: "ann" });
    assertEquals(gist(await ann.take(2), "content").sort(), [["elsewhere"], ["my turn"]]);
    time.tick(9_000);
    ann.say("too soon");
    assertEquals((await ann.find("error")).retryAfter, 1_000);
    // Whoever has to wait longer than the room is slow by then does not.
    await ask(host, "PATCH /rooms/lobby", { slow: 30 });
    bob.say("in time");
    assertEquals((await bob.find("error")).retryAfter, 1_000);
    time.tick(1_000);
    ann.say("three");
    assertEquals((await bob.find("chat")).content, "three");
    await ask(host, "PATCH /rooms/lobby", { slow: 1 });
    ann.say("four");
    assertEquals((await ann.find("error")).retryAfter, 1_000);
  },
);

Deno.test(
  "in a slow room what was said is said again without a turn, and a shorter wait holds at once",
  timely,
  async () => {
    using time = new TestTime();
    await using server = moderated();
    const { host } = server;
    await ask(host, "PATCH /rooms/lobby", { slow: 3_600 });
    await using ann = await withToken(host, { username: "ann" });
    const post = (ref: string) =>
      ask(host, "POST /rooms/lobby/messages", { content: "one", ref }, { token: "ann" });
    const first = await post("r");
    // Its answer may have been lost: who sends it again is told that it was said.
    assertEquals([first.status, await post("r")], [201, first]);
    ann.say("one", { ref: "r" });
    assertEquals((await ann.find("chat")).id, first.answer.id);
    assertEquals((await post("s")).status, 429);
    time.tick(2_000);
    await ask(host, "PATCH /rooms/lobby", { slow: 2 });
    assertEquals((await post("t")).status, 201);
  },
);

Deno.test(
  "what is deleted is gone, and readers are told; what is not there cannot be",
  network,
  async () => {
    await using server = moderated();
    const { host, hub } = server;
    await using boss = await withToken(host, { username: "boss" });
    await using bob = await v1(host, { username: "bob" });
    await using old = await plain(host, { username: "old" });
    const [, two, three] = await say(hub, ["one", "two", "three"]);
    await bob.take(3);
    boss.send({ type: "delete", room: "lobby", re: two, why: "rude" });
    for (const client of [boss, bob]) {
      const { id: _id, timestamp: _at, ...told } = await client.find("delete");
      assertEquals<object>(told, {
        type: "delete",
        room: "lobby",
        re: two,
        by: "boss",
        why: "rude",
      });
    }
    const contents = async () => {
      const { answer } = await ask(host, "GET /rooms/lobby/messages");
      const chats = answer.messages.filter(({ type }: Told) => type === "chat");
      return chats.map(({ content }: Told) => content);
    };
    assertEquals(await contents(), ["one", "three"]);
    for (const re of ["0".repeat(26), `7${two!.slice(1)}`]) {
      boss.send({ type: "delete", room: "lobby", re });
      const error = await boss.find("error");
      assertEquals([error.code, error.room], ["no_such_message", "lobby"]);
      assertEquals((await ask(host, `DELETE /rooms/lobby/messages/${re}`)).status, 404);
    }
    const { status, answer } = await ask(host, `DELETE /rooms/lobby/messages/${three}`);
    assertEquals([status, answer.re, answer.by], [200, three, "boss"]);
    // Who has it still is told once more.
    assertEquals((await ask(host, `DELETE /rooms/lobby/messages/${three}`)).status, 200);
    assertEquals((await ask(host, "DELETE /rooms/lobby/messages/three")).status, 400);
    boss.send({ type: "clear", room: "lobby" });
    assertEquals((await bob.find("clear")).room, "lobby");
    assertEquals(await contents(), []);
    assertEquals((await ask(host, "DELETE /rooms/den/messages", { why: "spring" })).status, 200);
    // A client that knows four types is told nothing of it.
    const types = new Set((await old.settled()).map(({ type }) => type));
    assertEquals([...types].sort(), ["chat", "join"]);
    // Who is not in the room is answered alone.
    boss.send({ type: "clear", room: "attic" });
    while ((await boss.find("clear")).room !== "attic");
  },
);

Deno.test(
  "nobody moderates who may not, nor themselves, nor whom nobody knows",
  network,
  async () => {
    const lines: object[] = [];
    await using server = moderated({
      log: (_level, event, fields) => {
        if (event === "moderation") lines.push(fields!);
      },
    });
    const { host, hub } = server;
    await using ann = await withToken(host, { username: "ann" });
    await using bob = await v1(host, { username: "bob" });
    await using boss = await withToken(host, { username: "boss" });
    const re = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const commands = [
      ...["kick", "mute", "unmute", "ban", "unban"].map((type) => ({ type, username: "bob" })),
      { type: "delete", room: "lobby", re },
      { type: "clear", room: "lobby" },
      { type: "set", room: "lobby", slow: 1 },
    ];
    for (const client of [ann, bob]) {
      for (const command of commands) {
        client.send(command);
        assertEquals((await client.find("error")).code, "forbidden", command.type);
      }
    }
    for (const type of ["kick", "mute", "unmute", "ban", "unban"]) {
      boss.send({ type, username: "BOSS" });
      assertEquals((await boss.find("error")).code, "bad_message", type);
    }
    for (const type of ["kick", "unmute", "unban"]) {
      boss.send({ type, username: "nobody", room: "den" });
      const error = await boss.find("error");
      assertEquals([error.code, error.room], ["no_such_user", "den"], type);
    }
    assertEquals(lines, []);
    // One admin can stop another, who then lifts nothing.
    await using chief = await withToken(host, { username: "chief" });
    boss.send({ type: "ban", username: "chief", for: 5, why: "a stolen token" });
    assertEquals(await chief.closed, 4403);
    assertEquals((await ask(host, "DELETE /bans/boss", {}, { token: "chief" })).status, 403);
    // Who is sent away does not come back the sooner where they are banned.
    assertEquals((await ask(host, "DELETE /users/chief")).answer.why, "a stolen token");
    assertEquals((await ask(host, "PUT /rooms/lobby/bans/bob", { for: 60 })).status, 200);
    const { answer } = await ask(host, "DELETE /rooms/lobby/users/bob");
    assert(new Date(answer.until).getTime() - new Date(answer.at).getTime() === 60_000);
    const [id] = await say(hub, ["hello"]);
    await ask(host, `DELETE /rooms/lobby/messages/${id}`, { why: "x" });
    await ask(host, "PATCH /rooms/lobby", { slow: 5 });
    // A field that there is not is not written.
    assertEquals(JSON.parse(JSON.stringify(lines)), [
      { act: "ban", by: "boss", username: "chief", for: 5, why: "a stolen token" },
      { act: "kick", by: "boss", username: "chief" },
      { act: "ban", by: "boss", username: "bob", room: "lobby", for: 60 },
      { act: "kick", by: "boss", username: "bob", room: "lobby" },
      { act: "delete", by: "boss", room: "lobby", re: id, why: "x" },
      { act: "set", by: "boss", room: "lobby", slow: 5 },
    ]);
    assertEquals([hub.counts.acts.get("ban"), hub.counts.acts.get("mute")], [2, 0]);
    const { ban, kick } = hub.counts.commands;
    assertEquals([ban, kick], [1, 0]);
  },
);

Deno.test(
  "by HTTP everything is asked for by token, within bounds, from pages that may",
  network,
  async () => {
    await using server = moderated({ origins: ["https://chat.example"] });
    const { host } = server;
    const all = [
      ...["kick", "ban", "mute"].flatMap((act) => ["/rooms/den", ""].map((at) => `${act} ${at}`)),
    ].flatMap((each) => {
      const [act, at] = each.split(" ") as [string, string];
      if (act === "kick") return [`DELETE ${at}/users/bob`];
      return [`PUT ${at}/${act}s/bob`, `DELETE ${at}/${act}s/bob`, `GET ${at}/${act}s`];
    }).concat(
      ["PATCH /rooms/den", "DELETE /rooms/den/messages"],
      "DELETE /rooms/den/messages/01ARZ3NDEKTSV4RRFFQ69G5FAV",
    );
    for (const request of all) {
      const statuses = await Promise.all([
        ask(host, request, undefined, { token: "" }),
        ask(host, request, undefined, { token: "ann" }),
        ask(host, request, undefined, { token: "forged" }),
      ]);
      assertEquals(statuses.map(({ status }) => status), [403, 403, 401], request);
      if (request.startsWith("GET")) continue;
      const foreign = await ask(host, request, undefined, { origin: "https://elsewhere.example" });
      assertEquals(foreign.status, 403, request);
      assertEquals((await ask(host, request, "x".repeat(70_000))).status, 413, request);
    }
    const bad = [{ for: 0 }, { for: 31_622_401 }, { for: "soon" }, { why: "" }, { why: "\u200b" }]
      .concat([{ why: "x".repeat(201) }, { why: "two\nlines" }, { why: "\u202egnorts" }] as never[])
      .concat([{ address: 1 }, [], "{"] as never[]);
    for (const body of bad) {
      const { status, answer } = await ask(host, "PUT /bans/bob", body);
      assertEquals(status, 400, JSON.stringify(body));
      assertStringIncludes(answer.detail, "Cannot");
    }
    const nothing = [{}, { slow: -1 }, { slow: 3_601 }, { closed: "yes" }, { topic: "a\u2028b" }];
    for (const body of nothing) {
      const { status } = await ask(host, "PATCH /rooms/den", body);
      assertEquals(status, 400, JSON.stringify(body));
    }
    // What would be right is said of the request that was made.
    for (
      const [request, body, words] of [
        ["PATCH /rooms/den", undefined, '"topic", "slow" or "closed" must say'],
        ["PATCH /rooms/den", "{", 'send {"topic":'],
        ["PUT /bans/bob", "[]", 'send {"for":'],
        ["POST /rooms/den/messages", "hi", 'send {"username":'],
        ["PUT /revoked/x", "now", 'send {"until":'],
      ] as const
    ) {
      const { status, answer } = await ask(host, request, body);
      assertEquals(status, 400, request);
      assertStringIncludes(answer.detail, words);
    }
    assertEquals((await ask(host, "PUT /bans/%20")).status, 400);
    const mutes = ["dora", "carl", "eve"];
    for (const [i, name] of mutes.entries()) {
      const welcome = { origin: "https://chat.example" };
      const { answer } = await ask(host, `PUT /rooms/den/mutes/${name}`, { for: 60 + i }, welcome);
      const { at, until, ...rest } = answer;
      assertEquals(rest, { username: name, room: "den", by: "boss" });
      assertEquals(new Date(until).getTime() - new Date(at).getTime(), (60 + i) * 1_000);
    }
    const page = (query: string) => ask(host, `GET /rooms/den/mutes?${query}`);
    const { answer: first } = await page("limit=2");
    assertEquals(first.mutes.map(({ username }: Told) => username), ["carl", "dora"]);
    assertEquals([first.count, first.next], [3, "dora"]);
    const { answer: rest } = await page("after=dora");
    assertEquals([rest.mutes[0].username, rest.mutes.length, rest.next], ["eve", 1, undefined]);
    assertEquals((await ask(host, "GET /mutes")).answer, { mutes: [], count: 0 });
    assertEquals((await ask(host, "DELETE /rooms/den/mutes/EVE")).status, 204);
    assertEquals((await ask(host, "DELETE /rooms/den/mutes/eve")).status, 404);
    assertEquals((await page("")).answer.count, 2);
  },
);

Deno.test(
  "what is decided at one server holds at the others, and at one that is started later",
  alone,
  async () => {
    const facts = new FactTable();
    await holdsEverywhere(() => {
      const engine = Object.defineProperty(new MemoryEngine(), "facts", { value: facts });
      return makeHub({ engine, policy: { tokens: true } });
    });
  },
);

Deno.test("who is banned while they come in does not stay", alone, async () => {
  const gates: (() => void)[] = [];
  let slow = false;
  const engine = new SlowEngine({
    pause: () => slow ? new Promise<void>((resolve) => gates.push(resolve)) : Promise.resolve(),
  });
  const facts = new FactTable();
  Object.defineProperty(engine, "facts", { value: facts });
  await using hub = makeHub({ engine, policy: { tokens: true } });
  await using server = moderated({ hub });
  /** Has somebody banned while what they have asked for takes its time. */
  async function ban(username: string, room: string) {
    await until(() => gates.length > 0);
    const ruling = { username, by: "boss", at: new Date().toISOString() };
    facts.set(`ban ${room} @${username}`, { value: JSON.stringify(ruling) });
    slow = false;
    gates.splice(0).forEach((go) => go());
  }
  await using bob = await v1(server.host, { username: "bob" });
  slow = true;
  bob.send({ type: "join", room: "den" });
  await ban("bob", "#den");
  const told = [await bob.find("error"), await bob.find("leave")];
  assertEquals(told.map(({ room }) => room), ["den", "den"]);
  slow = true;
  await using carl = new Client(server.host, { username: "carl", protocols: ["chat.v1"] });
  await ban("carl", "*");
  assertEquals(await carl.closed, 4403);
  await assertRejects(() => carl.next());
  slow = true;
  await using dora = new Client(server.host, { username: "dora", protocols: ["chat.v1"] });
  await ban("dora", "#lobby");
  await dora.find("welcome");
  assertEquals((await dora.find("error")).room, "lobby");
  dora.say("am I in?");
  assertEquals((await dora.find("error")).code, "not_in_room");
});
