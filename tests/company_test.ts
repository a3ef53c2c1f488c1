/** The hub where there are other processes: who is there is asked of their company, which takes time and may fail. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { named } from "../hub/access/identity.ts";
import type { Called, Company, Guest, Passage } from "../hub/engine/company.ts";
import { MemoryEngine } from "../hub/engine/memory.ts";
import { noticeEntry } from "../hub/engine/stamped.ts";
import { Feed } from "../hub/log/feed.ts";
import { ChatError } from "../messages.ts";
import { Client, makeHub, network, now, serve, timely, type Told, until, v1 } from "./support.ts";
import { turn } from "./engine/slow_engine.ts";
import { TestTime } from "./time.ts";

const unavailable = () =>
  Promise.reject(new ChatError("unavailable", "Redis is away", { retryAfter: 1_000 }));

/** Is among others: seven people are in each room, and three processes are there; what is asked is noted. */
class Others implements Company {
  readonly asked: string[] = [];
  guests = new Map<string, Guest>();
  roster = (_room: string) => Promise.resolve({ count: 7, names: ["eve", "zoe"] });
  check = (_who: Called): Promise<void> => Promise.resolve();
  show = (guest: Guest): Promise<string> => {
    const { key, username, connections, rooms } = guest;
    this.asked.push(`show ${username} ${connections} ${rooms}`);
    this.guests.set(key, guest);
    return turn().then(() => username);
  };
  enter = (room: `#${string}` | `@${string}`, { notice, announce }: Passage) => {
    this.asked.push(`enter ${room} ${notice.username} ${announce}`);
    return turn().then(() => this.roster(room));
  };
  leave: Company["leave"] = (room, { notice }) => {
    this.asked.push(`leave ${room} ${notice.username}`);
    return turn().then(() => ({ count: 6 }));
  };
  census: Company["census"] = (room, announce) => {
    this.asked.push(`census ${room} ${announce}`);
    return turn().then(() => 0);
  };
  find = (username: string): Promise<Called | undefined> => {
    const known = username.toLowerCase() === "zoe" ? { username: "Zoe", key: "zoe" } : undefined;
    return turn().then(() => known);
  };
  spelling = async ({ username }: Called) => (await this.find(username))?.username ?? username;
  users: Company["users"] = () => Promise.resolve({ users: [], count: 70 });
  rooms: Company["rooms"] = () =>
    Promise.resolve({ rooms: [{ room: "den", users: 7, head: null }], count: 80 });
  describe() {}
  totals: Company["totals"] = () =>
    Promise.resolve({
      ...{ connections: 90, messages: 91, delivered: 92, rejected: 93, slow: 94, memory: 95 },
      ...{ users: 70, rooms: 80, nodes: 3 },
    });
}

/** An engine with others, and a hub on it. */
function among(announce?: number) {
  const others = new Others();
  const engine = Object.assign(new MemoryEngine(), { company: others });
  return { others, engine, hub: makeHub({ engine, announce }) };
}

async function guest(hub: ReturnType<typeof makeHub>, name: string) {
  return (await hub.connect(named(name), new Feed())).member;
}

const idle = (hub: ReturnType<typeof makeHub>, room: string) => {
  const before = hub.rooms.get(room)!;
  hub.rooms.open(room);
  hub.rooms.rest(before);
  return before;
};

Deno.test("who is there is who is there in all processes", async () => {
  const { others, hub } = among();
  await using _ = hub;
  const ann = await guest(hub, "ann");
  const state = await hub.join("den", ann);
  assertEquals([state.count, state.users], [7, ["eve", "zoe"]]);
  assertEquals(others.asked, ["show ann 1 ", "enter #den ann 200", "show ann 1 den"]);
  assertEquals((await hub.state("den", { at: "x" }))!.count, 7);
  // Of two connections one makes them be there; a room they are in is told anew.
  const other = await guest(hub, "ann");
  await hub.join("den", other);
  await hub.join("den", other);
  assertEquals(others.asked.filter((asked) => asked.startsWith("enter")).length, 1);
  others.asked.length = 0;
  await hub.leave("den", other);
  assertEquals(others.asked, ["show ann 2 den"]);
  hub.dismiss(ann);
  hub.dismiss(other);
  hub.dismiss(other);
  assertEquals(others.asked.slice(1), [
    "leave #den ann",
    "show ann 2 ",
    "show ann 1 ",
    "show ann 0 ",
  ]);
});

Deno.test("whoever enters reads from before they came, and is told the room before that", async () => {
  const { others, hub, engine } = among();
  await using _ = hub;
  others.enter = async (room, { notice }) => {
    engine.tell(room, notice);
    await turn();
    await hub.say("bob", "den", "meanwhile");
    return { count: 2, names: ["ann", "bob"] };
  };
  const ann = await guest(hub, "ann");
  const told: string[] = [];
  await hub.join("den", ann, {}, ({ type }) => told.push(type));
  for await (const batches of ann.feed) {
    for (const { entries } of batches) told.push(...entries.map(({ type }) => type));
    if (told.length >= 3) break;
  }
  assertEquals(told, ["room", "join", "chat"]);
});

Deno.test("whoever is gone before they have entered leaves nothing behind", async () => {
  const { others, hub } = among();
  await using _ = hub;
  const ann = await guest(hub, "ann");
  const joined = hub.join("den", ann);
  await turn();
  others.enter = unavailable;
  hub.dismiss(ann);
  await joined;
  assertEquals(others.asked.filter((asked) => asked.includes("#den")), [
    "enter #den ann 200",
    "leave #den ann",
  ]);
  const { log, size } = idle(hub, "den");
  assertEquals([log.readers, size, hub.people.online], [0, 0, 0]);
  // And where entering fails after that, it is no matter either.
  const bob = await guest(hub, "bob");
  const refused = assertRejects(() => Promise.resolve(hub.join("den", bob)), ChatError);
  hub.dismiss(bob);
  await refused;
  assertEquals([idle(hub, "den").size, hub.people.online], [0, 0]);
});

Deno.test("whoever is gone before a room is open does not enter it", async () => {
  const { others, hub, engine } = among();
  await using _ = hub;
  const { open } = engine;
  const ann = await guest(hub, "ann");
  engine.open = (channel, window) => turn().then(() => open.call(engine, channel, window)) as never;
  const joined = hub.join("den", ann);
  hub.dismiss(ann);
  await joined;
  assertEquals(others.asked.filter((asked) => asked.includes("#den")), []);
  const { log, size } = idle(hub, "den");
  assertEquals([log.readers, size], [0, 0]);
});

Deno.test("a room is let go of although it could not be told anew who is in it", async () => {
  const others = new Others();
  const engine = Object.assign(new MemoryEngine(), { company: others });
  await using hub = makeHub({ engine, keep: 0 });
  const ann = await guest(hub, "ann");
  await hub.join("den", ann);
  others.roster = unavailable;
  await assertRejects(async () => await hub.join("den", ann), ChatError);
  assertEquals(hub.rooms.size, 1);
  await hub.leave("den", ann);
  assertEquals(hub.rooms.size, 0);
});

Deno.test("whoever cannot enter is not in the room, and may try again", async () => {
  const { others, hub } = among();
  await using _ = hub;
  const ann = await guest(hub, "ann");
  const { enter, roster } = others;
  others.enter = unavailable;
  await assertRejects(async () => await hub.join("den", ann), ChatError, "away");
  assertEquals([[...ann.rooms], idle(hub, "den").size], [[], 0]);
  await turn();
  assertEquals(others.asked.filter((asked) => asked.includes("#den")), ["leave #den ann"]);
  others.enter = enter;
  assertEquals((await hub.join("den", ann)).count, 7);
  // Nor is a room left by who cannot be told of it again.
  others.roster = unavailable;
  await assertRejects(async () => await hub.join("den", ann), ChatError, "away");
  assertEquals([...ann.rooms], ["den"]);
  others.roster = roster;
  assertEquals((await hub.join("den", ann)).count, 7);
});

Deno.test("whose name is taken elsewhere is not taken in, and who has one there is called so", async () => {
  const { others, hub } = among();
  await using _ = hub;
  const { show } = others;
  others.show = () => Promise.reject(new ChatError("name_taken", "it looks like eve"));
  await assertRejects(() => guest(hub, "еve"), ChatError, "looks like eve");
  assertEquals(hub.people.online, 0);
  others.show = () => Promise.resolve("Ann");
  const ann = await guest(hub, "ann");
  assertEquals(ann.person.username, "Ann");
  assertEquals(hub.people.users().map(({ username }) => username), ["Ann"]);
  others.show = show;
  hub.dismiss(ann);
  assertEquals(hub.people.users(), []);
  // What cannot be made known of who is here already is no matter to them.
  const bob = await guest(hub, "bob");
  others.show = unavailable;
  await hub.join("den", bob);
  hub.dismiss(bob);
});

Deno.test("a big room is told how many there are, when the others let it", timely, async () => {
  using time = new TestTime();
  const { others, hub } = among(5);
  await using _ = hub;
  const asked = () => others.asked.filter((asked) => asked.startsWith("census")).length;
  others.roster = () => Promise.resolve({ count: 6, names: [] });
  const { census } = others;
  others.census = (room, announce) => census(room, announce) && Promise.resolve(300);
  const ann = await guest(hub, "ann");
  await hub.join("den", ann);
  assertEquals(asked(), 1);
  others.census = census;
  await turn();
  time.tick(299);
  assertEquals(asked(), 1);
  time.tick(1);
  await until(() => asked() === 2);
  // Whoever leaves is counted too, unless they were told, or nobody is left.
  time.tick(1_000);
  await hub.leave("den", ann);
  assertEquals(asked(), 3);
  await hub.join("den", ann);
  assertEquals(asked(), 3);
  others.leave = () => Promise.resolve({ count: 0 });
  await hub.leave("den", ann);
  time.tick(2_000);
  assertEquals(asked(), 3);
  others.leave = (_room, { notice }) => {
    const stamp = { id: "01M881X396ZB7EG82K0S5J0000", timestamp: "2026-11-25T00:32:47.398Z" };
    return Promise.resolve({ count: 6, entry: noticeEntry(notice, stamp) });
  };
  await hub.join("den", ann);
  time.tick(2_000);
  await until(() => asked() === 4);
  assertEquals((await hub.leave("den", ann)).entry.id, "01M881X396ZB7EG82K0S5J0000");
  time.tick(2_000);
  assertEquals(asked(), 4);
});

Deno.test("many who are told anew who is there ask the others once", async () => {
  const { others, hub } = among();
  await using _ = hub;
  const ann = await guest(hub, "ann");
  await hub.join("den", ann);
  let asked = 0;
  const { roster } = others;
  others.roster = (room) => (asked++, turn().then(() => roster(room)));
  const states = await Promise.all(
    Array.from({ length: 9 }, () => hub.state("den", { at: "x", resumed: true })),
  );
  assertEquals([asked, states.map((state) => state!.count)], [1, Array(9).fill(7)]);
  await hub.state("den", { at: "x" });
  assertEquals([asked, await hub.state("nowhere", { at: "x" })], [2, undefined]);
});

Deno.test("an answer overtakes nothing while it is asked who is there", network, async () => {
  const { others, hub } = among();
  await using _ = hub;
  await using server = serve({ hub });
  await using ann = await v1(server.host, { username: "ann", room: "den" });
  const { entry } = await hub.say("bob", "den", "one");
  await ann.find("chat");
  const asked = Promise.withResolvers<void>();
  const there = Promise.withResolvers<{ count: number; names: string[] }>();
  others.roster = () => (asked.resolve(), there.promise);
  await hub.say("bob", "den", "two");
  await hub.say("ann", "den", "three", "ref");
  hub.rooms.get("den")!.log.miss(`${entry.id.slice(0, -1)}Z`);
  await asked.promise;
  ann.say("three", { room: "den", ref: "ref" });
  await until(() => hub.counts.commands.chat === 1);
  there.resolve({ count: 1, names: ["ann"] });
  const told = [await ann.next(), ...await ann.take(3)];
  assertEquals(told.map(({ type, content }) => content ?? type), ["room", "two", "three", "three"]);
});

Deno.test("whoever is here is in the roster, also where the others have lost sight of them", async () => {
  const { others, hub } = among();
  await using _ = hub;
  await hub.join("den", await guest(hub, "mia"));
  others.roster = () => Promise.resolve({ count: 2, names: ["eve", "zoe"] });
  const { count, users } = (await hub.state("den", { at: "x" }))!;
  assertEquals([count, users], [3, ["eve", "mia", "zoe"]]);
  others.roster = () => Promise.resolve({ count: 2, names: ["eve", "mia"] });
  assertEquals((await hub.state("den", { at: "x" }))!.count, 2);
  others.roster = () => Promise.resolve({ count: 300, names: ["eve"] });
  assertEquals((await hub.state("den", { at: "x" }))!.users, ["eve"]);
});

Deno.test(
  "where nobody can say who is there, readers stay, and are told with what comes next",
  network,
  async () => {
    const { others, hub, engine } = among();
    await using _ = hub;
    await using server = serve({ hub });
    await using ann = await v1(server.host, { username: "ann", room: "den" });
    const { log } = hub.rooms.get("den")!;
    const { roster } = others;
    others.roster = unavailable;
    log.miss(engine.stamp().id);
    await hub.say("bob", "den", "one");
    assertEquals((await ann.next()).content, "one");
    // What is lost is told at once.
    log.lose(now(hub.say("bob", "den", "lost")).entry.id);
    await hub.say("bob", "den", "two");
    const state = await ann.find("room");
    assertEquals([state.resumed, state.users], [false, ["ann"]]);
    assertEquals([(await ann.next()).code, (await ann.next()).content], ["gap", "two"]);
    others.roster = roster;
    await hub.say("bob", "den", "three");
    const { users, count } = await ann.find("room");
    assertEquals([users, count, (await ann.next()).content], [["eve", "zoe"], 7, "three"]);
    await hub.say("bob", "den", "four");
    assertEquals((await ann.next()).content, "four");
  },
);

Deno.test("a person is written to as they are called where they are", async () => {
  const { others, hub } = among();
  await using _ = hub;
  const ann = await guest(hub, "ann");
  const to = async () => JSON.parse((await hub.whisper(ann.person, "zoe", "psst")).entry.text).to;
  assertEquals(await to(), "Zoe");
  others.find = () => Promise.resolve({ username: "ZOE", key: "zoe" });
  assertEquals(await to(), "ZOE");
  others.find = () => Promise.resolve(undefined);
  assertEquals(await to(), "ZOE");
  await guest(hub, "zoe");
  others.find = () => Promise.resolve({ username: "Zoe", key: "zoe" });
  assertEquals(await to(), "zoe");
});

Deno.test("a person in another process is written to, and shown that somebody writes", async () => {
  const { hub, engine } = among();
  await using _ = hub;
  const ann = await guest(hub, "ann");
  const told: string[] = [];
  const { tell } = engine;
  engine.tell = (channel, notice) => {
    told.push(channel);
    return tell.call(engine, channel, notice);
  };
  await hub.typing(ann.person, { to: "ZOE" });
  assertEquals(told, ["@zoe"]);
  const { entry } = await hub.whisper(ann.person, "zoe", "psst");
  assertEquals(JSON.parse(entry.text).to, "Zoe");
  await assertRejects(
    async () => await hub.typing(ann.person, { to: "carl" }),
    ChatError,
    "nobody",
  );
  await assertRejects(
    async () => await hub.whisper(ann.person, "carl", "psst"),
    ChatError,
    "nobody",
  );
});

Deno.test("a name is asked for over HTTP, and once there is a WebSocket", network, async () => {
  const { others, hub } = among();
  await using _ = hub;
  await using server = serve({ hub });
  others.check = ({ username }) =>
    username === "еve"
      ? Promise.reject(new ChatError("name_taken", "it looks like eve"))
      : Promise.resolve();
  const ask = async (path: string, body?: unknown) => {
    const method = body === undefined ? "GET" : "POST";
    const answer = await fetch(`http://${server.host}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return [answer.status, await answer.json()];
  };
  assertEquals((await ask(`/ws?username=${encodeURIComponent("еve")}`))[0], 409);
  const { show } = others;
  others.show = () => Promise.reject(new ChatError("name_taken", "it looks like eve"));
  const late = new Client(server.host, { username: "еve" });
  assertEquals(await late.closed, 4409);
  others.show = show;
  assertEquals((await ask("/ws?username=eve"))[0], 426);
  const path = "/api/rooms/den/messages";
  assertEquals((await ask(path, { username: "еve", content: "hi" }))[0], 409);
  const [status, said] = await ask(path, { username: "zoe", content: "hi" });
  assertEquals([status, said.username], [201, "Zoe"]);
  const taken: unknown[] = [];
  Object.assign(others, {
    take: (...asked: unknown[]) => {
      taken.push(asked);
      return Promise.resolve(taken.length > 1 ? 700 : 0);
    },
  });
  assertEquals((await ask(path, { username: "zoe", content: "hi" }))[0], 201);
  const [refused, { code }] = await ask(path, { username: "zoe", content: "hi" });
  assertEquals([refused, code], [429, "rate_limited"]);
  const [name, { rate, burst }, cost] = taken[0] as [
    string,
    { rate: number; burst: number },
    number,
  ];
  assertEquals([name.endsWith(" zoe"), rate, burst, cost], [true, 10, 30, 1]);
});

Deno.test("what goes wrong with a join is said to be about its room", network, async () => {
  const { others, hub } = among();
  await using _ = hub;
  await using server = serve({ hub });
  await using ann = await v1(server.host, { username: "ann" });
  others.enter = unavailable;
  ann.send({ type: "join", room: "den" });
  const { code, room, retryAfter, temporary } = await ann.find("error");
  assertEquals([code, room, retryAfter, temporary], ["unavailable", "den", 1_000, true]);
  hub.join = () => {
    throw new ChatError("unavailable", "at once");
  };
  ann.send({ type: "join", room: "hall" });
  assertEquals((await ann.find("error")).room, "hall");
});

Deno.test("whoever cannot be taken in is asked to come again", network, async () => {
  const { others, hub } = among();
  await using _ = hub;
  await using server = serve({ hub });
  others.show = unavailable;
  const client = new Client(server.host, { username: "ann" });
  assertEquals(await client.closed, 1013);
  others.check = unavailable;
  const answer = await fetch(`http://${server.host}/ws?username=ann`);
  await answer.body?.cancel();
  assertEquals([answer.status, answer.headers.get("retry-after")], [503, "1"]);
});

Deno.test(
  "who and what is there is told of all processes, or with scope=node of one",
  network,
  async () => {
    const { others, hub } = among();
    await using _ = hub;
    await using server = serve({ hub });
    await using _ann = await v1(server.host, { username: "ann", room: "lair" });
    const ask = async (path: string) => await (await fetch(`http://${server.host}${path}`)).json();
    const names = ({ rooms }: { rooms: Told[] }) => rooms.map(({ room }) => room);
    assertEquals((await ask("/api/users")).count, 70);
    assertEquals((await ask("/api/users?scope=all")).count, 70);
    const { count, users: [user] } = await ask("/api/users?scope=node");
    assertEquals([count, user.username, user.rooms], [1, "ann", ["lair"]]);
    assertEquals(names(await ask("/api/rooms")), ["den"]);
    assertEquals(names(await ask("/api/rooms?scope=node")), ["lair"]);
    const { nodes, users, rooms, messages } = await ask("/api/stats");
    assertEquals([nodes, users, rooms, messages], [3, 70, 80, 91]);
    const own = await ask("/api/stats?scope=node");
    assertEquals([own.nodes, own.users, own.rooms, own.messages, own.connections], [1, 1, 1, 0, 1]);
    assert(own.memory > 1e6);
    assertEquals((await ask("/api/users?scope=here")).code, "bad_message");
    assertEquals((await ask("/")).connections, 90);
    others.totals = unavailable;
    assertEquals((await ask("/")).connections, 1);
    assertEquals((await ask("/api/stats")).code, "unavailable");
    // The page is there for whoever asks, and waits for nobody.
    const answered = Promise.withResolvers<never>();
    answered.promise.catch(() => {});
    others.totals = () => answered.promise;
    const signal = AbortSignal.timeout(5_000);
    const page = await fetch(`http://${server.host}/`, { headers: { accept: "text/html" }, signal })
      .finally(() => answered.reject(new Error("too late")));
    await page.body?.cancel();
    assertEquals(page.status, 200);
  },
);
