/** The program with a Redis: how it starts, what it tells of it, and how it ends. */
import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { command, Program, run, task } from "../program.ts";
import { RedisServer } from "../redis/server.ts";
import { timeout, until, within } from "../support.ts";
import { OldRedis } from "./old_redis.ts";

const { ignore, path } = await need(redis);
const shared = { ignore, timeout };

const SECRET = "hunter2";

Deno.test("a Redis that cannot be used is told in one line, with exit code 1", shared, async () => {
  await using server = await RedisServer.start(path());
  await server.command("CONFIG", "SET", "requirepass", SECRET);
  using old = new OldRedis();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = server;
  const faults: [string, RegExp][] = [
    [`:wrong-${SECRET}@127.0.0.1:${port}`, /refuses the user or the password \(WRONGPASS\); put/],
    [`127.0.0.1:${port}`, /refuses the user or the password \(NOAUTH\); put both into its URL/],
    [
      `:${SECRET}@127.0.0.1:${freePort()}`,
      /^parley: Cannot reach Redis at 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
    ],
    [`127.0.0.1:${silent.addr.port}`, /^parley: Cannot reach Redis at [^ ]+: it does not answer/],
    [`:${SECRET}@no-such-host.invalid`, /^parley: Cannot find Redis: .*no-such-host\.invalid/],
    [
      `127.0.0.1:${old.port}`,
      /^parley: Cannot use Redis 6\.2\.14: at least version 7 is needed\n$/,
    ],
  ];
  await Promise.all(faults.map(async ([where, wanted]) => {
    const { code, stdout, stderr } = await run(command("main.ts", [`--redis=redis://${where}`]));
    assertMatch(stderr, /^parley: [^\n]*\n$/);
    assertMatch(stderr, wanted);
    assertEquals([code, stdout, stderr.includes(SECRET)], [1, "", false]);
  }));
});

Deno.test("start:env has the password of a Redis in no list of processes", shared, async () => {
  await using server = await RedisServer.start(path());
  await server.command("CONFIG", "SET", "requirepass", SECRET);
  const url = `redis://:${SECRET}@127.0.0.1:${server.port}`;
  const env = { PARLEY_REDIS: url, PARLEY_HOSTNAME: "127.0.0.1", PARLEY_PORT: "0" };
  const folder = Deno.cwd();
  await using program = await Program.spawn(task("start:env", folder, [], { env }));
  assertEquals((await program.stats()).engine as unknown, "redis");
  assert(!program.words.includes(SECRET));
  program.kill("SIGTERM");
  assert(!JSON.stringify(await program.ended()).includes(SECRET));
  // It may read these variables, and nothing else.
  const module = "tests/main/intruder.ts";
  const { stdout } = await run(
    task("start:env", folder, [], { module, env: { ...env, SECRET } }),
  );
  const { env: secret, read, spawn } = JSON.parse(stdout);
  assertEquals([secret, read, spawn], ["undefined", "NotCapable", "NotCapable"]);
});

Deno.test(
  "while Redis and a client stand still a server ends within 4 seconds",
  shared,
  async () => {
    await using server = await RedisServer.start(path());
    await using program = await Program.start(["--redis", server.url]);
    const say = () =>
      fetch(`http://${program.host}/api/rooms/lobby/messages`, {
        method: "POST",
        body: JSON.stringify({ username: "ann", content: "hi" }),
      });
    // Somebody is never done with what they ask.
    using half = await Deno.connect({ hostname: "127.0.0.1", port: program.port });
    const head = "POST /api/rooms/den/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
    await half.write(new TextEncoder().encode(head));
    await (await say()).body?.cancel();
    server.signal("SIGSTOP");
    const waiting = say().then((answer) => answer.body?.cancel(), () => {});
    const began = performance.now();
    program.kill("SIGINT");
    const { code } = await program.ended();
    assertLess(performance.now() - began, 4_000);
    assertEquals(code, 0);
    await within(waiting, "an answer");
  },
);

Deno.test("start:cores runs a server for each core, behind one port", shared, async () => {
  await using server = await RedisServer.start(path());
  const folder = Deno.cwd();
  const port = freePort();
  const env = { PARLEY_REDIS: server.url, PARLEY_HOSTNAME: "127.0.0.1", PARLEY_PORT: `${port}` };
  await using program = await Program.spawn(task("start:cores", folder, [], { env }));
  assertEquals(program.port, port);
  assertEquals((await program.stats()).engine as unknown, "redis");
  const starts = () => program.events.filter(({ event }) => event === "start");
  await until(() => starts().length === navigator.hardwareConcurrency);
  for (const { url } of starts()) assertEquals(url, `http://127.0.0.1:${port}/`);
  program.kill("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals([code, stderr, starts().length], [0, "", navigator.hardwareConcurrency]);
});

Deno.test(
  "start:cores ends where a server cannot start, or would be a chat of its own",
  shared,
  async () => {
    for (
      const [env, wanted, exit] of [
        [{}, /^parley: start:cores needs --redis URL: by it the processes are one chat\n$/, 2],
        [{ PARLEY_REDIS: "redis://h", PARLEY_PORT: "0" }, /^parley: start:cores needs a --port/, 2],
        [{ PARLEY_REDIS: `redis://127.0.0.1:${freePort()}` }, /^parley: Cannot reach Redis/, 1],
      ] as [Record<string, string>, RegExp, number][]
    ) {
      const { code, stdout, stderr } = await run(task("start:cores", Deno.cwd(), [], { env }));
      assertEquals([code, stdout], [exit, ""]);
      assertMatch(stderr, wanted);
    }
  },
);

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
