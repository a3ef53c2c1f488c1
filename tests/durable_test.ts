/** The program that keeps what is said: what it may, what is there after a restart, how it ends. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Store } from "../hub/engine/sqlite/store.ts";
import { encode } from "../messages.ts";
import { Disks, disks } from "./engine/disk.ts";
import { Program, run, type Task, task } from "./program.ts";
import { Client, granted, programs, timeout, v1, within } from "./support.ts";

const allowed = { ...programs, ignore: programs.ignore || !granted("write") };
const onDisks = { timeout, ignore: allowed.ignore || disks.ignore };

/** A directory that is gone in the end. */
function temporary() {
  const path = Deno.makeTempDirSync();
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

/** Runs a task to its end, which is to be with one line of what is wrong. */
async function refused(name: Task, cwd: string, input?: string, env?: Record<string, string>) {
  const stdin = input === undefined ? undefined : "piped";
  const { code, stdout, stderr } = await run(task(name, cwd, [], { env, stdin }), input);
  assertEquals([code, stdout], [1, ""], stderr);
  assertMatch(stderr, /^parley: [^\n]+\n$/);
  return stderr;
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

async function say(host: string, content: string, room = "lobby") {
  const body = JSON.stringify({ username: "ann", content });
  const answer = await fetch(`http://${host}/api/rooms/${room}/messages`, { method: "POST", body });
  return { status: answer.status, message: await answer.json() };
}

async function history(host: string, room = "lobby") {
  const { messages, complete } = await (await fetch(`http://${host}/api/rooms/${room}/messages`))
    .json();
  return [messages.map(({ content }: { content: string }) => content), complete];
}

/** Comes back to a place: is nothing lost, and what came after it? */
async function back(host: string, since: string, count: number) {
  await using bob = await v1(host, { username: "bob", since });
  const { resumed } = bob.room;
  return [resumed, ...(await bob.take(count)).map(({ content }) => content)];
}

Deno.test("the start:durable task adds the folder data, and nothing else", allowed, async () => {
  using home = temporary();
  const module = "tests/main/intruder.ts";
  const { stdout, stderr } = await run(
    task("start:durable", home.path, [], { module, env: { SECRET: "42" } }),
  );
  assertEquals(stderr, "");
  assertEquals(JSON.parse(stdout), {
    serve: '{"status":"ok","engine":"sqlite","trouble":null}',
    say: "hi",
    data: "undefined",
    above: "NotCapable",
    list: "NotCapable",
    attach: "Error",
    read: "NotCapable",
    write: "NotCapable",
    env: "undefined",
    spawn: "NotCapable",
    sys: "NotCapable",
  });
  assertEquals(names(home.path), ["data"]);
});

Deno.test(
  "what is said is there after a restart, and elsewhere by export and import",
  allowed,
  async () => {
    using home = temporary();
    using other = temporary();
    const data = `${home.path}/data`;
    let place: string;
    let exported: string;
    {
      await using program = await Program.durable(home.path);
      const { host } = program;
      await using ann = await v1(host, { username: "ann" });
      await using bob = await v1(host, { username: "bob" });
      place = bob.room.at!;
      ann.say("one");
      await ann.find("chat");
      ann.socket.send(JSON.stringify({ type: "chat", content: "between us", to: "bob" }));
      await ann.find("chat");
      await say(host, "two", "kitchen");
      // One process has a directory at a time; to read, others may come.
      assertMatch(
        await refused("start:durable", home.path),
        /Cannot keep data in \.\/data: another/,
      );
      assertMatch(
        await refused("import", home.path, ""),
        /Cannot keep data in \.\/data: another/,
      );
      exported = (await run(task("export", home.path))).stdout;
      const texts = exported.trim().split("\n").map((line) => JSON.parse(line).content);
      assertEquals(texts, ["one", "two"]);
      const kitchen = await run(task("export", home.path, ["--room", "Kitchen"]));
      assertEquals(kitchen, {
        code: 0,
        stdout: exported.split("\n")[1] + "\n",
        stderr: "Messages exported: 1\n",
      });
      const all = await run(task("export", home.path, ["--private"]));
      assertMatch(all.stdout, /"one".*\n.*"between us".*\n.*"two".*\n$/);
      program.kill("SIGTERM");
      const { code, stderr } = await program.ended();
      assertEquals([code, stderr], [0, ""]);
      // It was closed in order: all is in one file.
      assertEquals(names(data), ["parley.db", "parley.lock"]);
    }
    let last: string;
    {
      await using program = await Program.durable(home.path);
      const { host } = program;
      assertEquals(await history(host), [["one"], true]);
      await using bob = await v1(host, { username: "bob", since: place, inbox: place });
      assertEquals(bob.room.resumed, true);
      assertEquals((await bob.take(2)).map(({ content }) => content).sort(), ["between us", "one"]);
      last = (await say(host, "three")).message.id;
      await program.crash();
    }
    {
      await using program = await Program.durable(home.path);
      assertEquals(await history(program.host), [["one", "three"], true]);
      assert((await say(program.host, "four")).message.id > last);
    }
    const imported = await run(task("import", other.path, [], { stdin: "piped" }), exported);
    assertEquals(imported, {
      code: 0,
      stdout: "Messages imported: 2; there already: 0\n",
      stderr: "",
    });
    await using program = await Program.durable(other.path);
    const { host } = program;
    assertEquals(await history(host), [["one"], true]);
    const one = JSON.parse(exported.split("\n")[0]!).id;
    // What was imported is a place like any other; of all else that the other server told nothing is known.
    assertEquals(await back(host, one, 0), [true]);
    const { message } = await say(host, "five");
    assert(message.id > one);
    assertEquals(await back(host, one, 1), [true, "five"]);
    assertEquals(await back(host, message.id, 0), [true]);
    assertEquals(await back(host, last, 2), [false, "one", "five"]);
  },
);

Deno.test("of a copy that is put back, places from after it are not known", allowed, async () => {
  using home = temporary();
  const file = `${home.path}/data/parley.db`;
  /** Says something in a server that is stopped in good order then. */
  const session = async (content: string) => {
    await using program = await Program.durable(home.path);
    const { message } = await say(program.host, content);
    program.kill("SIGTERM");
    await program.ended();
    return message.id as string;
  };
  const one = await session("one");
  const copy = await Deno.readFile(file);
  const two = await session("two");
  await Deno.writeFile(file, copy);
  await using program = await Program.durable(home.path);
  const { message } = await say(program.host, "three");
  assert(message.id > two);
  assertEquals(await back(program.host, one, 1), [true, "three"]);
  assertEquals(await back(program.host, two, 2), [false, "one", "three"]);
});

Deno.test(
  "what is damaged is told in one line; --repair moves it aside and begins anew",
  allowed,
  async () => {
    using home = temporary();
    const data = `${home.path}/data`;
    await Deno.mkdir(data);
    await Deno.writeTextFile(
      `${data}/parley.db`,
      "no database at all, but long enough to be one ".repeat(50),
    );
    assertMatch(
      await refused("start:durable", home.path),
      /Cannot open \.\/data\/parley\.db: .*--repair/,
    );
    assertMatch(await refused("export", home.path), /Cannot read \.\/data\/parley\.db: /);
    await using program = await Program.durable(home.path, ["--repair"]);
    assertEquals((await say(program.host, "hi")).status, 201);
    program.kill("SIGTERM");
    const { code, events } = await program.ended();
    const { level, file } = events.find(({ event }) => event === "data moved aside");
    assertEquals([code, level], [0, "warn"]);
    assertMatch(await Deno.readTextFile(`${home.path}/${file}`), /^no database/);
  },
);

Deno.test(
  "a disk that confirms nothing ends it in good order, with exit code 1",
  onDisks,
  async () => {
    using home = temporary();
    using disks = await Disks.make();
    const data = `${home.path}/data`;
    await Deno.mkdir(data);
    const env = disks.env(data, { faults: true });
    await using program = await Program.durable(home.path, [], env);
    const { host } = program;
    const ann = new Client(host, { username: "ann" });
    await ann.find("join");
    assertEquals((await say(host, "one")).status, 201);
    disks.break("sync");
    assertEquals((await say(host, "two")).status, 503);
    assertEquals(await ann.closed, 1001);
    const { code, events } = await within(program.ended(), "the end of the program");
    const { level, reason } = events.find(({ event }) => event === "stop");
    assertEquals([code, level], [1, "error"]);
    assertMatch(reason, /^what is said cannot be kept: /);
    disks.mend("sync");
    await using again = await Program.durable(home.path);
    const [[first]] = await history(again.host) as [string[]];
    assertEquals(first, "one");
  },
);

Deno.test("what was imported is on the disk, also while somebody reads", onDisks, async () => {
  using home = temporary();
  using left = temporary();
  using disks = await Disks.make();
  const data = `${home.path}/data`;
  await Deno.mkdir(data);
  const env = disks.env(data, { left: left.path });
  const lines = [1, 2].map((n) =>
    encode({
      type: "chat",
      username: "ann",
      content: `${n}`,
      id: `01HF7YAT0${n}0123456789ABCDEF`,
      timestamp: "2023-11-14T22:13:20.000Z",
      room: "lobby",
    })
  );
  const child = task("import", home.path, [], { env, stdin: "piped" }).spawn();
  {
    // Somebody begins to read once the file is open, so that it cannot be closed in order.
    const began = performance.now();
    while (!names(data).includes("parley.db-wal")) {
      assert(performance.now() - began < 20_000, "the file must be opened");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    using reader = new DatabaseSync(`${data}/parley.db`, { readOnly: true });
    reader.exec("BEGIN; SELECT * FROM sqlite_schema");
    await new Blob([lines.join("\n")]).stream().pipeTo(child.stdin);
    const { code, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
  }
  using store = Store.open(left.path);
  assertEquals(Array.from(store.all("#lobby"), ({ text }) => text), lines);
});
