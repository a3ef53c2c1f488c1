/** Two nodes and their clients: whichever of them somebody comes to, it is one chat. */
import { assertEquals } from "@std/assert";
import { Hub, type HubOptions } from "../../hub.ts";
import { RedisEngine } from "../../hub/engine/redis.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { type Client, type ClientOptions, serve, type Told, v1 } from "../support.ts";
import { RedisServer } from "./server.ts";

const { ignore, path } = await need(redis);
const server = ignore ? undefined : await RedisServer.start(path());
addEventListener("unload", () => server?.remove());

/** Two servers on one Redis, until they are disposed of. */
class Nodes implements AsyncDisposable {
  #hubs: Hub[];
  #servers: ReturnType<typeof serve>[];

  constructor(options: HubOptions = {}) {
    const prefix = `${crypto.randomUUID()}:`;
    this.#hubs = [1, 2].map(() =>
      new Hub({ ...options, engine: new RedisEngine(server!.url, { prefix }) })
    );
    this.#servers = this.#hubs.map((hub) => serve({ hub }));
  }

  host(node: number): string {
    return this.#servers[node]!.host;
  }

  /** Somebody who comes to a node, past the room's state. */
  v1(node: number, options: ClientOptions): Promise<Client & { room: Told }> {
    return v1(this.host(node), options);
  }

  async get(node: number, path: string) {
    const answer = await fetch(`http://${this.host(node)}${path}`);
    return { status: answer.status, ...await answer.json() };
  }

  async post(node: number, room: string, body: object) {
    const url = `http://${this.host(node)}/api/rooms/${room}/messages`;
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body) });
    return { status: answer.status, ...await answer.json() };
  }

  async [Symbol.asyncDispose]() {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    for (const hub of this.#hubs) await hub.end();
  }
}

function together(what: string, test: (nodes: Nodes) => Promise<void>, options: HubOptions = {}) {
  Deno.test(`nodes: ${what}`, { ignore, timeout: 60_000 }, async () => {
    await using nodes = new Nodes(options);
    await test(nodes);
  });
}

/** Who comes and goes, and what is said, as somebody is told it. */
const line = ({ type, username, content }: Told) =>
  type === "chat" ? content : `${type} ${username}`;

together("who is in a room, and what is said there, is the same on both", async (nodes) => {
  await using ann = await nodes.v1(0, { username: "ann" });
  assertEquals([ann.room.users, ann.room.count], [["ann"], 1]);
  await using bob = await nodes.v1(1, { username: "bob" });
  assertEquals([bob.room.users, bob.room.count], [["ann", "bob"], 2]);
  ann.say("one");
  assertEquals((await bob.take(1))[0]!.content, "one");
  bob.say("two");
  const told: Told[] = [];
  while (told.at(-1)?.content !== "two") told.push(await ann.next());
  assertEquals(told.map(line), ["join ann", "join bob", "one", "two"]);
  for (const node of [0, 1]) {
    const { users, count } = await nodes.get(node, "/api/users?room=lobby");
    assertEquals([count, users.map(({ username }: Told) => username)], [2, ["ann", "bob"]]);
    const { messages } = await nodes.get(node, "/api/rooms/lobby/messages");
    assertEquals(messages.map(({ content }: Told) => content), ["one", "two"]);
    assertEquals((await nodes.get(node, "/api/stats")).nodes, 2);
    assertEquals((await nodes.get(node, "/api/users?scope=node")).count, 1);
  }
  bob.send({ type: "leave" });
  const left = await bob.find("leave");
  assertEquals(await ann.find("leave"), left);
});

together("a person on both joins once and leaves once", async (nodes) => {
  await using eve = await nodes.v1(0, { username: "eve" });
  await eve.find("join");
  await using other = await nodes.v1(1, { username: "ANN" });
  assertEquals((await eve.find("join")).username, "ANN");
  const one = await nodes.v1(0, { username: "ann" });
  assertEquals(one.room.users, ["ANN", "eve"]);
  const { users } = await nodes.get(0, "/api/users");
  assertEquals(
    users.map((
      { username, connections, rooms }: Told & { connections: number; rooms: string[] },
    ) => [username, connections, rooms]),
    [["ANN", 2, ["lobby"]], ["eve", 1, ["lobby"]]],
  );
  one.say("hi");
  assertEquals((await eve.find("chat")).username, "ANN");
  await one[Symbol.asyncDispose]();
  await eventually(async () => (await nodes.get(1, "/api/users")).users[0].connections === 1);
  other.send({ type: "leave" });
  await other.find("leave");
  eve.say("last");
  const told: Told[] = [];
  while (told.at(-1)?.content !== "last") told.push(await eve.next());
  assertEquals(told.map(line), ["leave ANN", "last"]);
});

together("private messages, and that somebody writes one, go from node to node", async (nodes) => {
  await using ann = await nodes.v1(0, { username: "ann" });
  await using bob = await nodes.v1(1, { username: "Bob" });
  await using phone = await nodes.v1(0, { username: "bob", room: "elsewhere" });
  ann.send({ type: "typing", to: "BOB" });
  assertEquals((await bob.find("typing")).username, "ann");
  ann.say("psst", { to: "bob", ref: "1" });
  const [echo] = await ann.take(1);
  assertEquals([echo!.content, echo!.to, echo!.ref], ["psst", "Bob", "1"]);
  assertEquals([(await bob.take(1))[0], (await phone.take(1))[0]], [echo, echo]);
  bob.say("what?", { to: "ann" });
  assertEquals((await ann.take(1))[0]!.content, "what?");
  ann.say("hello?", { to: "nobody", ref: "2" });
  assertEquals((await ann.find("error")).code, "no_such_user");
});

together("what was said once is known by its ref, wherever it is said again", async (nodes) => {
  const first = await nodes.post(0, "den", { username: "ann", content: "one", ref: "r" });
  const again = await nodes.post(1, "den", { username: "Ann", content: "one", ref: "r" });
  assertEquals([first.status, again], [201, first]);
  await using ann = await nodes.v1(1, { username: "ann", room: "den", last: 9 });
  ann.say("one", { ref: "r" });
  assertEquals((await ann.take(1))[0]!.id, first.id);
  assertEquals((await nodes.get(0, "/api/rooms/den/messages")).messages.length, 1);
});

together("whoever comes to another node goes on where they were", async (nodes) => {
  const ann = await nodes.v1(0, { username: "ann" });
  ann.say("one");
  const [{ id: since }] = await ann.take(1) as [Told];
  const { at: inbox } = ann.room;
  await ann[Symbol.asyncDispose]();
  for (const content of ["two", "three"]) {
    await nodes.post(0, "lobby", { username: "bob", content });
  }
  await using back = await nodes.v1(1, { username: "ann", since, inbox });
  assertEquals(back.room.resumed, true);
  assertEquals((await back.take(2)).map(({ content }) => content), ["two", "three"]);
  const stream = await fetch(`http://${nodes.host(1)}/api/rooms/lobby/events?since=${since}`);
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("three")) text += (await reader.read()).value;
  await reader.cancel();
});

together("nobody looks like somebody who is on the other node", async (nodes) => {
  await using _carl = await nodes.v1(0, { username: "carl" });
  const lookalike = encodeURIComponent("с\u0430rl");
  assertEquals((await nodes.get(1, `/ws?username=${lookalike}`)).code, "name_taken");
  const said = await nodes.post(1, "den", { username: "с\u0430rl", content: "it is me" });
  assertEquals([said.status, said.code], [409, "name_taken"]);
});

together("a big room is counted over both", async (nodes) => {
  const names = ["ann", "bob", "cem", "dan"];
  const all: (Client & { room: Told })[] = [];
  for (const [i, username] of names.entries()) all.push(await nodes.v1(i % 2, { username }));
  assertEquals(all[3]!.room.count, 4);
  const [ann] = all;
  let counted = 0;
  while (counted !== 4) counted = (await ann!.find("room")).count!;
  for (const each of all.slice(1)) await each[Symbol.asyncDispose]();
  // Where it is small again, who is counted is told by name, and then everybody who goes.
  let users: string[] | undefined;
  const left: string[] = [];
  while (users?.length !== 1 && left.length + 1 < (users?.length ?? 9)) {
    const told = await ann!.next();
    if (told.type === "room") users = told.users;
    if (told.type === "leave") left.push(told.username);
  }
  assertEquals(users!.filter((name) => !left.includes(name)), ["ann"]);
  await ann![Symbol.asyncDispose]();
}, { announce: 2 });

together("rooms are listed wherever somebody is in them", async (nodes) => {
  await using _ann = await nodes.v1(0, { username: "ann", room: "b" });
  await using _bob = await nodes.v1(1, { username: "bob", room: "b" });
  await nodes.post(1, "a", { username: "bob", content: "one" });
  for (const node of [0, 1]) {
    const { rooms, count } = await nodes.get(node, "/api/rooms");
    assertEquals(count, 2);
    assertEquals(
      rooms.map(({ room, users, head }: Told & { users: number }) => [room, users, head !== null]),
      [["a", 0, true], ["b", 2, false]],
    );
    assertEquals((await nodes.get(node, "/api/rooms?limit=1&after=a")).rooms[0].room, "b");
  }
});

Deno.test(
  "nodes: two databases of one Redis are two chats",
  { ignore, timeout: 60_000 },
  async () => {
    const prefix = `${crypto.randomUUID()}:`;
    const hubs = ["", "/1"].map((database) =>
      new Hub({ engine: new RedisEngine(`${server!.url}${database}`, { prefix }) })
    );
    for (const hub of hubs) await hub.rooms.open("den");
    await hubs[0]!.say("ann", "den", "one");
    await hubs[1]!.say("bob", "den", "two");
    const heard = hubs.map((hub) => hub.rooms.get("den")!.log);
    await eventually(() => Promise.resolve(heard.every(({ head }) => head !== "")));
    for (const [i, hub] of hubs.entries()) {
      const { entries } = await hub.rooms.history("den", { limit: 9 });
      assertEquals(entries.map(({ text }) => JSON.parse(text).content), [i === 0 ? "one" : "two"]);
      assertEquals(hub.engine.health.events!.get("hole"), 0);
      await hub.end();
    }
  },
);

/** Waits until something is so that has to be asked for: some seconds at most. */
async function eventually(isSo: () => Promise<boolean>) {
  for (let i = 0; i < 400; i++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("Cannot wait any longer");
}
