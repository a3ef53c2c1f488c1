/** What every HTTP answer has in common, and the pages about the server itself. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { network, plain, serve } from "./support.ts";

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

Deno.test(
  "every file the page needs is served, with a tag that saves the next transfer",
  network,
  async () => {
    await using server = serve();
    const base = `http://${server.host}`;
    const page = await (await fetch(base, { headers: { accept: "text/html" } })).text();
    const paths = [...page.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map(([, path]) => path!);
    assert(paths.length > 0);
    const seen = new Set<string>();
    for (const path of paths) {
      if (seen.has(path)) continue;
      seen.add(path);
      const answer = await fetch(base + path);
      assertEquals([path, answer.status], [path, 200]);
      assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
      const type = path.endsWith(".css") ? "text/css" : "text/javascript";
      assertEquals(answer.headers.get("content-type"), `${type}; charset=utf-8`);
      const text = await answer.text();
      for (const [, from] of text.matchAll(/^(?:import|export)[^"]*? from "([^"]+)"/gm)) {
        paths.push(new URL(from!, base + path).pathname);
      }
      const again = await fetch(base + path, {
        headers: { "if-none-match": answer.headers.get("etag")! },
      });
      assertEquals([again.status, await again.text()], [304, ""]);
    }
    assert(seen.has("/chat.js"));
  },
);

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
  const full = await shake(server.host, "/ws?username=bob");
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

Deno.test("while it drains a server is unhealthy and takes no newcomers", network, async () => {
  await using server = serve();
  await using ann = await plain(server.host, { username: "ann" });
  server.drain();
  assertEquals(await ann.closed, 1001);
  const health = await fetch(`http://${server.host}/healthz`);
  assertEquals([health.status, await health.json()], [503, { status: "draining" }]);
});

/** Asks for a WebSocket by hand, and gives the head of the answer. */
async function shake(host: string, path: string): Promise<string> {
  const [hostname, port] = host.split(":");
  using connection = await Deno.connect({ hostname: hostname!, port: Number(port) });
  await connection.write(new TextEncoder().encode(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ));
  const buffer = new Uint8Array(4_096);
  return new TextDecoder().decode(buffer.subarray(0, (await connection.read(buffer))!));
}
