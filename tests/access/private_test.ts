/** Private messages are those of a person, and of nobody else who has the name: through every door. */
import { assert, assertEquals } from "@std/assert";
import { SqliteEngine } from "../../hub/engine/sqlite.ts";
import { chosen } from "../engine/chosen.ts";
import { Client, granted, keeps, network, timely, until, within } from "../support.ts";
import { TestTime } from "../time.ts";
import { Chat, tokenOf, type Welcomed } from "./chats.ts";

const claimed = { names: "claimed" } as const;
const proven = { tokens: true } as const;

/** A place before everything that was ever said. */
const FIRST = "00000000000000000000000000";
/** What nobody else may read. */
const SECRET = "nobody else may read this";

/** The private messages that somebody was told so far, up to one to themselves. */
async function inboxOf(client: Welcomed): Promise<string[]> {
  const told = await client.settled({ to: client.welcome.username });
  return told.filter(({ to }) => to !== undefined).map(({ content }) => content);
}

/** The code of the error that somebody is told for a command. */
async function refusal(client: Welcomed, command: Record<string, unknown>): Promise<string> {
  client.send(command);
  while (true) {
    const { code } = await client.find("error");
    // Of a place that nobody ever gave out.
    if (code !== "gap") return code!;
  }
}

const to = (name: string) => ({ type: "chat", to: name, content: "hello?", ref: "r" });

/** Has somebody go, and forgets for how long the name is theirs. */
async function gone(chat: Chat, client: Welcomed, time: TestTime) {
  const { online } = chat.hub.people;
  await client[Symbol.asyncDispose]();
  await until(() => chat.hub.people.online === online - 1);
  time.tick(10 * 60_000 + 1);
}

/** All that is answered to somebody who asks for everything, over HTTP. */
async function everything(chat: Chat, bearer?: string): Promise<string> {
  const since = `since=${FIRST}`;
  const paths = [
    ...["/api/users", "/api/rooms", "/api/rooms/lobby/messages", "/api/stats", "/metrics", "/"],
    `/api/rooms/lobby/messages?${since}`,
    "/api/rooms/lobby/search?q=nobody",
    // As if a person's channel were a room's.
    ...["@ann", "%40ann", "%23%23ann", "@bob"].map((room) => `/api/rooms/${room}/messages`),
  ];
  const headers = bearer === undefined ? undefined : { authorization: `Bearer ${bearer}` };
  const answers = await Promise.all(paths.map(async (path) => {
    const answer = await fetch(`http://${chat.host}${path}`, { headers });
    return await answer.text();
  }));
  const events = await fetch(`http://${chat.host}/api/rooms/lobby/events?${since}`, { headers });
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  await chat.hub.say("bot", "lobby", "the end of it");
  let stream = "";
  while (!stream.includes("the end of it")) {
    stream += (await within(reader.read(), "an event")).value ?? "";
  }
  await reader.cancel();
  return [...answers, stream].join("\n");
}

Deno.test("who takes a claimed name later reads nothing of who had it before", timely, async () => {
  using time = new TestTime();
  await using chat = new Chat(claimed);
  await using bob = await chat.enter({ username: "bob" });
  const ann = await chat.enter({ username: "ann" });
  bob.say(SECRET, { to: "Ann", ref: "r" });
  assertEquals((await ann.take(1))[0]!.content, SECRET);
  ann.say("and this neither", { to: "bob", ref: "r" });
  await bob.take(2);
  // While they are away it is still to them that is written.
  const { session } = ann;
  await ann[Symbol.asyncDispose]();
  await until(() => chat.hub.people.online === 1);
  bob.say("while you were away", { to: "ann" });
  assertEquals((await bob.take(1))[0]!.to, "ann");
  time.tick(10 * 60_000 + 1);
  // Nobody can tell whether anything is kept.
  assertEquals(await refusal(bob, to("ann")), "no_such_user");
  assertEquals(await refusal(bob, to("nobody")), "no_such_user");
  assertEquals(await refusal(bob, { type: "typing", to: "ann" }), "no_such_user");
  {
    await using other = await chat.enter({ username: "ann", inbox: FIRST, since: FIRST, last: 99 });
    assertEquals(await inboxOf(other), []);
    // Nor is it the first copy of anything that is said with the same ref.
    other.say("to bob", { to: "bob", ref: "r" });
    assertEquals((await bob.take(1))[0]!.content, "to bob");
    bob.say("to the other", { to: "ann" });
    assertEquals((await other.take(1, "chat"))[0]!.content, "to bob");
    assertEquals((await other.take(1, "chat"))[0]!.content, "to the other");
    assert(!(await everything(chat, other.session)).includes("nobody else"));
    await gone(chat, other, time);
  }
  await using back = await chat.enter({ inbox: FIRST }, session);
  assertEquals(
    await inboxOf(back),
    keeps ? [SECRET, "and this neither", "while you were away"] : [],
  );
  bob.send({ type: "typing", to: "ANN" });
  assertEquals((await back.find("typing")).username, "bob");
});

Deno.test("where people prove who they are, guests have no private messages", network, async () => {
  await using chat = new Chat(proven);
  await using ann = await chat.enter({}, tokenOf("ann"));
  await using bob = await chat.enter({}, tokenOf("bob"));
  ann.say(SECRET, { to: "BOB" });
  assertEquals((await bob.take(1))[0]!.content, SECRET);
  await using eve = await chat.enter({ username: "eve", inbox: FIRST, since: FIRST, last: 99 });
  for (const name of ["ann", "eve", "nobody"]) {
    assertEquals(await refusal(eve, to(name)), "forbidden");
    assertEquals(await refusal(eve, { type: "typing", to: name }), "forbidden");
  }
  // Nor can be written to them.
  assertEquals(await refusal(ann, to("eve")), "no_such_user");
  assertEquals(await refusal(ann, { type: "typing", to: "eve" }), "no_such_user");
  bob.send({ type: "typing", to: "ann" });
  assertEquals((await ann.find("typing")).username, "bob");
  assert(!(await everything(chat)).includes("nobody else"));
  assert(!(await everything(chat, tokenOf("eve"))).includes("nobody else"));
  const told = await eve.settled();
  assert(!told.some(({ to }) => to !== undefined));
});

Deno.test("who proves a name is written to, whoever has it meanwhile", timely, async () => {
  using time = new TestTime();
  await using chat = new Chat(proven);
  await using bob = await chat.enter({}, tokenOf("bob"));
  const ann = await chat.enter({}, tokenOf("ann"));
  bob.say(SECRET, { to: "ann" });
  await ann.take(1);
  await gone(chat, ann, time);
  const guest = await chat.enter({ username: "ann", inbox: FIRST, since: FIRST });
  const words = { to: "ann", ref: "later" };
  assertEquals(await refusal(bob, { type: "typing", to: "ann" }), "no_such_user");
  bob.say("whoever you are", words);
  if (keeps) assertEquals((await bob.take(1))[0]!.to, "ann");
  else assertEquals((await bob.find("error")).code, "no_such_user");
  assertEquals((await guest.settled()).filter(({ type }) => type === "chat"), []);
  await using back = await chat.enter({ inbox: FIRST }, tokenOf("Ann"));
  assertEquals(await guest.closed, 4409);
  assertEquals(await inboxOf(back), keeps ? [SECRET, "whoever you are"] : []);
  // Also in the plain dialect.
  await using other = new Client(
    chat.host,
    { username: "ann", inbox: FIRST },
    { authorization: `Bearer ${tokenOf("ann")}` },
  );
  if (keeps) assertEquals((await other.take(2)).map(({ content }) => content)[0], SECRET);
});

const disk = { ignore: !granted("net", "read", "write") || chosen.engine !== "memory" };

Deno.test("after a restart private messages are those of whose they were", disk, async () => {
  const directory = await Deno.makeTempDir();
  const start = (policy: ConstructorParameters<typeof Chat>[0]) =>
    new Chat(policy, { engine: SqliteEngine.open(directory) });
  try {
    const sessions: Record<string, string> = {};
    {
      await using chat = start(claimed);
      await using ann = await chat.enter({ username: "ann" });
      await using bob = await chat.enter({ username: "bob" });
      ann.say(SECRET, { to: "bob", ref: "r" });
      await bob.take(1);
      await ann.take(1);
      Object.assign(sessions, { ann: ann.session, bob: bob.session });
    }
    {
      await using chat = start(claimed);
      await using bob = await chat.enter({ inbox: FIRST }, sessions.bob);
      {
        // Nobody has the name, until somebody takes it: whoever knows a ref hears nothing by that.
        await using thief = await chat.enter({ username: "ann", inbox: FIRST });
        assertEquals(await inboxOf(thief), []);
        thief.say("what was it?", { to: "bob", ref: "r" });
        assertEquals((await thief.take(1))[0]!.content, "what was it?");
        assertEquals(await chat.door(undefined, sessions.ann), [409, "name_taken"]);
      }
      assertEquals((await inboxOf(bob)).slice(0, 2), [SECRET, "what was it?"]);
    }
    {
      await using chat = start(claimed);
      await using ann = await chat.enter({ inbox: FIRST }, sessions.ann);
      await using bob = await chat.enter({}, sessions.bob);
      assertEquals(await inboxOf(ann), [SECRET]);
      // It was said already.
      ann.say(SECRET, { to: "bob", ref: "r" });
      assertEquals((await ann.find("chat")).content, SECRET);
      assertEquals(await inboxOf(bob), []);
    }
    {
      await using chat = start({});
      await using anybody = await chat.enter({ username: "ann", inbox: FIRST });
      assertEquals(await inboxOf(anybody), []);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
