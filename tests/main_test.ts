/** The program as its users run it: flags, rights, signals. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import manifest from "../deno.json" with { type: "json" };
import { Client, granted } from "./support.ts";

const programs = { ignore: !granted("net", "read", "run") };
const root = new URL("..", import.meta.url);
/** The words of the `start` task after `deno`, without the module it runs. */
const rights = manifest.tasks.start.command.split(" ").slice(1, -1);

/** Runs a module with the rights of `deno task start`. */
function command(module: string, args: string[] = [], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: [...rights, module, ...args],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the program to its end. */
async function run(...args: string[]) {
  const { code, stdout, stderr } = await command("main.ts", args).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A running program, and what it logs. */
async function start(args: string[] = [], env: Record<string, string> = {}) {
  const child = command("main.ts", args, env).spawn();
  const errors = new Response(child.stderr).text();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).values();
  const logged: string[] = [];
  const first = (await lines.next()).value ?? "";
  logged.push(first);
  const rest = (async () => {
    for await (const text of lines) logged.push(text);
  })();
  const { url } = JSON.parse(first.split("\n")[0]!);
  return {
    child,
    url: url as string,
    host: new URL(url).host,
    /** Waits for its end. */
    async ended() {
      const { code } = await child.status;
      await rest;
      const events = logged.join("").trim().split("\n").map((line) => JSON.parse(line));
      return { code, events, stderr: await errors };
    },
  };
}

const local = ["--hostname", "127.0.0.1", "--port", "0"];

Deno.test("the start task gives the network and nothing else", programs, async () => {
  const { stdout } = await command("tests/main/intruder.ts", [], { SECRET: "42" }).output();
  assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
    serve: '{"status":"ok"}',
    read: "NotCapable",
    write: "NotCapable",
    env: "undefined",
    spawn: "NotCapable",
    sys: "NotCapable",
  });
});

Deno.test("--help prints every flag and ends", programs, async () => {
  const { code, stdout, stderr } = await run("--help");
  assertEquals([code, stderr], [0, ""]);
  for (
    const flag of [
      ...["port", "hostname", "history", "rate", "burst", "max-connections", "announce"],
      ...["origin", "idle-timeout", "log-level"],
    ]
  ) assertMatch(stdout, new RegExp(`^  --${flag} `, "m"));
});

for (
  const [args, wanted] of [
    [["--port", "x"], /--port must be a whole number from 0 to 65535, not "x"/],
    [["--port", "65536"], /--port must be a whole number/],
    [["--port=-1"], /--port must be a whole number/],
    [["--port"], /port/],
    [["--history", "0"], /--history must be a whole number from 1/],
    [["--rate", "1.5"], /--rate must be a whole number from 0/],
    [["--burst", ""], /--burst must be a whole number from 1/],
    [["--max-connections", "many"], /--max-connections must be a whole number from 1/],
    [["--announce", "-"], /announce/],
    [["--origin", "example.org"], /--origin must be an origin such as https:\/\/example.org/],
    [["--origin", "https://example.org/x"], /--origin must be an origin/],
    [["--log-level", "loud"], /--log-level must be one of debug, info, warn, error/],
    [["--colour"], /--colour/],
    [["8080"], /8080/],
  ] as const
) {
  Deno.test(`${args.join(" ")} is refused with one line and exit code 2`, programs, async () => {
    const { code, stdout, stderr } = await run(...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^parley: [^\n]*\n$/);
    assertMatch(stderr, wanted);
  });
}

Deno.test("a port in use is told in one line, with exit code 1", programs, async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await run("--hostname", "127.0.0.1", "--port", `${taken.addr.port}`);
  assertEquals(code, 1);
  assertMatch(stderr, /^parley: Cannot listen on [\d.:]+: another program .* --port\n$/);
});

Deno.test("DENO_SERVE_ADDRESS says where to listen", programs, async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  taken.close();
  const server = await start([], { DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` });
  assertEquals(server.url, `http://127.0.0.1:${port}/`);
  server.child.kill("SIGKILL");
  await server.ended();
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(
    `${signal} ends every conversation with 1001 and the program with 0`,
    programs,
    async () => {
      const server = await start(local);
      const ann = new Client(server.host, { username: "ann" });
      await ann.find("join");
      const began = performance.now();
      server.child.kill(signal);
      assertEquals(await ann.closed, 1001);
      const health = await fetch(`${server.url}healthz`);
      assertEquals([health.status, await health.json()], [503, { status: "draining" }]);
      const { code, events, stderr } = await server.ended();
      assertEquals([code, stderr], [0, ""]);
      assert(performance.now() - began < 5_000);
      assertEquals(events.map(({ event }) => event), ["start", "connect", "stop", "disconnect"]);
      const { level, username, code: closeCode, reason, duration } = events[3];
      assertEquals([level, username, closeCode], ["info", "ann", 1001]);
      assertEquals([typeof reason, typeof duration], ["string", "number"]);
    },
  );
}

Deno.test("a second signal ends the program at once", programs, async () => {
  const server = await start(local);
  const ann = new Client(server.host, { username: "ann" });
  await ann.find("join");
  server.child.kill("SIGTERM");
  await ann.closed;
  server.child.kill("SIGTERM");
  assertEquals((await server.ended()).code, 1);
});

Deno.test("the log tells neither what was said nor who may say it", programs, async () => {
  const server = await start([...local, "--log-level", "debug"]);
  await using ann = new Client(server.host, { username: "ann" });
  await ann.find("join");
  ann.say("my secret");
  ann.socket.send("my secret, malformed");
  await ann.find("error");
  await fetch(`${server.url}api/rooms/lobby/messages?token=my+secret`).then((r) =>
    r.body?.cancel()
  );
  server.child.kill("SIGTERM");
  const { events } = await server.ended();
  assertEquals(JSON.stringify(events).includes("secret"), false);
  for (const { time, level, event } of events) {
    assertMatch(time, /^\d{4}-\d\d-\d\dT/);
    assertEquals([typeof level, typeof event], ["string", "string"]);
  }
});
