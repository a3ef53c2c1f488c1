/** Who is there, over several nodes, and what becomes of it when something becomes of one of them. */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { named } from "../../hub/access/identity.ts";
import { ChatError } from "../../messages.ts";
import { presenceOf } from "../../hub/engine/stamped.ts";
import type { RedisOptions } from "../../hub/engine/redis.ts";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { timeout, until } from "../support.ts";
import { Glass } from "../engine/contract.ts";
import { type Node, Nodes } from "./nodes.ts";
import { RedisServer } from "./server.ts";
import { pass } from "./two.ts";

const { ignore, path } = await need(redis);

/** @param test is given some nodes, and the Redis they are on */
function company(
  what: string,
  count: number,
  test: (nodes: Nodes, server: RedisServer) => Promise<void>,
  options: RedisOptions & { announce?: number } = {},
) {
  Deno.test(`redis: ${what}`, { ignore, timeout }, async () => {
    await using server = await RedisServer.start(path());
    await using nodes = await Nodes.start(server, count, options);
    await test(nodes, server);
  });
}

/** Leases that end soon. */
const short = { lease: 500 };

/** What is left in Redis of a node. */
async function traces(server: RedisServer, seat: string): Promise<string[]> {
  const keys = await server.command("KEYS", `*${seat}*`) as string[];
  // It is kept for a while that they are dead, and what was done last.
  return keys.filter((key) => !/:(gone|call|shown):/.test(key));
}

/** Waits until something asked for is so. */
async function eventually<T>(ask: () => Promise<T>, wanted: T) {
  let last: unknown;
  for (let i = 0; i < 1_000; i++) {
    last = await ask();
    try {
      assertEquals(last, wanted);
      return;
    } catch {
      await pass(10);
    }
  }
  assertEquals(last, wanted);
}

company("a person on two nodes comes once and goes once", 2, async ([one, two]) => {
  const told = [one!, two!];
  assertEquals(await one!.enter("Ann"), { count: 1, names: ["Ann"] });
  assertEquals(await two!.enter("ann"), { count: 1, names: ["Ann"] });
  assertEquals(await two!.enter("bob"), { count: 2, names: ["Ann", "bob"] });
  assertEquals(await one!.engine.company.roster("#den"), { count: 2, names: ["Ann", "bob"] });
  assertEquals(await one!.leave("Ann"), { count: 2, entry: undefined });
  assertEquals(await two!.engine.company.roster("#den"), { count: 2, names: ["ann", "bob"] });
  const { count, entry } = await two!.leave("ann");
  assertEquals([count, entry], [1, two!.glass.entries.at(-1)]);
  // Who is not there any more does not go again.
  assertEquals(await two!.leave("ann"), { count: 1, entry: undefined });
  await until(() => told.every((node) => node.told.length === 3));
  for (const node of told) assertEquals(node.told, ["join Ann", "join bob", "leave ann"]);
});

company("who comes, talks and goes is told in that order", 2, async ([one, two]) => {
  const asked: unknown[] = [];
  const wanted: string[] = [];
  for (let i = 0; i < 20; i++) {
    const name = `ann${i}`;
    asked.push(one!.enter(name));
    asked.push(one!.engine.say(["#den"], { username: name, content: `${i}`, room: "den" }));
    asked.push(one!.leave(name));
    wanted.push(`join ${name}`, `${i}`, `leave ${name}`);
    if (i % 5 === 4) await Promise.all(asked);
  }
  await Promise.all(asked);
  assertEquals(one!.told, wanted);
  await until(() => two!.told.length === wanted.length);
  assertEquals(two!.told, wanted);
});

company("all who are connected are seen as they are, with all they have", 2, async ([one, two]) => {
  const { company } = one!.engine;
  assertEquals(
    await one!.show("Ann", { connectedAt: 2_000, rooms: ["den"], connections: 2 }),
    "Ann",
  );
  // The oldest connection decides how a name is spelled.
  assertEquals(await two!.show("ANN", { connectedAt: 1_000, rooms: ["attic", "den"] }), "ANN");
  assertEquals(await one!.show("bob", { connectedAt: 3_000 }), "bob");
  const ann = {
    username: "ANN",
    rooms: ["attic", "den"],
    connections: 3,
    connectedAt: "1970-01-01T00:00:01.000Z",
  };
  const bob = { ...ann, username: "bob", rooms: [], connections: 1 };
  bob.connectedAt = "1970-01-01T00:00:03.000Z";
  assertEquals(await company.users({ most: 9 }), { users: [ann, bob], count: 2 });
  assertEquals(await company.users({ most: 1 }), { users: [ann], count: 2 });
  assertEquals(await company.users({ most: 9, after: "ANN" }), { users: [bob], count: 2 });
  await one!.enter("Ann");
  assertEquals(await company.users({ most: 9 }, "#den"), { users: [ann], count: 1 });
  assertEquals([await company.spelling(named("ann")), await company.spelling(named("Cid"))], [
    "ANN",
    "Cid",
  ]);
  assertEquals([await company.find("aNN"), await company.find("Cid")], [
    { username: "ANN", key: "ann" },
    undefined,
  ]);
  assertEquals(await two!.show("ANN", { connections: 0 }), "Ann");
  assertEquals((await company.users({ most: 1 })).users, [{
    ...{ username: "Ann", rooms: ["den"], connections: 2 },
    connectedAt: "1970-01-01T00:00:02.000Z",
  }]);
  // Who has gone is known for a while.
  await one!.show("Ann", { connections: 0 });
  assertEquals(await company.users({ most: 9 }), { users: [bob], count: 1 });
  assertEquals([await company.find("ann"), await company.spelling(named("ann"))], [
    { username: "Ann", key: "ann" },
    "ann",
  ]);
});

company("whoever a name belongs to is seen, and told with what is shown", 2, async ([one, two]) => {
  const ann = { key: "#~%w+.#ann", name: "Ann\tA. [%1]", username: "ann" };
  const notice = presenceOf("#den", "join", ann);
  await one!.show("ann", { ...ann, rooms: ["den"] });
  await two!.show("bob", { key: "bob" });
  await one!.engine.company.enter("#den", { key: ann.key, notice, announce: 200 });
  await two!.enter("bob");
  await until(() => two!.told.length === 2);
  const [joined] = two!.glass.entries.map(({ text }) => JSON.parse(text));
  assertEquals([joined.username, joined.name, joined.content], [
    "ann",
    ann.name,
    `${ann.name} joined the chat`,
  ]);
  const { company } = two!.engine;
  const users = async (room?: "#den") =>
    (await company.users({ most: 9 }, room)).users.map(({ username, name }) => [username, name]);
  assertEquals(await users(), [["ann", "Ann A. [%1]"], ["bob", undefined]]);
  assertEquals(await users("#den"), [["ann", "Ann A. [%1]"], ["bob", undefined]]);
  assertEquals(await company.find("ANN"), { username: "ann", key: ann.key });
  assertEquals(await company.roster("#den"), { count: 2, names: ["ann", "bob"] });
  // Also where another node has to say that they left.
  await one!.kill();
  await until(() => two!.told.length === 3);
  const { name, content } = JSON.parse(two!.glass.entries.at(-1)!.text);
  assertEquals([name, content], ["Ann A. [%1]", "Ann A. [%1] left the chat"]);
  await eventually(() => users(), [["bob", undefined]]);
}, short);

company("nobody looks like another on any node", 2, async ([one, two], server) => {
  const { company } = two!.engine;
  const refused = async (act: () => Promise<unknown>, holder: string) => {
    const error = await assertRejects(act, ChatError);
    assertEquals(error.code, "name_taken");
    assert(error.message.includes(`it looks like ${holder}, which is in use`));
  };
  await one!.show("Anna");
  await company.check(named("ANNA"));
  await company.check(named("bob"));
  await refused(async () => await company.check(named("\u0410nna")), "Anna");
  await refused(() => two!.show("\u0410nna"), "Anna");
  await refused(() => two!.show("\u0405ystem"), "system");
  await refused(async () => await company.check(named("\u0405ystem")), "system");
  assertEquals((await company.users({ most: 9 })).count, 1);
  // Of two who come at once, one is first.
  const both = await Promise.allSettled([one!.show("lily"), two!.show("IiIy")]);
  assertEquals(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  // A name of which one spelling is in use still has the looks of that one.
  await one!.show("Pete", { connectedAt: 1 });
  await two!.show("pete", { connectedAt: 2 });
  await one!.show("Pete", { connections: 0 });
  await refused(() => one!.show("p\u0435te"), "pete");
  // Who has gone keeps theirs for ten minutes.
  await one!.show("Anna", { connections: 0 });
  await refused(() => two!.show("\u0410nna"), "Anna");
  const keys = await server.command("KEYS", "*look:{@}anna") as string[];
  const left = await server.command("PTTL", keys[0]!) as number;
  assert(left > 590_000 && left <= 600_000);
  await one!.show("Anna");
  assertGreater(await server.command("PTTL", keys[0]!) as number, 600_000);
});

company(
  "a count is told without names where Redis has forgotten them",
  1,
  async ([one], server) => {
    for (const name of ["ann", "bob", "cid"]) await one!.enter(name);
    await server.command("DEL", ...await server.command("KEYS", "*:names:{#den}") as string[]);
    await one!.engine.company.census("#den", 9);
    await until(() => one!.told.length === 3);
    assertEquals(JSON.parse(one!.glass.entries[2]!.text).users, undefined);
    assertEquals(one!.told[2], "3");
  },
  { announce: 2 },
);

company("a big room is told how many are there, once a second at most", 2, async ([one, two]) => {
  const company = [one!.engine.company, two!.engine.company] as const;
  for (const name of ["ann", "bob"]) await one!.enter(name);
  assertEquals(await company[0].census("#den", 2), 0);
  assertEquals((await two!.enter("cid")).count, 3);
  assertEquals(await company[1].census("#den", 2), 0);
  await one!.enter("dan");
  const wait = await company[0].census("#den", 2);
  assert(wait > 500 && wait <= 1_000);
  assertEquals(one!.told, ["join ann", "join bob", "3"]);
  await pass(wait);
  // Both ask, one of them tells; and who goes of many is not told.
  await Promise.all(company.map((each) => each.census("#den", 2)));
  assertEquals(await one!.leave("dan"), { count: 3, entry: undefined });
  assertEquals(await one!.leave("ann"), { count: 2, entry: undefined });
  await pass(await company[0].census("#den", 2));
  assertEquals(await company[1].census("#den", 2), 0);
  assertEquals(await company[1].census("#den", 2), 0);
  assertGreater((await one!.leave("bob")).entry!.id, "");
  await until(() => two!.told.at(-1) === "leave bob");
  const told = ["join ann", "join bob", "3", "4", "2 bob,cid", "leave bob"];
  for (const node of [one!, two!]) assertEquals(node.told, told);
}, { announce: 2 });

company(
  "the people of a dead node are told to leave, once",
  3,
  async ([one, two, three], server) => {
    const { seat, users } = { seat: one!.engine.company.seat.id, users: ["ann", "bob", "cid"] };
    for (const name of users) {
      await one!.show(name, { rooms: ["den"] });
      await one!.enter(name);
    }
    await two!.show("Bob", { rooms: ["den"] });
    await two!.enter("Bob");
    for (let i = 0; i < 30; i++) await one!.enter("ann", `#room${i}`);
    const others = [two!, three!];
    await until(() => others.every((node) => node.told.length === 3));
    await one!.kill();
    const died = performance.now();
    await until(() => others.every((node) => node.told.length === 5));
    assertLess(performance.now() - died, 3_000);
    for (const node of others) {
      assertEquals(node.told.slice(0, 3), ["join ann", "join bob", "join cid"]);
      assertEquals(node.told.slice(3).sort(), ["leave ann", "leave cid"]);
    }
    const { company } = three!.engine;
    assertEquals(await company.roster("#den"), { count: 1, names: ["Bob"] });
    await eventually(async () => (await company.users({ most: 9 })).users.map((u) => u.username), [
      "Bob",
    ]);
    await eventually(() => traces(server, seat), []);
    assertEquals((await company.rooms({ most: 99 })).rooms.filter(({ users }) => users > 0), [
      { room: "den", users: 1, head: null },
    ]);
    const reaped = others.map(({ engine }) => engine.health.events!.get("reaped"));
    assertEquals(reaped.sort(), [0, 1]);
    // What comes of a dead node late is refused.
    assertEquals(others.map((node) => node.told.length), [5, 5]);
  },
  short,
);

company("a dead node's thousands are counted out", 2, async ([one, two], server) => {
  const seat = one!.engine.company.seat.id;
  const names = Array.from({ length: 2_000 }, (_, i) => `ann${i}`);
  await Promise.all(names.map((name) => one!.show(name, { rooms: ["den"] })));
  await Promise.all(names.map((name) => one!.enter(name)));
  await two!.enter("bob");
  assertEquals((await two!.engine.company.users({ most: 5_000 })).users.length, 1_001);
  const told = two!.told.length;
  await one!.kill();
  await eventually(async () => await two!.engine.company.roster("#den"), {
    count: 1,
    names: ["bob"],
  });
  await eventually(() => traces(server, seat), []);
  assertEquals((await two!.engine.company.users({ most: 9 })).count, 0);
  // The last two hundred are told by name, the others as a number.
  await until(() => two!.told.at(-1) === "1 bob" || two!.told.length >= told + 199);
  const leaves = two!.told.slice(told).filter((text) => text.startsWith("leave"));
  assertEquals(new Set(leaves).size, leaves.length);
  assertLess(leaves.length, 200);
}, short);

company("a node that was away too long comes back as another", 2, async ([one, two], server) => {
  const seat = one!.engine.company.seat.id;
  await one!.show("ann", { rooms: ["den"] });
  await one!.enter("ann");
  await one!.enter("dan");
  await two!.show("bob");
  await two!.enter("bob");
  one!.stop();
  await until(() => two!.told.filter((text) => text.startsWith("leave")).length === 2);
  const gone = one!.leave("dan");
  const come = one!.enter("cid");
  one!.go();
  await Promise.allSettled([gone, come]);
  const { company } = two!.engine;
  await eventually(async () => (await company.roster("#den")).names, ["ann", "bob", "cid"]);
  await eventually(async () => (await company.users({ most: 9 })).users.map((u) => u.username), [
    "ann",
    "bob",
  ]);
  await eventually(() => traces(server, seat), []);
  assertEquals(one!.engine.health.events!.get("rejoined"), 1);
  await until(() => two!.told.length >= 7);
  assertEquals(two!.told.slice(5).sort(), ["join ann", "join cid"]);
  await until(() => one!.told.length === two!.told.length);
  assertEquals(one!.told, two!.told);
}, short);

company("after Redis was emptied everybody is there again", 2, async ([one, two], server) => {
  await one!.show("ann", { rooms: ["den"] });
  await one!.enter("ann");
  await two!.show("bob");
  await two!.enter("bob");
  await server.command("FLUSHALL");
  const { company } = two!.engine;
  await eventually(async () => await company.roster("#den"), { count: 2, names: ["ann", "bob"] });
  await eventually(async () => (await company.users({ most: 9 })).count, 2);
  await eventually(async () => (await company.rooms({ most: 9 })).rooms.map(({ room }) => room), [
    "den",
  ]);
  await one!.leave("ann");
  await until(() => two!.told.at(-1) === "leave ann");
  assertEquals(await company.roster("#den"), { count: 1, names: ["bob"] });
}, short);

company("lost connections tell nothing twice, and forget nobody", 2, async ([one, two], server) => {
  const names = Array.from({ length: 30 }, (_, i) => `ann${i}`);
  const asked = [];
  for (const [i, name] of names.entries()) {
    asked.push(one!.enter(name));
    if (i % 3 === 0) await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    if (i % 2 === 0) asked.push(one!.leave(name));
    await pass(5);
  }
  await Promise.all(asked);
  const left = names.filter((_, i) => i % 2 === 1).sort();
  const { company } = two!.engine;
  assertEquals(await company.roster("#den"), { count: 15, names: left });
  await until(() => one!.told.length > 0 && one!.engine.health.trouble === null);
  for (const node of [one!, two!]) assertEquals(new Set(node.told).size, node.told.length);
});

company("nobody is taken for dead because Redis stood still", 2, async ([one, two], server) => {
  await one!.enter("ann");
  await two!.enter("bob");
  await until(() => two!.told.length === 2);
  await pass(600);
  server.signal("SIGSTOP");
  await pass(1_200);
  server.signal("SIGCONT");
  await pass(1_000);
  const events = [one!, two!].map(({ engine: { health: { events } } }) => events!);
  assertEquals(events.map((each) => [each.get("reaped"), each.get("rejoined")]), [[0, 0], [0, 0]]);
  for (const each of events) assertGreater(each.get("late")!, 0);
  assertEquals([one!.told.length, two!.told.length], [2, 2]);
}, short);

company("what a dead reaper began another ends", 3, async ([one, two, three], server) => {
  const seats = [one!, two!].map(({ engine }) => engine.company.seat.id);
  const rooms = Array.from({ length: 60 }, (_, i) => `#room${i}` as const);
  await one!.enter("ann");
  await Promise.all(rooms.map((room) => one!.enter("ann", room)));
  await two!.enter("bob");
  await until(() => three!.told.length === 2);
  three!.stop();
  await one!.kill();
  const { reaped } = { reaped: (await server.command("KEYS", "*lease:{nodes}") as string[])[0]! };
  const claims = reaped.replace("lease", "reaped");
  await eventually(async () => (await server.command("ZSCORE", claims, seats[0]!)) !== null, true);
  await two!.kill();
  three!.go();
  await until(() => three!.told.length === 4);
  assertEquals(three!.told.slice(2).sort(), ["leave ann", "leave bob"]);
  for (const seat of seats) await eventually(() => traces(server, seat), []);
  for (const room of rooms) assertEquals((await three!.engine.company.roster(room)).count, 0);
}, short);

company("a node that ends in order takes its people out", 2, async ([one, two], server) => {
  const seat = one!.engine.company.seat.id;
  await one!.show("ann", { rooms: ["den"] });
  await one!.enter("ann");
  await one!.enter("ann", "#attic");
  await one!.engine.end();
  await until(() => two!.told.length === 2);
  assertEquals(two!.told, ["join ann", "leave ann"]);
  const { company } = two!.engine;
  assertEquals((await company.users({ most: 9 })).count, 0);
  assertEquals((await company.totals()).nodes, 1);
  assertEquals(await traces(server, seat), []);
});

company(
  "a node that ends forgets nobody it could not take out",
  3,
  async ([one, two, three], server) => {
    const ending = [one!, three!];
    const [id, other] = ending.map(({ engine }) => engine.company.seat.id) as [string, string];
    await one!.enter("ann");
    await three!.enter("cid");
    // Full as it is, Redis keeps nothing of who goes.
    await server.command("CONFIG", "SET", "maxmemory", "1");
    for (const left of [await one!.leave("ann"), await three!.leave("cid")]) {
      assertEquals(left.entry, undefined);
    }
    await one!.engine.end();
    const at = await server.command("KEYS", `*at:{nodes}${id}`) as string[];
    assertEquals(at.length, 1, "nobody is told where to look any more");
    await server.command("CONFIG", "SET", "maxmemory", "0");
    await three!.engine.end();
    assertEquals(await traces(server, other), []);
    const gone = { count: 0, names: [] };
    await eventually(() => two!.engine.company.roster("#den"), gone);
    await eventually(() => traces(server, id), []);
  },
  short,
);

company("whose node nobody knows is taken out", 2, async ([one, two], server) => {
  const { id } = one!.engine.company.seat;
  await one!.show("ann", { rooms: ["den"] });
  await one!.enter("ann");
  await two!.show("ann", { rooms: ["den"] });
  await two!.enter("ann");
  await one!.enter("bob");
  // As where that reached Redis only after its node was reaped.
  const [lease] = await server.command("KEYS", "*lease:{nodes}") as [string];
  await one!.kill();
  await server.command("ZREM", lease, id);
  await server.command("DEL", `${lease.replace("lease", "at")}${id}`);
  await until(() => two!.told.includes("leave bob"));
  await eventually(() => traces(server, id), []);
  const { company } = two!.engine;
  assertEquals(await company.roster("#den"), { count: 1, names: ["ann"] });
  assertEquals((await company.users({ most: 9 })).users.map((user) => user.connections), [1]);
  assertEquals(two!.told, ["join ann", "join bob", "leave bob"]);
}, short);

company("a node that ends takes nobody in any more", 2, async ([one, two], server) => {
  const seat = one!.engine.company.seat.id;
  await one!.show("ann", { rooms: ["den"] });
  await one!.enter("ann");
  const ended = one!.engine.end();
  await assertRejects(() => one!.enter("bob"), ChatError, "shutting down");
  await assertRejects(() => one!.show("bob"), ChatError, "shutting down");
  // How somebody was here may change to the last.
  await assertRejects(() => one!.show("ann", { rooms: [] }), ChatError, "shutting down");
  await one!.show("ann", { connections: 0 });
  await ended;
  assertEquals(await traces(server, seat), []);
  assertEquals((await two!.engine.company.users({ most: 9 })).count, 0);
});

company(
  "the rooms there are are listed, and those that are gone are not",
  2,
  async ([one, two], server) => {
    const { company } = two!.engine;
    await one!.enter("ann", "#attic");
    await one!.enter("bob", "#attic");
    const { entry } = await one!.engine.say(["#den"], {
      username: "ann",
      content: "hi",
      room: "den",
    });
    await one!.engine.open("#attic", new Glass());
    await one!.engine.open("#void", new Glass());
    const attic = { room: "attic", users: 2, head: null };
    const den = { room: "den", users: 0, head: entry.id };
    await eventually(async () => await company.rooms({ most: 9 }), {
      rooms: [attic, den],
      count: 2,
    });
    const rest = { rooms: [den], count: 2 };
    await eventually(async () => await company.rooms({ most: 2, after: "attic" }), rest);
    // One that is gone leaves its place on a page to the next.
    const [index] = await server.command("KEYS", "*:rooms") as string[];
    await server.command("ZADD", index!, "0", "attic2");
    assertEquals(await company.rooms({ most: 2 }), { rooms: [attic, den], count: 2 });
    // The list lasts as long as anybody is there to look at it.
    await server.command("PEXPIRE", index!, "5000");
    await eventually(async () => (await server.command("PTTL", index!) as number) > 5_000, true);
    // Also where nobody lists them.
    const keys = await server.command("KEYS", "*:{#attic}*") as string[];
    await server.command("DEL", ...keys);
    await eventually(() => server.command("ZCARD", index!), 1);
    // And they are there again once somebody comes.
    await two!.enter("cid", "#attic");
    await eventually(async () => (await company.rooms({ most: 9 })).rooms.map(({ room }) => room), [
      "attic",
      "den",
    ]);
  },
);

company("what all have done is added up, and tokens are shared", 2, async ([one, two]) => {
  const deeds = { connections: 1, messages: 2, delivered: 3, rejected: 4, slow: 5, memory: 6 };
  one!.engine.company.describe(() => deeds);
  two!.engine.company.describe(() => ({ ...deeds, messages: 40 }));
  await one!.show("ann");
  await one!.enter("ann");
  await eventually(async () => await one!.engine.company.totals(), {
    ...{ connections: 2, messages: 42, delivered: 6, rejected: 8, slow: 10, memory: 12 },
    ...{ users: 1, rooms: 1, nodes: 2 },
  });
  const take = (node: Node, cost: number, rate = 10) =>
    node.engine.company.take("ann", { rate, burst: 4 }, cost);
  assertEquals([await take(one!, 3), await take(two!, 1)], [0, 0]);
  const wait = await take(one!, 1);
  assert(wait > 0 && wait <= 100);
  await pass(wait + 2);
  assertEquals(await take(two!, 1), 0);
  // More than there can be costs all there can be.
  const all = await take(two!, 100);
  assert(all > 300 && all <= 400);
  await pass(all + 2);
  assertEquals([await take(one!, 100), await take(one!, 1, 0)], [0, 0]);
}, short);

company("nothing but the epoch stays in Redis for ever", 3, async (nodes, server) => {
  const [one, two, three] = nodes;
  for (const node of [one!, two!]) {
    await node.show("ann", { rooms: ["den"] });
    for (const name of ["ann", "bob", "cid"]) await node.enter(name);
    await node.leave("cid");
    await node.engine.say(["#den"], { username: "ann", content: "hi", room: "den", ref: "1" });
    await node.engine.tell("#den", { type: "typing", username: "ann", room: "den" });
    await node.engine.company.census("#den", 2);
    await node.engine.company.take("ann", { rate: 1, burst: 30 }, 10);
  }
  await two!.show("ann", { connections: 0 });
  await one!.kill();
  await until(() =>
    three!.engine.health.events!.get("reaped")! + two!.engine.health.events!.get("reaped")! === 1
  );
  const keys = await server.command("KEYS", "*") as string[];
  const lives = await Promise.all(
    keys.map(async (key) => [key, await server.command("PTTL", key)] as const),
  );
  const kept = lives.filter(([, left]) => left === -1).map(([key]) => key.split(":").at(-1));
  assertEquals(kept, ["epoch"]);
  assertGreater(keys.length, 15);
}, { ...short, announce: 2 });

company("somebody who writes on two nodes is told once", 2, async ([one, two]) => {
  const typing = (node: Node, username: string) =>
    node.engine.tell("#den", { type: "typing", username, room: "den" });
  await typing(one!, "ann");
  await typing(two!, "Ann");
  await typing(two!, "bob");
  await until(() => [one!, two!].every((node) => node.told.length === 2));
  assertEquals(two!.told, ["typing ann", "typing bob"]);
});

company(
  "without Redis it is said that nothing can be told, and made good later",
  2,
  async ([one, two]) => {
    const { company } = two!.engine;
    await one!.show("ann");
    for (const name of ["ann", "bob"]) await one!.enter(name);
    await until(() => two!.told.length === 2);
    one!.stop();
    const began = performance.now();
    const unavailable = async (act: () => Promise<unknown>) => {
      assertEquals((await assertRejects(act, ChatError)).code, "unavailable");
    };
    const [left, shown, wait] = await Promise.all([
      one!.leave("ann"),
      one!.show("ann", { rooms: ["attic"] }),
      one!.engine.company.census("#den", 200),
      unavailable(() => one!.enter("cid")),
      unavailable(() => one!.show("cid")),
      unavailable(async () => await one!.engine.company.check(named("dan"))),
      unavailable(async () => await one!.engine.company.users({ most: 1 })),
    ]);
    assertLess(performance.now() - began, 2_800);
    assertEquals([left, shown], [{ count: 2 }, "ann"]);
    assertGreater(wait, 0);
    assertEquals(await one!.engine.company.take("x", { rate: 1, burst: 1 }, 1), 0);
    one!.go();
    await eventually(async () => (await company.roster("#den")).names, ["bob", "cid"]);
    // However often it was asked for.
    await until(() => two!.told.length === 4);
    assertEquals(two!.told.slice(2).sort(), ["join cid", "leave ann"]);
    await eventually(
      async () => (await company.users({ most: 9 })).users.map(({ rooms }) => rooms),
      [["attic"], []],
    );
  },
);

company(
  "what Redis has forgotten, as after a failover, is put right",
  2,
  async ([one, two], server) => {
    const { seat } = one!.engine.company;
    for (const name of ["ann", "bob"]) {
      await one!.show(name, { rooms: ["den"] });
      await one!.enter(name);
    }
    const [who] = await server.command("KEYS", "*who:{#den}") as [string];
    const key = (kind: string, channel: string) => who.replace("who:{#den}", `${kind}:${channel}`);
    const at = key("at", `{nodes}${seat.id}`);
    // That ann came is forgotten.
    for (const channel of ["{#den}", "{@}"]) {
      await server.command("HDEL", key("who", channel), "ann");
      await server.command("ZREM", key("names", channel), "ann");
      await server.command("SREM", key("here", `${channel}${seat.id}`), "ann");
    }
    // That cid left is forgotten too.
    await one!.show("cid", { rooms: ["den"] });
    const record = await server.command("HGET", key("who", "{@}"), "cid") as string;
    await one!.show("cid", { connections: 0 });
    await server.command("HSET", key("who", "{@}"), "cid", record);
    await server.command("HSET", who, "cid", `${seat.id}\tcid`);
    for (const channel of ["{#den}", "{@}"]) {
      await server.command("ZADD", key("names", channel), "0", "cid");
      await server.command("SADD", key("here", `${channel}${seat.id}`), "cid");
    }
    await server.command("DEL", at);
    await server.command("CLIENT", "KILL", "TYPE", "pubsub");
    const { company } = two!.engine;
    await eventually(async () => await company.roster("#den"), { count: 2, names: ["ann", "bob"] });
    const names = async () => (await company.users({ most: 9 })).users.map((user) => user.username);
    await eventually(names, ["ann", "bob"]);
    await eventually(() => server.command("ZCARD", at), 1);
    await until(() => two!.told.length === 4);
    assertEquals(two!.told.slice(2).sort(), ["join ann", "leave cid"]);
    // A room in which there is nobody any more is forgotten.
    for (const name of ["ann", "bob"]) await one!.leave(name);
    await eventually(() => server.command("EXISTS", at), 0);
    await one!.enter("ann");
    await eventually(() => server.command("ZCARD", at), 1);
    // One in which there is somebody is not, however often that is looked at.
    await pass(700);
    assertEquals(await server.command("ZCARD", at), 1);
    // What could not be taken out is later.
    await one!.leave("ann");
    await server.command("RENAME", at, "aside");
    await server.command("SET", at, "in the way");
    await pass(1_000);
    await server.command("DEL", at);
    await server.command("RENAME", "aside", at);
    await eventually(() => server.command("EXISTS", at), 0);
  },
);
