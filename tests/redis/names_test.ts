/** Names that belong to people, over two nodes: whichever of them somebody comes to. */
import { assert, assertEquals } from "@std/assert";
import { named } from "../../hub/access/identity.ts";
import { looksOf } from "../../hub/base/looks.ts";
import type { Policy } from "../../hub/access/access.ts";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { Chat, ending, tokenOf, type Welcomed } from "../access/chats.ts";
import { Glass } from "../engine/contract.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, type Told, until, within } from "../support.ts";
import { Nodes } from "./nodes.ts";
import { RedisServer } from "./server.ts";
import { pass } from "./two.ts";
import { Wire } from "./wire.ts";

const { ignore, path } = await need(redis);
const server = ignore ? undefined : await RedisServer.start(path());
addEventListener("unload", () => server?.remove());

const claimed = { names: "claimed" } as const;
const proven = { tokens: true } as const;
/** `carl` with two Cyrillic letters. */
const LOOKALIKE = "с\u0430rl";
const NEWER = "Your name was taken over by a newer connection of yours";
const PROVEN = "Your name was taken over by somebody who has proven that it is theirs";

/** @param test is given two servers of one chat, and what is between the first one and Redis */
function together(
  what: string,
  policy: Policy,
  test: (chats: [Chat, Chat], wire: Wire) => Promise<void>,
) {
  Deno.test(`names on two nodes: ${what}`, { ignore, timeout }, async () => {
    const prefix = `${crypto.randomUUID()}:`;
    await using wire = new Wire(server!.port);
    const [one, other] = [wire.url, server!.url].map((url) =>
      new Chat(policy, { engine: new RedisEngine(url, { prefix, lease: 500 }) })
    ) as [Chat, Chat];
    await using _one = one;
    await using _other = other;
    await test([one, other], wire);
  });
}

const closing = (end: Promise<[number, string]>) => within(end, "the end of a connection");

/** Who is there, and by how many connections, as a node tells it. */
async function usersOf(chat: Chat, query = ""): Promise<[string, number][]> {
  const { users } = await chat.ask(`/api/users${query}`);
  return users.map(({ username, connections }: Told & { connections: number }) => [
    username,
    connections,
  ]);
}

/** Waits until something asked for is so. */
async function eventually<T>(ask: () => Promise<T>, wanted: T) {
  const text = JSON.stringify(wanted);
  for (let i = 0; i < 500; i++) {
    if (JSON.stringify(await ask()) === text) return;
    await pass(10);
  }
  assertEquals(await ask(), wanted);
}

together("a claim holds on both, and its owner comes back on either", claimed, async (chats) => {
  const [one, two] = chats;
  await using eve = await two.enter({ username: "eve" });
  const first = await one.enter({ username: "Carl" });
  for (const name of ["carl", LOOKALIKE]) {
    assertEquals(await two.door(name), [409, "name_taken"], name);
    const [code, words] = await closing(ending(two.knock({ username: name })));
    assertEquals([code, words.includes("looks like Carl")], [4409, true]);
    const post = { username: name, content: "it is me" };
    assertEquals((await two.ask("/api/rooms/lobby/messages", { post })).code, "name_taken");
  }
  const over = [ending(first)];
  const second = await two.enter({ username: "CARL" }, first.session);
  over.push(ending(second));
  assertEquals(await closing(over[0]!), [4409, NEWER]);
  for (const chat of chats) {
    await eventually(() => usersOf(chat, "?room=lobby"), [[second.welcome.username, 1], [
      "eve",
      1,
    ]]);
  }
  eve.say("psst", { to: "carl" });
  assertEquals((await second.take(1))[0]!.content, "psst");
  await using third = await one.enter({}, second.session);
  assertEquals(await closing(over[1]!), [4409, NEWER]);
  eve.say("where are you?", { to: "carl" });
  // What was told on the other node may come here a moment later.
  while ((await third.find("chat")).content !== "where are you?");
});

/** The one of some that is still connected, once all others were sent away. */
async function lastOf<C extends Pick<Welcomed, "socket">>(clients: C[]): Promise<C> {
  const codes: number[] = [];
  for (const { socket } of clients) {
    socket.addEventListener("close", ({ code }) => codes.push(code));
  }
  await until(() => codes.length === clients.length - 1);
  assertEquals(codes, Array(codes.length).fill(4409));
  return clients.find(({ socket }) => socket.readyState === WebSocket.OPEN)!;
}

together("of those who come at once, one has the name", claimed, async (chats) => {
  const ann = await lastOf(chats.map((chat) => chat.knock({ username: "ann" })));
  const { session } = await ann.find("welcome");
  await ann.find("room");
  const all = [0, 1, 0, 1, 0, 1].map((i) => chats[i]!.knock({}, session));
  const last = await lastOf([ann, ...all]);
  await last.find("room");
  for (const chat of chats) await eventually(() => usersOf(chat, "?room=lobby"), [["ann", 1]]);
  last.say("still here");
  assertEquals((await last.take(1))[0]!.content, "still here");
  await last[Symbol.asyncDispose]();
});

together(
  "the owner is back at once, though their node is dead",
  claimed,
  async ([one, two], wire) => {
    const ann = await one.enter({ username: "ann" });
    await wire.cut();
    assertEquals(await two.door("ann"), [409, "name_taken"]);
    await using back = await two.enter({}, ann.session);
    assertEquals(back.room.users, ["ann"]);
    assertEquals((await usersOf(two))[0]![0], "ann");
    // Whoever is taken out with the dead node is not who is there.
    await eventually(() => usersOf(two, "?room=lobby"), [["ann", 1]]);
    assertEquals(await two.door("ann"), [409, "name_taken"]);
    await ann[Symbol.asyncDispose]();
  },
);

together("whoever proves a name takes it from guests on both", proven, async ([one, two]) => {
  await using eve = await one.enter({ username: "eve" });
  const guests = [
    await one.enter({ username: "carl" }),
    await two.enter({ username: "Carl" }),
    await one.enter({ username: "pau1" }),
  ];
  const over = guests.map(ending);
  for (const chat of [one, two]) {
    assertEquals(await usersOf(chat), [["carl", 2], ["eve", 1], ["pau1", 1]]);
  }
  await using carl = await two.enter({}, tokenOf("carl"));
  await using paul = await two.enter({}, tokenOf("paul"));
  for (const end of over) assertEquals(await closing(end), [4409, PROVEN]);
  for (const chat of [one, two]) {
    await eventually(() => usersOf(chat), [["carl", 1], ["eve", 1], ["paul", 1]]);
    await eventually(() => usersOf(chat, "?room=lobby"), [["carl", 1], ["eve", 1], ["paul", 1]]);
    assertEquals(await chat.door("carl"), [409, "name_taken"]);
    assertEquals((await chat.door("carl", tokenOf("carl")))[0], 426);
  }
  // Who posts has it as well.
  const fred = await one.enter({ username: "fred" });
  const end = ending(fred);
  const post = { content: "it is me" };
  const said = await two.ask("/api/rooms/den/messages", { bearer: tokenOf("fred"), post });
  assertEquals(said.status, 201);
  assertEquals(await closing(end), [4409, PROVEN]);
  assertEquals(await one.door("fred"), [409, "name_taken"]);
  // It is to them that is written.
  paul.say("psst", { to: "CARL" });
  assertEquals((await carl.take(1))[0]!.content, "psst");
  carl.send({ type: "leave" });
  await carl.find("leave");
  eve.say("last");
  const told: string[] = [];
  while (told.at(-1) !== "last") {
    const { type, username, content } = await eve.next();
    if (type !== "room") told.push(type === "chat" ? content : `${type} ${username}`);
  }
  // Whoever goes by names has them there until they are told otherwise.
  const carls = told.filter((each) => each.endsWith("carl"));
  assertEquals(carls.slice(-2), ["join carl", "leave carl"]);
  assertEquals(await usersOf(one, "?room=lobby"), [["eve", 1], ["paul", 1]]);
});

together("a guest is not who is written to", proven, async ([one, two]) => {
  await using ann = await two.enter({}, tokenOf("ann"));
  await using bob = await one.enter({ username: "bob" });
  for (const command of [{ type: "chat", content: "hi" }, { type: "typing" }]) {
    ann.send({ ...command, to: "bob" });
    assertEquals((await ann.find("error")).code, "no_such_user");
  }
  const told = await bob.settled();
  assert(!told.some(({ to, type }) => to !== undefined || type === "typing"));
});

together("who has a claimed name by now is written to", claimed, async ([one, two]) => {
  await using eve = await one.enter({ username: "eve" });
  const ann = await one.enter({ username: "ann" });
  ann.say("between us", { to: "eve", ref: "r" });
  await ann.take(1);
  await ann[Symbol.asyncDispose]();
  await eventually(() => usersOf(two), [["eve", 1]]);
  assertEquals(await two.door("ann"), [409, "name_taken"]);
  // As if ten minutes had passed, and the first node were late.
  const looks = await server!.command("KEYS", "*look:{@}ann") as string[];
  await server!.command("DEL", ...looks);
  await using other = await two.enter({ username: "ann" });
  eve.say("psst", { to: "ann" });
  assertEquals((await other.take(1))[0]!.content, "psst");
  eve.send({ type: "typing", to: "ann" });
  assertEquals((await other.find("typing")).username, "eve");
  // Nor is anything heard of what the other said by the same ref.
  other.say("hello", { to: "eve", ref: "r" });
  assertEquals((await other.take(1))[0]!.content, "hello");
});

Deno.test(
  "names on two nodes: who was not told that they must give up a name is told later",
  { ignore, timeout },
  async () => {
    await using nodes = await Nodes.start(server!, 2);
    const [one, two] = [nodes[0]!, nodes[1]!];
    const guest = { key: "#x#ann", looks: looksOf("ann") };
    assertEquals(await one.show("ann", guest), "ann");
    assertEquals(await two.show("ann"), "ann");
    const glass = new Glass();
    await one.engine.open("@#x#ann", glass);
    assertEquals(await one.show("ann", { ...guest, rooms: ["den"] }), "ann");
    await until(() => glass.entries.length === 1);
    assertEquals(JSON.parse(glass.entries[0]!.text), { type: "taken" });
    // They do not take what is taken with them when they go.
    await one.show("ann", { ...guest, connections: 0 });
    const { company } = two.engine;
    assertEquals((await company.users({ most: 9 })).users.map(({ username }) => username), ["ann"]);
    assertEquals(await company.find("ann"), { username: "ann", key: named("ann").key });
  },
);
