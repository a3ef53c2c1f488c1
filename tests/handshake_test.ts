/** What a client gets wrong in a request is told to it, and is no fault of the server. */
import { assert, assertEquals } from "@std/assert";
import { randomFrom } from "./chat/proxy.ts";
import { exchange, HANDSHAKE } from "./raw.ts";
import { network, serve } from "./support.ts";

/** A server that keeps what it logs of its own faults. */
function watched() {
  const faults: string[] = [];
  const server = serve({
    log: (level, event, fields) =>
      void (level === "error" && faults.push(`${event} ${JSON.stringify(fields)}`)),
  });
  return Object.assign(server, { faults });
}

/** The status of an answer, and one of its headers. */
function read(answer: string, header: string) {
  const status = Number(answer.match(/^HTTP\/1\.1 (\d{3}) /)?.[1]);
  const value = answer.match(new RegExp(`^${header}: (.*)\r$`, "im"))?.[1];
  return { status, value };
}

Deno.test("a Host that is none is a 400, whatever is asked for", network, async () => {
  await using server = watched();
  const ends = ["x/metrics?", "x\\metrics?", "x?", "x#", "y@x"];
  for (const host of ["[", "a b", "x:99999", "x:80:80", "[::1", "%", ...ends]) {
    for (
      const path of ["/", "/ws?username=ann", "/healthz", "/nowhere", "/api/rooms/lobby/messages"]
    ) {
      const answer = await exchange(server.host, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      assertEquals([host, path, read(answer, "").status], [host, path, 400]);
      assert(answer.includes("application/problem+json") && answer.includes("Host"));
    }
  }
  assertEquals(server.faults, []);
});

Deno.test("a path that proxies may read as another is a 400, and says which", network, async () => {
  await using server = watched();
  for (
    const [path, meant] of [
      ["/.\\metrics", "/metrics"],
      ["/x\\..\\metrics", "/metrics"],
      ["/x/../metrics", "/metrics"],
      ["/%2E/metrics", "/metrics"],
      ["/metrics/x/%2e%2e/../", "/"],
      ["http://x\\metrics", "/metrics/"],
      ["/api\\users?room=lobby", "/api/users"],
    ] as const
  ) {
    const answer = await exchange(server.host, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assertEquals([path, read(answer, "").status], [path, 400]);
    assert(answer.includes(`must be written as ${meant}"`), answer);
  }
  for (
    const path of [
      "/healthz",
      "/healthz?a\\..\\b/../c",
      "http://x/healthz",
      "http://x",
      "http://x?a",
    ]
  ) {
    const answer = await exchange(server.host, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    assertEquals([path, read(answer, "").status], [path, 200]);
  }
  assertEquals(server.faults, []);
});

/** Asks for a WebSocket, with other headers in the place of those of the same name. */
async function shake(host: string, headers: string[], method = "GET"): Promise<string> {
  const names = headers.map((header) => header.split(":")[0]!);
  const all = [...HANDSHAKE.filter((header) => !names.includes(header.split(":")[0]!)), ...headers];
  const lines = all.filter((header) => !header.endsWith(":"));
  return await exchange(
    host,
    [`${method} /ws?username=ann HTTP/1.1`, `Host: ${host}`, ...lines, "", ""].join("\r\n"),
  );
}

Deno.test("a handshake is taken as RFC 6455 has it, in all its spellings", network, async () => {
  await using server = watched();
  for (
    const headers of [
      [],
      ["Upgrade: WebSocket"],
      ["Connection: UPGRADE"],
      ["Connection: keep-alive, Upgrade"],
      ["Connection: Upgrade ,keep-alive"],
      ["Connection: keep-alive", "Connection: Upgrade"],
    ]
  ) {
    assertEquals([headers, read(await shake(server.host, headers), "").status], [headers, 101]);
  }
});

Deno.test("any other is answered with what would be right", network, async () => {
  await using server = watched();
  const upgrade = [426, "upgrade", "websocket"] as const;
  const version = [426, "sec-websocket-version", "13"] as const;
  const key = [400, "content-type", "application/problem+json"] as const;
  for (
    const [headers, [status, header, value], method] of [
      [["Connection: x-upgrade"], upgrade],
      [["Connection: keep-alive; Upgrade"], upgrade],
      [["Connection: close"], upgrade],
      [["Connection:"], upgrade],
      [["Upgrade:"], upgrade],
      [["Upgrade: h2c"], upgrade],
      [["Upgrade: websocket/13"], upgrade],
      // The runtime does not survive it.
      [["Upgrade: h2c", "Upgrade: websocket"], upgrade],
      [["Upgrade: websocket", "Upgrade: h2c"], upgrade],
      [["Sec-WebSocket-Version: 8"], version],
      [["Sec-WebSocket-Version: 14"], version],
      [["Sec-WebSocket-Version: 13, 8"], version],
      [["Sec-WebSocket-Version:"], version],
      [["Sec-WebSocket-Key:"], key],
      [["Sec-WebSocket-Key: x"], key],
      [["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"], key],
      [["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===="], key],
      [["Sec-WebSocket-Key: ====dGhlIHNhbXBsZSBub25jZQ=="], key],
      [[], upgrade, "HEAD"],
    ] as [string[], readonly [number, string, string], string?][]
  ) {
    const answer = read(await shake(server.host, headers, method), header);
    assertEquals([headers, answer], [headers, { status, value }]);
  }
  assertEquals([server.faults, server.hub.people.online], [[], 0]);
});

Deno.test("no request, however odd, is a fault of the server", network, async () => {
  await using server = watched();
  const seed = Math.floor(Math.random() * 2 ** 32);
  const random = randomFrom(seed);
  const pick = <T>(among: readonly T[]): T => among[Math.floor(random() * among.length)]!;
  const noise = () =>
    Array.from(
      { length: Math.floor(random() * 12) },
      () => pick([..."abc019[]%:;,./?#@\\\"'= \t\x7f\xe9\xff", "%2e", "%zz", "%00", "..", "ws"]),
    ).join("");
  const paths = ["/", "/ws", "/healthz", "/metrics", "/chat.js", "/api/users", "/api/rooms"];
  const names = ["host", "connection", "upgrade", "accept", "origin", "if-none-match", "range"];
  for (let i = 0; i < 500; i++) {
    const path = random() < 0.5
      ? pick(paths)
      : `/api/rooms/${noise()}/${pick(["messages", "events"])}`;
    const query = pick(["", "?username=ann&room=", "?since=", "?limit=", "?after=", "?room="]);
    const method = pick(["GET", "GET", "HEAD", "POST", "OPTIONS", "PUT", "BREW"]);
    const headers = Array.from(
      { length: Math.floor(random() * 4) },
      () => `${pick([...names, "sec-websocket-version", "sec-websocket-key"])}: ${noise()}`,
    );
    const lines = random() < 0.5 ? ["Host: x", ...HANDSHAKE, ...headers] : ["Host: x", ...headers];
    const request = [`${method} ${path}${query}${query && noise()} HTTP/1.1`, ...lines, "", ""];
    const { status } = read(await exchange(server.host, request.join("\r\n")), "");
    assert(!(status >= 500), `${status} to ${JSON.stringify(request)}, seed ${seed}`);
  }
  assertEquals(server.faults, []);
});

Deno.test("a header is not parsed that is longer than there is reason for", network, async () => {
  await using server = serve();
  const url = `http://${server.host}/`;
  const tag = (await fetch(`${url}chat.js`, { method: "HEAD" })).headers.get("etag")!;
  for (
    const [spaces, status, type] of [
      [0, 304, "text/html; charset=utf-8"],
      [300, 200, "application/json"],
    ] as const
  ) {
    const file = await fetch(`${url}chat.js`, {
      headers: { "if-none-match": `"a",${" ".repeat(spaces)}${tag}` },
    });
    const page = await fetch(url, { headers: { accept: `a/b,${" ".repeat(spaces)}text/html` } });
    assertEquals([file.status, page.headers.get("content-type")], [status, type]);
    await Promise.all([file.body?.cancel(), page.body?.cancel()]);
  }
});
