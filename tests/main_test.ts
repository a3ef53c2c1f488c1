/** The program as its users run it: flags, rights, signals. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { helpOf } from "../main/flags.ts";
import { logger } from "../main/log.ts";
import { FLAGS } from "../main/settings.ts";
import { command, Program, run } from "./program.ts";
import { Client, programs } from "./support.ts";

Deno.test("the start task gives the network and nothing else", programs, async () => {
  const secret = { SECRET: "42" };
  const { stdout } = await run(command("tests/main/intruder.ts", [], secret));
  assertEquals(JSON.parse(stdout), {
    serve: '{"status":"ok"}',
    say: "hi",
    data: "NotCapable",
    above: "NotCapable",
    list: "NotCapable",
    attach: "Error",
    read: "NotCapable",
    write: "NotCapable",
    env: "undefined",
    spawn: "NotCapable",
    sys: "NotCapable",
  });
});

Deno.test("--help prints every flag and ends", programs, async () => {
  const { code, stdout, stderr } = await run(command("main.ts", ["--help"]));
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^Parley [\d.]+, a realtime chat server\n\n {2}--port N /);
  assert(stdout.includes(helpOf(FLAGS)));
});

for (
  const [args, wanted] of [
    [["--port", "x"], /--port must be a whole number from 0 to 65535, not "x"/],
    [["--rate", "--burst", "5"], /--rate.*[Dd]id you forget/],
    [["--keep", "30d"], /--keep needs --data DIR/],
  ] as const
) {
  Deno.test(`${args.join(" ")} is refused with one line and exit code 2`, programs, async () => {
    const { code, stdout, stderr } = await run(command("main.ts", [...args]));
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^parley: [^\n]*\n$/);
    assertMatch(stderr, wanted);
  });
}

Deno.test("a port in use is told in one line, with exit code 1", programs, async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["--hostname", "127.0.0.1", "--port", `${taken.addr.port}`];
  const { code, stderr } = await run(command("main.ts", args));
  assertEquals(code, 1);
  assertMatch(stderr, /^parley: Cannot listen on [\d.:]+: another program .* --port\n$/);
});

Deno.test("DENO_SERVE_ADDRESS says where to listen", programs, async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  taken.close();
  await using program = await Program.start([], { DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` });
  assertEquals(program.host, `127.0.0.1:${port}`);
});

Deno.test("a DENO_SERVE_ADDRESS that is none is told, and the flags hold", programs, async () => {
  await using program = await Program.start([], { DENO_SERVE_ADDRESS: "nonsense" });
  assertEquals((await program.stats()).connections, 0);
  program.kill("SIGTERM");
  assertMatch((await program.ended()).stderr, /^DENO_SERVE_ADDRESS: [^\n]*nonsense\n$/);
});

Deno.test("a log line cuts its texts short", () => {
  const lines: string[] = [];
  const { log } = console;
  try {
    // deno-lint-ignore no-console
    console.log = (line: string) => void lines.push(line);
    logger("info")("error", "handler failed", { error: "x".repeat(100_000), duration: 5 });
    logger("info")("info", "connect", { username: "y".repeat(200) });
  } finally {
    // deno-lint-ignore no-console
    console.log = log;
  }
  const [long, short] = lines.map((line) => JSON.parse(line));
  assertEquals([long.error, long.duration], [`${"x".repeat(200)}…`, 5]);
  assertEquals(short.username, "y".repeat(200));
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(
    `${signal} ends every conversation with 1001 and the program with 0`,
    programs,
    async () => {
      await using program = await Program.start();
      const ann = new Client(program.host, { username: "ann" });
      await ann.find("join");
      const began = performance.now();
      program.kill(signal);
      assertEquals(await ann.closed, 1001);
      const health = await fetch(`http://${program.host}/healthz`);
      assertEquals([health.status, await health.json()], [503, { status: "draining" }]);
      const { code, events, stderr } = await program.ended();
      assertEquals([code, stderr], [0, ""]);
      assert(performance.now() - began < 5_000);
      assertEquals(events.map(({ event }) => event), ["start", "connect", "stop", "disconnect"]);
      const { level, username, code: closeCode, reason, duration } = events[3];
      assertEquals([level, username, closeCode], ["info", "ann", 1001]);
      assertEquals([typeof reason, typeof duration], ["string", "number"]);
    },
  );
}

Deno.test("a signal right after the start ends the program with 0", programs, async () => {
  const codes = Array.from({ length: 5 }, async () => {
    await using program = await Program.start();
    program.kill("SIGTERM");
    return (await program.ended()).code;
  });
  assertEquals(await Promise.all(codes), [0, 0, 0, 0, 0]);
});

Deno.test("a second signal ends the program at once", programs, async () => {
  await using program = await Program.start();
  const ann = new Client(program.host, { username: "ann" });
  await ann.find("join");
  program.kill("SIGTERM");
  await ann.closed;
  await new Promise((resolve) => setTimeout(resolve, 600));
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 1);
});

Deno.test("of one Ctrl-C it may be told twice", programs, async () => {
  await using program = await Program.start();
  program.kill("SIGINT");
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("the log tells neither what was said nor who may say it", programs, async () => {
  await using program = await Program.start(["--log-level", "debug"]);
  await using ann = new Client(program.host, { username: "ann" });
  await ann.find("join");
  ann.say("my secret");
  ann.socket.send("my secret, malformed");
  await ann.find("error");
  await fetch(`http://${program.host}/api/rooms/lobby/messages?token=my+secret`).then((r) =>
    r.body?.cancel()
  );
  program.kill("SIGTERM");
  const { events } = await program.ended();
  assertEquals(JSON.stringify(events).includes("secret"), false);
  for (const { time, level, event } of events) {
    assertMatch(time, /^\d{4}-\d\d-\d\dT/);
    assertEquals([typeof level, typeof event], ["string", "string"]);
  }
});
