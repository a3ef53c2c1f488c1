/** Who asks, by address, and what all who have the same one may do together. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Hub } from "../hub.ts";
import { Allowances } from "../hub/conversation/allowances.ts";
import { MemoryEngine } from "../hub/engine/memory.ts";
import { ChatError } from "../messages.ts";
import { routes } from "../routes.ts";
import type { Config } from "../routes/config.ts";
import { clientOf } from "../routes/forwarded.ts";
import { networkOf } from "../routes/network.ts";
import { Gate, Visitor } from "../routes/visitor.ts";
import { Client, network, plain, serve, v1, within } from "./support.ts";
import { TestTime } from "./time.ts";

Deno.test("an address counts as what one person has: IPv4 whole, IPv6 by its first 64 bits", () => {
  for (
    const [text, network] of [
      ["192.0.2.7", "192.0.2.7"],
      [" 192.0.2.7 ", "192.0.2.7"],
      ["192.0.2.7:4711", "192.0.2.7"],
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["::FFFF:c000:207", "192.0.2.7"],
      ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
      ["[::ffff:192.0.2.7]:4711", "192.0.2.7"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:DB8:1:2::", "2001:db8:1:2::/64"],
      ["2001:db8:1::3:4", "2001:db8:1:0::/64"],
      ["[2001:db8::1]", "2001:db8:0:0::/64"],
      ["[2001:db8::1]:443", "2001:db8:0:0::/64"],
      ["fe80::1%eth0", "fe80:0:0:0::/64"],
      ["::1", "0:0:0:0::/64"],
      ["::fffe:192.0.2.7", "0:0:0:0::/64"],
      ["1::ffff:192.0.2.7", "1:0:0:0::/64"],
      ["", undefined],
      ["unknown", undefined],
      ["192.0.2", undefined],
      ["192.0.2.256", undefined],
      ["192.0.2.7:x", undefined],
      ["[2001:db8::1", undefined],
      ["2001:db8::1]/", undefined],
      ["2001:db8:::1", undefined],
      [`192.0.2.7${" ".repeat(60)}`, undefined],
    ] as const
  ) assertEquals([text, networkOf(text)], [text, network]);
});

Deno.test("X-Forwarded-For is believed as far as proxies are trusted, and not a hop further", () => {
  const client = (
    trustProxy: number,
    forwarded?: string,
    remoteAddr: Deno.Addr = { transport: "tcp", hostname: "::ffff:10.0.0.1", port: 1 },
  ) => {
    const headers = new Headers(forwarded === undefined ? {} : { "x-forwarded-for": forwarded });
    return clientOf({ remoteAddr }, headers, { trustProxy } as Config);
  };
  assertEquals(client(0, "192.0.2.1"), "10.0.0.1");
  assertEquals(client(1, "192.0.2.1"), "192.0.2.1");
  assertEquals(client(1, "192.0.2.9, 192.0.2.1"), "192.0.2.1");
  assertEquals(client(2, "192.0.2.9, 192.0.2.1, 10.0.0.2"), "192.0.2.1");
  assertEquals(client(2, "192.0.2.1"), "192.0.2.1");
  assertEquals(client(1), "10.0.0.1");
  // Garbage, and what stands before it, was written by nobody who is trusted.
  assertEquals(client(1, "192.0.2.1, unknown"), "10.0.0.1");
  assertEquals(client(2, "garbage, 10.0.0.2"), "10.0.0.2");
  assertEquals(client(3, "192.0.2.1, garbage, 10.0.0.2"), "10.0.0.2");
  assertEquals(client(1, ""), "10.0.0.1");
  assertEquals(client(1, ",".repeat(50_000)), "10.0.0.1");
  const unix: Deno.Addr = { transport: "unix", path: "/run/parley" };
  assertEquals([client(0, "192.0.2.1", unix), client(1, "192.0.2.1", unix)], [
    undefined,
    "192.0.2.1",
  ]);
  assertEquals(clientOf({}, new Headers(), { trustProxy: 0 } as Config), undefined);
});

Deno.test("each key has an allowance of its own, and what is full again is forgotten", () => {
  using time = new TestTime();
  const allowances = new Allowances({ rate: 1, burst: 2 });
  const take = (key: string) => allowances.take(key);
  assertEquals([take("a"), take("a"), take("a"), take("b")], [0, 0, 1_000, 0]);
  assertEquals(allowances.take("c", 2), 0);
  assert(take("c") > 0);
  assertEquals(allowances.size, 3);
  time.tick(2_000);
  for (const key of ["d", "e"]) take(key);
  assertEquals(allowances.size, 2);
});

Deno.test("beyond the bound all fresh keys share one allowance, until there is room again", () => {
  using time = new TestTime();
  const allowances = new Allowances({ rate: 1, burst: 2 }, 3);
  for (const key of ["a", "b", "c"]) assertEquals(allowances.take(key), 0);
  let taken = 0;
  for (let i = 0; i < 100; i++) if (allowances.take(`fresh-${i}`) === 0) taken++;
  assertEquals([taken, allowances.size], [2, 3]);
  // Who was known already is as before.
  assertEquals([allowances.take("b"), allowances.take("b")], [0, 1_000]);
  time.tick(1_000);
  assertEquals([allowances.take("fresh"), allowances.take("fresh")], [0, 0]);
  assert(allowances.size <= 3);
});

Deno.test("a drained allowance in front does not keep those behind it in memory", () => {
  using time = new TestTime();
  const allowances = new Allowances({ rate: 1, burst: 100 });
  allowances.take("drained", 100);
  for (let i = 0; i < 1_000; i++) {
    allowances.take(`fresh-${i}`);
    time.tick(1_000);
  }
  assert(allowances.size < 200, `${allowances.size} are remembered`);
});

/** Asks a server as if from some address. */
function askers(options: Partial<Config>, hub = new Hub()) {
  const { handle, drain } = routes(hub, options);
  return {
    hub,
    [Symbol.dispose]: drain,
    handle,
    from: (address: string) => async (path: string, init: RequestInit = {}) => {
      const remoteAddr = { transport: "tcp", hostname: address, port: 1 } as const;
      const answer = await handle(new Request(`http://parley.test${path}`, init), { remoteAddr });
      const text = await answer.text();
      return { status: answer.status, wait: answer.headers.get("retry-after"), text };
    },
  };
}

const message = (username: string, content = "hi") => ({
  method: "POST",
  body: JSON.stringify({ username, content }),
});

const POST = "/api/rooms/lobby/messages";

/** How many of so many requests are answered otherwise than with 429. */
async function taken(count: number, ask: (i: number) => Promise<{ status: number }>) {
  let taken = 0;
  for (let i = 0; i < count; i++) if ((await ask(i)).status !== 429) taken++;
  return taken;
}

Deno.test("one address reads no more than its share, whatever it asks for", async () => {
  using time = new TestTime();
  using server = askers({ rateAddress: 2 });
  const { hub, from } = server;
  const ask = from("192.0.2.1");
  const paths = ["/", "/chat.js", "/api/rooms", "/api/users", "/nowhere", "/ws", "/metrics"];
  assertEquals(await taken(150, (i) => ask(paths[i % paths.length]!)), 100);
  const refused = await ask("/");
  assertEquals([refused.status, refused.wait], [429, "1"]);
  assertEquals(JSON.parse(refused.text).code, "rate_limited");
  assertEquals(hub.counts.rejected.get("rate_limited"), 51);
  // A probe, another address, and a second later the same.
  assertEquals((await ask("/healthz")).status, 200);
  assertEquals((await from("192.0.2.2")("/")).status, 200);
  assertEquals((await from("2001:db8::1")("/")).status, 200);
  time.tick(1_000);
  assertEquals(await taken(10, () => ask("/")), 2);
});

Deno.test("one address searches no more than its share, and reads on meanwhile", async () => {
  using time = new TestTime();
  const engine = Object.assign(new MemoryEngine(), { search: () => ({ hits: [], whole: true }) });
  using server = askers({ rateAddress: 20 }, new Hub({ engine }));
  const ask = server.from("192.0.2.1");
  const search = () => ask("/api/rooms/lobby/search?q=word");
  assertEquals(await taken(50, search), 20);
  const refused = await search();
  assertEquals([refused.status, refused.wait], [429, "1"]);
  assertEquals((await ask(POST)).status, 200);
  assertEquals((await server.from("192.0.2.2")("/api/rooms/lobby/search?q=word")).status, 200);
  time.tick(2_000);
  assertEquals(await taken(10, search), 2);
});

Deno.test("fresh names and fresh IPv6 addresses post no more than one address may", async () => {
  using time = new TestTime();
  using server = askers({ rateAddress: 2 });
  const { hub, from } = server;
  const fresh = (i: number) => from(`2001:db8:1:2::${i.toString(16)}`);
  assertEquals(await taken(200, (i) => fresh(i)(POST, message(`guest-${i}`))), 30);
  assertEquals(hub.counts.messages, 30);
  // What is refused is not even read.
  assertEquals((await fresh(1)(POST, { method: "POST", body: "{" })).status, 429);
  assertEquals((await from("2001:db8:1:3::1")(POST, message("ann"))).status, 201);
  time.tick(1_000);
  assertEquals(await taken(10, (i) => fresh(i)(POST, message(`guest-${i}`))), 2);
});

Deno.test("a long message costs an address as much as short ones of its length", async () => {
  using _time = new TestTime();
  using server = askers({ rateAddress: 2, rate: 0 });
  const long = (i: number) => message(`guest-${i}`, "\u20ac".repeat(3_000));
  assertEquals(await taken(20, (i) => server.from("192.0.2.1")(POST, long(i))), 3);
});

Deno.test("posts in somebody's name from elsewhere take nothing from them", async () => {
  using _time = new TestTime();
  using server = askers({ rate: 10, burst: 30 });
  const [ann, eve] = [server.from("192.0.2.1"), server.from("192.0.2.2")];
  assertEquals(await taken(40, () => eve(POST, message("ann"))), 30);
  assertEquals(await taken(40, () => eve(POST, message("eve"))), 30);
  assertEquals(await taken(40, (i) => ann(POST, message(i % 2 ? "ann" : "ANN"))), 30);
});

Deno.test("without an address only posts are limited, by name", async () => {
  using _time = new TestTime();
  using server = askers({ rateAddress: 1, burst: 5 });
  const ask = async (path: string, init?: RequestInit) => {
    const answer = await server.handle(new Request(`http://parley.test${path}`, init));
    await answer.body?.cancel();
    return answer;
  };
  assertEquals(await taken(200, () => ask("/healthz")), 200);
  assertEquals(await taken(200, () => ask("/")), 200);
  assertEquals(await taken(20, () => ask(POST, message("ann"))), 5);
  assertEquals(await taken(20, () => ask(POST, message("bob"))), 5);
});

for (const options of [{ rateAddress: 0 }, { rate: 0 }]) {
  Deno.test(`no limit by address with ${JSON.stringify(options)}`, async () => {
    using server = askers({ burst: 100_000, ...options });
    const ask = server.from("192.0.2.1");
    assertEquals(await taken(11_000, () => ask("/api/rooms")), 11_000);
    assertEquals(
      await taken(4_000, (i) => ask(`/api/rooms/r${i}/messages`, message("ann"))),
      4_000,
    );
  });
}

Deno.test("one address opens no more rooms than its share, by whatever door", network, async () => {
  await using server = serve({ rateAddress: 4 });
  const { host, hub } = server;
  const url = `http://${host}/api/rooms/`;
  // Ten at once: two by connecting, four by joining, three by posting, one by listening.
  await using ann = await v1(host, { username: "ann", room: "a0" });
  await using _bob = await plain(host, { username: "bob", room: "a1" });
  for (let i = 2; i < 6; i++) {
    ann.send({ type: "join", room: `a${i}` });
    await ann.find("room");
  }
  const statuses = async (path: string, init?: RequestInit) => {
    const answer = await fetch(url + path, init);
    await answer.body?.cancel();
    return answer.status;
  };
  for (let i = 6; i < 9; i++) {
    assertEquals(await statuses(`a${i}/messages`, message("cleo")), 201);
  }
  assertEquals(await statuses("a9/events"), 200);
  assertEquals([await statuses("b/messages", message("cleo")), await statuses("b/events")], [
    429,
    429,
  ]);
  ann.send({ type: "join", room: "b" });
  const { code, retryAfter } = await ann.find("error");
  assertEquals([code, retryAfter! > 0], ["rate_limited", true]);
  const dan = new Client(host, { username: "dan", room: "b" });
  await assertRejects(() => dan.next());
  await within(dan.closed, "the end of what was refused");
  // What is open already may be entered and written to, and reading opens nothing.
  ann.send({ type: "join", room: "a9" });
  await ann.find("room");
  assertEquals(await statuses("a9/messages", message("cleo")), 201);
  assertEquals(await statuses("unheard/messages"), 200);
  assertEquals(hub.rooms.size, 10);
});

Deno.test("one address opens no more connections than its share", network, async () => {
  await using server = serve({ rateAddress: 1 });
  const clients: Client[] = [];
  let refused = 0;
  for (let i = 0; i < 14; i++) {
    const client = new Client(server.host, { username: `guest-${i}` });
    clients.push(client);
    await client.next().catch(() => refused++);
  }
  // One more may have been let in meanwhile.
  assert(refused >= 3, `${refused} were refused`);
  const events = await fetch(`http://${server.host}/api/rooms/lobby/events`);
  assertEquals(events.status, 429);
  assert(Number(events.headers.get("retry-after")) > 0);
  await events.body?.cancel();
  for (const client of clients) await client[Symbol.asyncDispose]();
});

Deno.test("all conversations of an address share what it may say", network, async () => {
  await using server = serve({ rateAddress: 1 });
  await using ann = await plain(server.host, { username: "ann" });
  await using bob = await plain(server.host, { username: "bob" });
  for (let i = 0; i < 20; i++) {
    ann.say(`${i}`, { ref: `${i}` });
    bob.say(`${i}`, { ref: `${i}` });
  }
  const told = await Promise.all([ann, bob].map((client) => client.find("error")));
  for (const { code, ref, retryAfter } of told) {
    assertEquals([code, ref !== undefined, retryAfter! > 0], ["rate_limited", true, true]);
  }
  assert(server.hub.counts.messages < 20, `${server.hub.counts.messages} were taken`);
});

/** People of a school who share one address. */
const SCHOOL = 300;

Deno.test(
  "a school behind one address opens the page, enters and talks unhindered",
  network,
  async () => {
    const hub = new Hub();
    const { handle, drain } = routes(hub);
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, handle);
    const host = `127.0.0.1:${server.addr.port}`;
    const page = ["", "chat.js", ...Array.from({ length: 18 }, () => "v/1/page/app.js")];
    const lists = ["api/rooms?limit=1000", "api/users?room=lobby", "api/rooms/lobby/messages"];
    const clients: Client[] = [];
    try {
      await Promise.all(Array.from({ length: SCHOOL }, async (_, i) => {
        for (const path of [...page, ...lists]) {
          const answer = await fetch(`http://${host}/${path}`);
          await answer.body?.cancel();
          assertEquals([path, answer.status], [path, 200]);
        }
        const client = await v1(host, { username: `pupil-${i}`, room: `class-${i % 12}` });
        clients.push(client);
        for (const room of ["lobby", `group-${i % 60}`]) {
          client.send({ type: "join", room });
          await client.find("room");
        }
        for (let n = 0; n < 3; n++) {
          client.send({ type: "typing" });
          client.say(`hello ${n}`, { ref: `${i}-${n}` });
        }
      }));
      await Promise.all(clients.map(async (client, i) => {
        const last = (await client.settled()).filter(({ type }) => type === "error");
        assertEquals([i, last], [i, []]);
      }));
      assertEquals(hub.counts.rejected.get("rate_limited"), 0);
      assertEquals(hub.counts.messages, SCHOOL * 4);
    } finally {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      drain();
      await server.shutdown();
    }
  },
);

Deno.test("a school behind one address is not hindered in an hour of talk either", () => {
  using time = new TestTime();
  const pupils = new Visitor(new Gate(new Hub(), 200, { rate: 10, burst: 30 }), "192.0.2.1");
  for (let second = 0; second < 3_600; second++) {
    for (let pupil = 0; pupil < SCHOOL; pupil++) {
      const now = second + pupil;
      // Typing, a message every ten seconds, and the history, the lists and the page now and then.
      if (now % 4 === 0) assertEquals(pupils.command(1), 0);
      if (now % 10 === 0) assertEquals(pupils.command(1), 0);
      if (now % 10 === 5) pupils.request("GET");
      if (now % 1_200 === 0) { for (let file = 0; file < 25; file++) pupils.request("GET"); }
      if (now % 600 === 0) pupils.connect();
    }
    // The server is restarted, and all come back within a few seconds.
    if (second % 900 === 0) { for (let pupil = 0; pupil < SCHOOL; pupil++) pupils.connect(); }
    time.tick(1_000);
  }
  assertThrows(() => {
    for (let i = 0; i < 20_000; i++) pupils.request("GET");
  }, ChatError);
});
