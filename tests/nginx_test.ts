/** The configuration of nginx in `docs/operations.md`, run in front of a server. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { seedOf } from "./fuzz/seed.ts";
import type { Attack } from "./hostile/attack.ts";
import { families } from "./hostile/attacks.ts";
import { Ours } from "./hostile/ours.ts";
import { Siege } from "./hostile/siege.ts";
import { Counter } from "./nginx/counter.ts";
import { Nginx } from "./nginx/nginx.ts";
import { need } from "./prepare/need.ts";
import { nginx } from "./prepare/tools.ts";
import { exchange } from "./raw.ts";
import { plain, serve, timeout, v1, within } from "./support.ts";

const { ignore, path } = await need(nginx);
const behind = { ignore, timeout };

Deno.test("behind nginx people talk, in both dialects", behind, async () => {
  await using server = serve();
  await using proxy = await Nginx.start(path(), server.host);
  await using ann = await v1(proxy.host, { username: "ann" });
  await using bob = await plain(proxy.host, { username: "bob" });
  await ann.find("join");
  bob.say("hello");
  assertEquals((await ann.find("chat")).content, "hello");
  ann.say("x".repeat(4_000));
  assertEquals((await bob.take(2)).map(({ content }) => content.length), [5, 4_000]);
});

Deno.test("behind nginx events come as they happen, not in heaps", behind, async () => {
  await using server = serve();
  await using proxy = await Nginx.start(path(), server.host);
  const answer = await fetch(`http://${proxy.host}/api/rooms/lobby/events`);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  const piece = async () => (await within(reader.read(), "an event")).value!;
  assertStringIncludes(await piece(), ":");
  for (const content of ["first", "second"]) {
    server.hub.say("ann", "lobby", content);
    assertStringIncludes(await piece(), content);
  }
  await reader.cancel();
});

Deno.test("behind nginx strangers do not see the metrics", behind, async () => {
  await using server = serve();
  await using proxy = await Nginx.start(path(), server.host);
  const status = async (path: string) => {
    const answer = await fetch(`http://${proxy.host}${path}`);
    await answer.body?.cancel();
    return answer.status;
  };
  assertEquals(await status("/metrics"), 404);
  assertEquals(await status("/healthz"), 200);
  assertEquals(await status("/api/rooms"), 200);
  // What nginx takes for another path or for a host, and a parser of addresses for this path.
  for (
    const [path, host] of [["/.\\metrics", "x"], ["/%2e\\metrics", "x"], [
      "/",
      "x\\metrics?",
    ]] as const
  ) {
    const answer = await exchange(proxy.host, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assertStringIncludes(answer, "HTTP/1.1 400 ", `${path} of ${host}`);
  }
});

const { bodies, frames, handshakes, paths, slow, texts } = families;
/** What is slow before there is a WebSocket, and what is slow on one. */
const [asking, talking] = [slow.slice(0, 8), slow.slice(8)];

/** Milliseconds that the pair may wait for, as dozens attack at once and the proxy needs a core as well. */
const CROWDED = 1_000;

/** What is tried beside each other, for how many seconds at most, and whether anything of it gets through. */
const WAVES: [name: string, attacks: Attack[], seconds: number, passes: boolean][] = [
  ["requests that never end", asking, 2, false],
  ["slow frames, and frames that break the rules", [...talking, ...frames], 4, true],
  ["odd requests of all kinds", [...handshakes, ...bodies, ...paths, ...texts], 5, true],
];

Deno.test(
  "behind nginx honest people talk as well, whoever attacks, and half a request never gets through",
  { ...behind, ignore: ignore || Deno.build.os !== "linux" },
  async (t) => {
    await using server = await Ours.start(["--trust-proxy", "1"]);
    await using counter = new Counter(server.host);
    await using proxy = await Nginx.start(path(), counter.host);
    const seed = seedOf();
    using siege = await Siege.start(proxy.host, server.place(seed));
    for (const [name, attacks, seconds, passes] of WAVES) {
      await t.step(name, async () => {
        const before = counter.connections;
        const { problems } = await siege.attack(attacks, seconds, CROWDED);
        assertEquals(problems, [], `with the seed ${seed}`);
        assertEquals(counter.connections > before, passes);
      });
    }
  },
);
