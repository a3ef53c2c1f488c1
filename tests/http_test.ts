/** What every HTTP answer has in common, and the pages about the server itself. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { named } from "../hub/access/identity.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Hub } from "../hub.ts";
import { clock } from "../hub/base/clock.ts";
import type { Health } from "../hub/engine/engine.ts";
import { MemoryEngine } from "../hub/engine/memory.ts";
import { Feed } from "../hub/log/feed.ts";
import type { Member } from "../hub/presence/person.ts";
import { routes } from "../routes.ts";
import { exchange, HANDSHAKE, RawClient } from "./raw.ts";
import { Client, forgetful, network, plain, serve, until } from "./support.ts";
import { TestTime } from "./time.ts";

Deno.test("GET / gives a page to browsers and JSON to the rest", network, async () => {
  await using server = serve();
  const url = `http://${server.host}/`;
  const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  const page = await fetch(url, { headers: { accept: browser } });
  assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
  assertMatch(page.headers.get("content-security-policy")!, /default-src 'self'/);
  assertMatch(await page.text(), /^<!DOCTYPE html>/i);
  for (const accept of ["*/*", "application/json", ""]) {
    const answer = await fetch(url, { headers: { accept } });
    assertEquals(answer.headers.get("vary"), "accept");
    const { name, version, status, uptime, connections, users, rooms, websocket } = await answer
      .json();
    assertEquals([name, version, status], ["Parley", "test", "ok"]);
    assertEquals([uptime, connections, users, rooms], [0, 0, 0, 0]);
    assertEquals(websocket, `ws://${server.host}/ws?username=YourName`);
  }
});

/** Answers to requests as a server gives them, with bodies as they go over the wire. */
function desk(): { get: Get } & Disposable {
  const { handle, drain } = routes(new Hub());
  const get: Get = (path, headers, method = "GET") =>
    handle(new Request(`http://chat.test${path}`, { method, headers }));
  return { get, [Symbol.dispose]: drain };
}
type Get = (path: string, headers?: HeadersInit, method?: string) => Promise<Response>;

/** The type of each kind of file. */
const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
};

Deno.test("every file the page needs is served, and may be kept for ever", async () => {
  using server = desk();
  const page = await (await server.get("/", { accept: "text/html" })).text();
  // Relative ones: the page may be a path of a bigger site.
  assertEquals(page.match(/(?:href|src)="\//), null);
  const addresses = [...page.matchAll(/(?:href|src)="(v\/[^"]*)"/g)].map(([, address]) => address!);
  const manifest = await server.get("/manifest.webmanifest");
  assertEquals(manifest.headers.get("content-type"), "application/manifest+json");
  assertEquals(manifest.headers.get("cache-control"), "public, max-age=86400");
  const { icons, start_url, scope } = await manifest.json();
  assertEquals([start_url, scope], [".", "."]);
  for (const { src } of icons) addresses.push(src);
  assertEquals(new Set(addresses.map((address) => address.split("/")[1])).size, 1);
  for (const address of addresses) {
    const { status, headers } = await server.get(`/${address}`);
    assertEquals([address, status], [address, 200]);
    assertEquals(headers.get("content-type"), TYPES[address.split(".").at(-1)!]);
    assertEquals(headers.get("cache-control"), "public, max-age=31536000, immutable");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("content-security-policy"), "default-src 'none'");
    const again = await server.get(`/${address}`, { "if-none-match": headers.get("etag")! });
    assertEquals([again.status, await again.text()], [304, ""]);
  }
});

Deno.test("a page from before or after an update gets the files there are, to look at again", async () => {
  using server = desk();
  const page = await (await server.get("/", { accept: "text/html" })).text();
  const [address] = page.match(/v\/[^"]*app\.js/)!;
  const now = await server.get(`/${address}`);
  const other = await server.get("/v/other/page/app.js");
  assertEquals(other.headers.get("cache-control"), "no-cache");
  assertEquals(await other.text(), await now.text());
  for (const path of ["/v/other/page/none.js", "/v/other/", "/v/other", "/v", "/page/app.js"]) {
    assertEquals([path, (await server.get(path)).status], [path, 404]);
  }
});

Deno.test("the library is served with its comments", async () => {
  using server = desk();
  for (const name of ["chat.js", "names.js"]) {
    const answer = await server.get(`/${name}`);
    assertEquals(answer.headers.get("cache-control"), "no-cache");
    const file = await Deno.readTextFile(new URL(`../static/${name}`, import.meta.url));
    assertEquals(await answer.text(), file);
  }
});

Deno.test("files are compressed as far as who asks can read it", async () => {
  using server = desk();
  const plain = await server.get("/chat.js");
  const text = await plain.text();
  const tags = new Set([plain.headers.get("etag")]);
  const packed = { br: 13_200, gzip: 14_900 };
  for (
    const [accepted, coding] of [
      ["gzip, deflate, br, zstd", "br"],
      ["br;q=0, gzip", "gzip"],
      ["gzip;q=0.5", "gzip"],
      ["*", "br"],
      ["identity", null],
      ["deflate", null],
      ["br;q=0, gzip;q=0, *;q=0", null],
      ["", null],
      [`br,${" ".repeat(300)}gzip`, null],
    ] as const
  ) {
    const headers = { "accept-encoding": accepted };
    const answer = await server.get("/chat.js", headers);
    assertEquals([accepted, answer.headers.get("content-encoding")], [accepted, coding]);
    assertEquals(answer.headers.get("vary"), "accept-encoding");
    const body = await answer.bytes();
    assert(body.length < (coding ? packed[coding] : text.length + 1), `${body.length} bytes`);
    const open = coding === "br"
      ? brotliDecompressSync
      : coding === "gzip"
      ? gunzipSync
      : undefined;
    assertEquals(new TextDecoder().decode(open ? open(body) : body), text);
    const etag = answer.headers.get("etag")!;
    tags.add(etag);
    const again = await server.get("/chat.js", { ...headers, "if-none-match": `W/${etag}` });
    const { "content-encoding": _, ...others } = Object.fromEntries(answer.headers);
    assertEquals([again.status, await again.text()], [304, ""]);
    for (const [name, value] of Object.entries(others)) {
      if (name !== "content-length") assertEquals([name, again.headers.get(name)], [name, value]);
    }
    const head = await server.get("/chat.js", headers, "HEAD");
    assertEquals(Object.fromEntries(head.headers), Object.fromEntries(answer.headers));
    await head.body?.cancel();
  }
  assertEquals(tags.size, 3);
});

Deno.test("the page is compressed too, and differs by what is asked for", async () => {
  using server = desk();
  const page = await server.get("/", { accept: "text/html", "accept-encoding": "br" });
  assertEquals(page.headers.get("content-encoding"), "br");
  assertEquals(page.headers.get("vary"), "accept-encoding, accept");
  await page.body?.cancel();
});

Deno.test(
  "an unknown path is a 404, a wrong method a 405, both as problem+json",
  network,
  async () => {
    await using server = serve();
    const nowhere = await fetch(`http://${server.host}/nowhere`);
    assertEquals(nowhere.headers.get("content-type"), "application/problem+json");
    const { type, title, status, detail } = await nowhere.json();
    assertEquals([type, title, status], ["about:blank", "Not Found", 404]);
    assertMatch(detail, /\/nowhere/);
    const wrong = await fetch(`http://${server.host}/api/users`, { method: "DELETE" });
    assertEquals([wrong.status, wrong.headers.get("allow")], [405, "GET, HEAD, OPTIONS"]);
    assertEquals((await wrong.json()).status, 405);
  },
);

Deno.test("CORS headers are on every answer, and OPTIONS is a 204", network, async () => {
  await using server = serve();
  for (
    const [method, path, status] of [
      ["GET", "/", 200],
      ["GET", "/nowhere", 404],
      ["PUT", "/healthz", 405],
      ["GET", "/ws", 400],
      ["OPTIONS", "/api/rooms/lobby/messages", 204],
      ["HEAD", "/api/stats", 200],
    ] as const
  ) {
    const answer = await fetch(`http://${server.host}${path}`, { method });
    assertEquals([path, answer.status], [path, status]);
    assertEquals(answer.headers.get("access-control-allow-origin"), "*");
    assertMatch(answer.headers.get("access-control-allow-methods")!, /POST/);
    if (method !== "GET" && method !== "PUT") assertEquals(await answer.text(), "");
    else await answer.body?.cancel();
  }
});

Deno.test("HEAD is answered as GET is, without the body", network, async () => {
  await using server = serve();
  for (
    const path of ["/healthz", "/api/users", "/api/rooms/lobby/messages", "/chat.js", "/nowhere"]
  ) {
    const [head, get] = await Promise.all(["HEAD", "GET"].map(async (method) => {
      // Compressed bodies do not reach us as long as they were.
      const answer = await fetch(`http://${server.host}${path}`, {
        method,
        headers: { "accept-encoding": "identity" },
      });
      const { length } = new Uint8Array(await answer.arrayBuffer());
      const { date: _, ...headers } = Object.fromEntries(answer.headers);
      return { status: answer.status, headers, length };
    }));
    assertEquals([path, head], [path, { ...get!, length: 0 }]);
    assertEquals(Number(head!.headers["content-length"]), get!.length);
  }
});

Deno.test("allowed origins are echoed, others are not", network, async () => {
  await using server = serve({ origins: ["https://a.example", "https://b.example"] });
  for (
    const [origin, allowed] of [
      ["https://b.example", "https://b.example"],
      ["https://evil.example", "https://a.example"],
    ] as const
  ) {
    const answer = await fetch(`http://${server.host}/healthz`, { headers: { origin } });
    assertEquals(answer.headers.get("access-control-allow-origin"), allowed);
    assertEquals(answer.headers.get("vary"), "origin");
    await answer.body?.cancel();
  }
});

Deno.test("GET /ws says what a WebSocket needs, before there is one", network, async () => {
  await using server = serve({ maxConnections: 1 });
  const ws = `http://${server.host}/ws`;
  for (
    const [query, status, detail] of [
      ["", 400, "username"],
      ["?username=", 400, "1 to 32"],
      ["?username=%40ann", 400, "@"],
      ["?username=ann&room=a%20b", 400, "room"],
      ["?username=ann", 426, "WebSocket"],
    ] as const
  ) {
    const answer = await fetch(ws + query);
    assertEquals([query, answer.status], [query, status]);
    assertEquals((await answer.json()).detail.includes(detail), true);
  }
  await using _ann = await plain(server.host, { username: "ann" });
  const full = await exchange(
    server.host,
    [`GET /ws?username=bob HTTP/1.1`, `Host: ${server.host}`, ...HANDSHAKE, "", ""].join("\r\n"),
  );
  assertMatch(full, /^HTTP\/1.1 503 /);
  assertMatch(full, /^retry-after: 5\r$/m);
});

Deno.test(
  "/api/users, /api/rooms and /api/stats tell who is there and what was done",
  network,
  async () => {
    await using server = serve();
    const get = async (path: string) => await (await fetch(`http://${server.host}${path}`)).json();
    await using ann = await plain(server.host, { username: "ann" });
    await ann.find("join");
    await using _ann2 = await plain(server.host, { username: "ANN", room: "den" });
    await using bob = await plain(server.host, { username: "bob" });
    bob.say("hi");
    const [said] = await ann.take(1);
    await bob.take(1);
    const { users, count } = await get("/api/users");
    assertEquals(count, 2);
    assertEquals(
      users.map(({ username, rooms, connections }: Record<string, unknown>) => [
        username,
        rooms,
        connections,
      ]),
      [["ann", ["den", "lobby"], 2], ["bob", ["lobby"], 1]],
    );
    assertMatch(users[0].connectedAt, /Z$/);
    assertEquals((await get("/api/users?room=DEN")).count, 1);
    assertEquals((await get("/api/users?room=none")).users, []);
    assertEquals(await get("/api/rooms"), {
      rooms: [{ room: "den", users: 1, head: null }, { room: "lobby", users: 2, head: said!.id }],
      count: 2,
    });
    bob.say(" ");
    await bob.find("error");
    const stats = await get("/api/stats");
    assertEquals(
      [stats.connections, stats.users, stats.rooms, stats.messages, stats.rejected, stats.slow],
      [3, 2, 2, 1, 1, 0],
    );
    // ann: two arrivals and a message; ann2: an arrival; bob: his arrival and a message.
    assertEquals(stats.delivered, 6);
    assert(stats.memory > 1_000_000);
  },
);

Deno.test("a page of a foreign origin is told to stop with 4403", network, async () => {
  await using server = serve({ origins: ["https://a.example"] });
  for (
    const [origin, code] of [["https://evil.example", 4403], ["https://a.example", 0]] as const
  ) {
    const socket = new WebSocket(`ws://${server.host}/ws?username=ann`, {
      headers: { origin },
    } as unknown as string[]);
    const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
    if (code === 0) socket.onmessage = () => socket.close(4000);
    assertEquals((await closed).code, code || 4000);
  }
});

Deno.test("a page of a foreign origin may not post either", network, async () => {
  await using server = serve({ origins: ["https://a.example"] });
  const url = `http://${server.host}/api/rooms/lobby/messages`;
  const body = JSON.stringify({ username: "ann", content: "hi" });
  for (const [origin, status] of [["https://evil.example", 403], ["https://a.example", 201]]) {
    const headers = { origin: `${origin}` };
    const answer = await fetch(url, { method: "POST", body, headers });
    assertEquals([origin, answer.status], [origin, status]);
    await answer.body?.cancel();
  }
  assertEquals(server.hub.counts.messages, 1);
});

Deno.test("the server's own page may use it, whatever other origins may", network, async () => {
  const origins = ["https://a.example"];
  await using server = serve({ origins });
  await using behind = serve({ origins, trustProxy: 1 });
  const post = async (host: string, headers: Record<string, string>) => {
    const body = JSON.stringify({ username: "ann", content: "hi" });
    const url = `http://${host}/api/rooms/lobby/messages`;
    const answer = await fetch(url, { method: "POST", body, headers });
    await answer.body?.cancel();
    return answer.status;
  };
  const { host } = server;
  const forwarded = { "x-forwarded-host": "Chat.Example", "x-forwarded-proto": "https" };
  const inner = {
    "x-forwarded-host": "chat.example, inner:81",
    "x-forwarded-proto": "http, https",
  };
  for (
    const [to, origin, headers, status] of [
      [host, `http://${host}`, {}, 201],
      [host, `https://${host}`, {}, 201],
      [host, "http://127.0.0.1", {}, 403],
      [host, "null", {}, 403],
      [host, "https://chat.example", forwarded, 403],
      [behind.host, "https://chat.example", forwarded, 201],
      [behind.host, "https://inner:81", inner, 201],
      [behind.host, "https://chat.example", inner, 403],
      [behind.host, "https://chat.example", { "x-forwarded-host": "[" }, 403],
      [behind.host, `https://${behind.host}`, { "x-forwarded-host": "[" }, 201],
      [behind.host, "https://chat.example:8443", { "x-forwarded-host": "chat.example:8443" }, 201],
    ] as const
  ) {
    assertEquals([origin, headers, await post(to, { origin, ...headers })], [
      origin,
      headers,
      status,
    ]);
  }
  // A browser's page, which is told to stop where it may not connect.
  const own = new Client(host, { username: "ann" }, { origin: `http://${host}` });
  assertEquals((await own.next()).type, "join");
  await own[Symbol.asyncDispose]();
});

Deno.test(
  "GET / tells the WebSocket's address as the client has to write it",
  network,
  async () => {
    await using server = serve();
    await using behind = serve({ trustProxy: 1 });
    const told = async (host: string, headers: Record<string, string>) => {
      const answer = await fetch(`http://${host}/`, { headers });
      return (await answer.json()).websocket.replace("/ws?username=YourName", "");
    };
    const headers = { "x-forwarded-host": "chat.example:8443", "x-forwarded-proto": "HTTPS" };
    assertEquals(await told(server.host, headers), `ws://${server.host}`);
    assertEquals(await told(behind.host, headers), "wss://chat.example:8443");
    assertEquals(await told(behind.host, {}), `ws://${behind.host}`);
    assertEquals(
      await told(behind.host, { "x-forwarded-proto": "https" }),
      `wss://${behind.host}`,
    );
    const long = { "x-forwarded-host": "x".repeat(1_000) };
    assertEquals(await told(behind.host, long), `ws://${behind.host}`);
  },
);

Deno.test("pages of a named origin may send credentials, and of no other", network, async () => {
  for (
    const [origins, origin, allowed] of [
      [["https://a.example", "https://b.example"], "https://b.example", "true"],
      [["https://a.example"], "https://evil.example", null],
      [[], "https://evil.example", null],
    ] as const
  ) {
    await using server = serve({ origins: [...origins] });
    for (const method of ["GET", "OPTIONS"]) {
      const url = `http://${server.host}/api/rooms/lobby/events`;
      const { headers, body } = await fetch(url, { method, headers: { origin } });
      assertEquals(headers.get("access-control-allow-credentials"), allowed);
      assertEquals(headers.get("access-control-expose-headers"), "etag, retry-after");
      await body?.cancel();
    }
  }
});

Deno.test("a page of a list tells where it goes on, until all is told", network, async () => {
  await using server = serve();
  const { hub } = server;
  const get = async (path: string) => await (await fetch(`http://${server.host}${path}`)).json();
  const names = Array.from({ length: 250 }, (_, i) => `r-${String(i * 7 % 250).padStart(3, "0")}`);
  await Promise.all(names.map((name) => hub.say("bot", name, "hi")));
  const sorted = names.toSorted();
  const first = await get("/api/rooms");
  assertEquals([first.rooms.length, first.count, first.next], [200, 250, sorted[199]]);
  const told: string[] = [];
  let query = "?limit=99";
  for (let pages = 1; query; pages++) {
    const { rooms, count, next } = await get(`/api/rooms${query}`);
    assertEquals(count, 250);
    told.push(...rooms.map(({ room }: { room: string }) => room));
    query = next && `?limit=99&after=${next}`;
    assertEquals(next === undefined, pages === 3);
  }
  assertEquals(told, sorted);
  assertEquals((await get("/api/rooms?limit=250")).next, undefined);
  assertEquals((await get("/api/rooms?limit=1000&after=zzz")).rooms, []);
  assertEquals((await get("/api/rooms?after=r-0000")).rooms[0].room, "r-001");
  for (const limit of ["0", "1001", "x", ""]) {
    const answer = await fetch(`http://${server.host}/api/rooms?limit=${limit}`);
    assertEquals([limit, answer.status, (await answer.json()).code], [limit, 400, "bad_message"]);
  }
});

Deno.test("pages of people are of all of them, or of those in a room", network, async () => {
  await using server = serve();
  const { hub } = server;
  const get = async (path: string) => await (await fetch(`http://${server.host}${path}`)).json();
  const members: Member[] = [];
  for (let i = 0; i < 30; i++) {
    const { member } = await hub.connect(named(`Ann-${i * 7 % 30}`), new Feed());
    await hub.join(i < 10 ? "den" : "lobby", member);
    members.push(member);
  }
  const names = members.map(({ person: { username } }) => username);
  const page = async (query: string) => {
    const { users, count, next } = await get(`/api/users${query}`);
    return [users.map(({ username }: { username: string }) => username), count, next];
  };
  const sorted = names.toSorted();
  assertEquals(await page("?limit=25"), [sorted.slice(0, 25), 30, sorted[24]]);
  assertEquals(await page(`?limit=25&after=${sorted[24]}`), [sorted.slice(25), 30, undefined]);
  const den = names.slice(0, 10).toSorted();
  assertEquals(await page("?room=DEN&limit=6"), [den.slice(0, 6), 10, den[5]]);
  assertEquals(await page(`?room=den&after=${den[5]}`), [den.slice(6), 10, undefined]);
  assertEquals(await page("?room=none&limit=6"), [[], 0, undefined]);
  for (const member of members.slice(0, 20)) hub.dismiss(member);
  assertEquals(await page(""), [names.slice(20).toSorted(), 10, undefined]);
  assertEquals(await page("?room=den"), [[], 0, undefined]);
});

Deno.test("a list leaves out what is forgotten", forgetful, async () => {
  await using server = serve({ keep: 1_000 });
  using time = new TestTime();
  for (const name of ["c", "a", "b"]) server.hub.say("bot", name, "hi");
  time.tick(999);
  server.hub.say("bot", "b", "again");
  time.tick(1);
  const { rooms, count } = await (await fetch(`http://${server.host}/api/rooms`)).json();
  assertEquals([rooms.map(({ room }: { room: string }) => room), count], [["b"], 1]);
});

Deno.test(
  "without its store a server is degraded, and after a minute it is sent nobody any more",
  network,
  async () => {
    const engine = new MemoryEngine();
    let health: Partial<Health> = { trouble: null };
    Object.defineProperty(engine, "health", {
      value: Object.create(engine.health, {
        trouble: { get: () => health.trouble },
        awaySince: { get: () => health.awaySince },
      }),
    });
    await using server = serve({ hub: new Hub({ engine }) });
    const ask = async () => {
      const answer = await fetch(`http://${server.host}/healthz`);
      const { status, ...rest } = await answer.json();
      assertEquals(rest, { engine: "memory", trouble: health.trouble });
      return [answer.status, status];
    };
    assertEquals(await ask(), [200, "ok"]);
    using time = new TestTime();
    // What is read is there, for as long as this lasts.
    health = { trouble: "the disk is full" };
    time.tick(3_600_000);
    assertEquals(await ask(), [200, "degraded"]);
    health = { trouble: "it is away", awaySince: clock.now() };
    time.tick(59_999);
    assertEquals(await ask(), [200, "degraded"]);
    time.tick(1);
    assertEquals(await ask(), [503, "degraded"]);
    health = { trouble: null };
    assertEquals(await ask(), [200, "ok"]);
  },
);

Deno.test("GET / tells what one should know of a server", network, async () => {
  await using quiet = serve();
  await using server = serve({ note: "instances share nothing" });
  const note = async (host: string) => (await (await fetch(`http://${host}/`)).json()).note;
  assertEquals([await note(quiet.host), await note(server.host)], [
    undefined,
    "instances share nothing",
  ]);
});

Deno.test("while it drains a server is unhealthy and takes no newcomers", network, async () => {
  await using server = serve();
  await using ann = await plain(server.host, { username: "ann" });
  server.drain();
  assertEquals(await ann.closed, 1001);
  const health = await fetch(`http://${server.host}/healthz`);
  assertEquals([health.status, await health.json()], [503, { status: "draining" }]);
  const shaken = await exchange(
    server.host,
    [`GET /ws?username=bob HTTP/1.1`, `Host: ${server.host}`, ...HANDSHAKE, "", ""].join("\r\n"),
  );
  assertMatch(shaken, /^HTTP\/1.1 503 /);
  const events = await fetch(`http://${server.host}/api/rooms/lobby/events`);
  assertEquals([events.status, (await events.json()).code], [503, "unavailable"]);
});

Deno.test(
  "a client without a sign of life is given up after the idle timeout",
  network,
  async () => {
    await using server = serve({ idleTimeout: 1 });
    await using _silent = await RawClient.talk(server.host, { username: "silent" });
    await until(() => server.hub.people.online === 1);
    await until(() => server.hub.people.online === 0);
  },
);
