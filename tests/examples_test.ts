/** Every example does what it says. */
import { assertEquals, assertMatch } from "@std/assert";
import { Example } from "./examples/example.ts";
import { plain, programs, serve, v1 } from "./support.ts";

const allowed = !programs.ignore;

/** For examples in other programs: a machine without the program ignores them, and says so. */
function needs(program: string, ...args: string[]) {
  if (allowed && !runs(program, ...args)) {
    // deno-lint-ignore no-console
    console.warn(`The example for ${program} is not tested: ${program} ${args.join(" ")} fails`);
    return { ...programs, ignore: true };
  }
  return programs;
}

function runs(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** What Node needs to have a WebSocket: nothing from 22 on. */
const nodeFlags = allowed && !runs("node", "-e", "WebSocket") ? ["--experimental-websocket"] : [];

function startBot(host: string) {
  const args = ["run", "--allow-net", "examples/bot.ts", `ws://${host}/ws`];
  return new Example(Deno.execPath(), args);
}

Deno.test("examples/bot.ts throws dice, in a room and in private", programs, async () => {
  await using server = serve();
  await using ann = await v1(server.host, { username: "ann" });
  await using bot = startBot(server.host);
  await ann.find("join");
  await ann.find("join");
  const answer = async () => {
    const messages = [await ann.find("chat"), await ann.find("chat")];
    return messages.find(({ username }) => username === "dicebot")!;
  };
  ann.say("!rollercoaster");
  await ann.find("chat");
  ann.say("!roll");
  const { content, room } = await answer();
  assertEquals(room, "lobby");
  assertMatch(content, /^ann rolls [1-6] of 6$/);
  ann.say("!roll 1", { to: "dicebot" });
  const { content: whispered, to } = await answer();
  assertEquals([whispered, to], ["ann rolls 1 of 1", "ann"]);
  assertEquals(await bot.stop(), 0);
});

Deno.test("examples/bot.ts goes on when who asked is gone", programs, async () => {
  await using server = serve({ keep: 0 });
  await using bob = await v1(server.host, { username: "bob" });
  await using bot = startBot(server.host);
  await bob.find("join");
  await bob.find("join");
  const ann = await plain(server.host, { username: "ann" });
  ann.say("!roll", { to: "dicebot" });
  await ann[Symbol.asyncDispose]();
  bob.say("!roll 1");
  while ((await bob.find("chat")).content !== "bob rolls 1 of 1");
  assertEquals(await bot.stop(), 0);
});

Deno.test(
  "examples/node-client.mjs says what is typed and prints what is said",
  needs("node", ...nodeFlags, "-e", "WebSocket"),
  async () => {
    await using server = serve();
    await using ann = await v1(server.host, { username: "ann" });
    ann.say("before");
    const url = `ws://${server.host}/ws`;
    const args = [...nodeFlags, "examples/node-client.mjs", "ned", url];
    await using client = new Example("node", args, { env: { NODE_NO_WARNINGS: "1" } });
    assertEquals(await client.find(/^ann: /), "ann: before");
    await client.type("hello");
    assertEquals(await client.find(/^ned: /), "ned: hello");
    while ((await ann.find("chat")).content !== "hello");
    ann.say("psst", { to: "ned" });
    assertEquals(await client.find(/psst/), "ann (in private): psst");
    await client.type("good bye");
    assertEquals(await client.end(), 0);
    assertEquals((await ann.find("chat")).content, "psst");
    assertEquals((await ann.find("chat")).content, "good bye");
    assertEquals((await ann.find("leave")).content, "ned left the chat");
  },
);

Deno.test(
  "examples/curl.sh posts, and follows the room's events",
  needs("curl", "-V"),
  async () => {
    await using server = serve();
    const args = ["examples/curl.sh", `http://${server.host}`, "den"];
    await using script = new Example("bash", args);
    // The first message was said before it listened from there on: only the second is replayed.
    const data = JSON.parse((await script.find(/^data:/)).slice("data:".length));
    assertEquals([data.username, data.content, data.room], ["curl", "Is anybody here?", "den"]);
    await using ann = await v1(server.host, { username: "ann", room: "den" });
    ann.say("I am");
    assertMatch(await script.find(/"type":"join"/), /"content":"ann joined the chat"/);
    assertMatch(await script.find(/"type":"chat"/), /"content":"I am"/);
    await script.stop();
  },
);

Deno.test("examples/embed.ts serves its own paths beside the chat", programs, async () => {
  const args = ["run", "--allow-net", "examples/embed.ts", "0"];
  await using server = new Example(Deno.execPath(), args, { read: "stderr" });
  const [, port] = (await server.find(/Listening/)).match(/:(\d+)\//)!;
  const host = `127.0.0.1:${port}`;
  const about = await fetch(`http://${host}/about`);
  assertEquals(await about.text(), "A server with a chat in it.\n");
  const health = await fetch(`http://${host}/healthz`);
  assertEquals(await health.json(), { status: "ok" });
  const ann = await v1(host, { username: "ann" });
  ann.say("hello");
  assertEquals((await ann.find("chat")).content, "hello");
  const stopped = server.stop();
  assertEquals(await ann.closed, 1001);
  assertEquals(await stopped, 0);
});

Deno.test("examples/demo.ts has guests who talk, and answer", programs, async () => {
  const args = ["run", "--no-prompt", "--allow-net", "--ignore-env", "examples/demo.ts", "0"];
  await using demo = new Example(Deno.execPath(), args);
  const [, host] = (await demo.find(/Come in/)).match(/http:\/\/([^/]+)\//)!;
  await using ann = await v1(host!, { username: "ann" });
  await ann.find("chat");
  ann.say("Hello?");
  while ((await ann.find("chat")).content !== "Hello ann, nice to have you here.");
});
