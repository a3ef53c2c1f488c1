import { assertEquals } from "@std/assert";
import { Chat } from "../static/chat.js";
import { Proxy, randomFrom } from "./chat/proxy.ts";
import { network, serve } from "./support.ts";

// The library against the real server, over a network that fails.

/** Attempts to connect follow each other faster than people could bear. */
const backoff = { min: 1, max: 20 };

function connect(host: string, username: string, options: object = {}) {
  return new Chat(`ws://${host}/ws`, { username, backoff, ...options });
}

/** Contents of the chat messages that come, until so many have. */
async function hear(chat: Chat, count: number): Promise<string[]> {
  const heard: string[] = [];
  for await (const message of chat) {
    if (message.type === "chat") heard.push(message.content);
    if (heard.length === count) break;
  }
  return heard;
}

/** Resolves with what a chat tells of an event the next time. */
function next<T>(chat: Chat, type: string): Promise<T> {
  return new Promise((resolve) =>
    chat.addEventListener(type, (event) => resolve((event as CustomEvent<T>).detail), {
      once: true,
    })
  );
}

/** Resolves once a chat is in this state. */
async function until(chat: Chat, state: string) {
  while (chat.state !== state) await next(chat, "state");
}

/** Random numbers, and how to have the same again. */
function seeded() {
  const seed = Math.floor(Math.random() * 2 ** 32);
  // deno-lint-ignore no-console
  console.log(`seed ${seed}`);
  return randomFrom(seed);
}

/** `name 0`, `name 1`, … */
const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, n) => `${name} ${n}`);

Deno.test(
  "Chat loses and repeats nothing in 100 cuts while two exchange 2,000 messages",
  network,
  async () => {
    const random = seeded();
    const count = 1_000;
    await using server = await serve({ rate: 0, history: 2 * count });
    // A room that was empty gives no id to resume from, and then a cut leaves it open what was sent.
    server.hub.say("bot", "lobby", "the first word");
    const faults = { cuts: 50, every: 6_000, delay: 2, split: 0.2, repeat: 0.1, straggle: 0.5 };
    await using annsNetwork = new Proxy(server.host, { ...faults, random });
    await using bobsNetwork = new Proxy(server.host, { ...faults, random });
    await using ann = connect(annsNetwork.host, "ann", { random });
    await using bob = connect(bobsNetwork.host, "bob", { random });
    const gaps: string[] = [];
    for (const chat of [ann, bob]) chat.addEventListener("gap", () => gaps.push(chat.username));

    const hearing = Promise.all([hear(ann, 2 * count), hear(bob, 2 * count)]);
    await Promise.all([until(ann, "online"), until(bob, "online")]);
    const said = await Promise.all(
      [ann, bob].map((chat) =>
        Promise.all(numbered(chat.username, count).map((content) => chat.send(content)))
      ),
    );
    const [annHeard, bobHeard] = await hearing;

    const of = (name: string, heard: string[]) => heard.filter((line) => line.startsWith(name));
    assertEquals(of("ann", bobHeard), numbered("ann", count));
    assertEquals(of("bob", annHeard), numbered("bob", count));
    // Once each; the order of one's own may differ after a cut.
    assertEquals(of("bob", bobHeard).toSorted(), numbered("bob", count).toSorted());
    for (const messages of said) {
      const ids = messages.map(({ id }) => id);
      assertEquals(ids, ids.toSorted());
    }
    assertEquals([annsNetwork.cuts, bobsNetwork.cuts], [50, 50]);
    assertEquals(gaps, []);
  },
);

Deno.test(
  "Chat resumes rooms and private messages through cuts, each in its order",
  network,
  async () => {
    const random = seeded();
    const count = 100;
    await using server = await serve({ rate: 0 });
    const faults = { cuts: 15, every: 3_000, delay: 2, straggle: 0.5, random };
    await using annsNetwork = new Proxy(server.host, faults);
    await using bobsNetwork = new Proxy(server.host, faults);
    await using ann = connect(annsNetwork.host, "ann", { random });
    await using bob = connect(bobsNetwork.host, "bob", { random });
    await using eve = connect(server.host, "eve");
    for (const chat of [ann, bob]) for (const room of ["den", "attic"]) chat.join(room);
    const hearing = Promise.all([hear(bob, 4 * count), hear(eve, count)]);
    await Promise.all([ann, bob, eve].map((chat) => until(chat, "online")));
    // Bob's rooms are entered once he hears himself in the last of them.
    await bob.send("here", { room: "attic" });
    const rest = hear(bob, 4 * count);
    const targets = [{ room: "lobby" }, { room: "den" }, { room: "attic" }, { to: "bob" }];
    await Promise.all(
      numbered("", count).flatMap((content) =>
        targets.map((target) => ann.send(`${target.room ?? target.to}${content}`, target))
      ),
    );
    const heard = await rest;
    for (const target of ["lobby", "den", "attic", "bob"]) {
      assertEquals(heard.filter((line) => line.startsWith(target)), numbered(target, count));
    }
    assertEquals((await hearing)[1], numbered("lobby", count));
  },
);

Deno.test("Chat sits out a network that stalls", network, async () => {
  await using server = await serve({ rate: 0 });
  await using network = new Proxy(server.host);
  await using ann = connect(network.host, "ann");
  await using bob = connect(server.host, "bob");
  await Promise.all([until(ann, "online"), until(bob, "online")]);
  const hearing = hear(ann, 200);
  network.stall();
  const sent = Promise.all(numbered("ann", 100).map((content) => ann.send(content)));
  await Promise.all(numbered("bob", 100).map((content) => bob.send(content)));
  network.resume();
  await sent;
  assertEquals((await hearing).slice(0, 100), numbered("bob", 100));
  assertEquals(network.connections, 1);
});

Deno.test("Chat notices a half-open connection by an answer that is overdue", network, async () => {
  await using server = await serve();
  await using network = new Proxy(server.host);
  await using ann = connect(network.host, "ann", { patience: 200 });
  await using bob = connect(server.host, "bob");
  await Promise.all([until(ann, "online"), until(bob, "online")]);
  await ann.send("still fine");
  const [hearing, offline] = [hear(bob, 2), until(ann, "offline")];
  network.halfOpen();
  const sent = ann.send("into the void");
  await bob.send("missed");
  await offline;
  assertEquals(ann.ending, { code: 1006, reason: "the server does not answer" });
  assertEquals((await sent).content, "into the void");
  assertEquals(await hearing, ["missed", "into the void"]);
});

Deno.test("Chat tries again where a connection never opens", network, async () => {
  await using server = await serve();
  await using network = new Proxy(server.host);
  network.stall();
  await using ann = connect(network.host, "ann", { patience: 50 });
  await until(ann, "offline");
  await until(ann, "connecting");
  network.resume();
  await until(ann, "online");
});

Deno.test(
  "Chat comes back to a server that was started again, and knows what it cannot know",
  network,
  async () => {
    const first = await serve();
    const port = Number(first.host.split(":")[1]);
    await using ann = connect(first.host, "ann");
    const { id } = await ann.send("before");
    const gap = next<{ room: string }>(ann, "gap");
    const recovered = next<{ complete: boolean }>(ann, "recovered");
    await first[Symbol.asyncDispose]();
    await until(ann, "offline");
    const sent = ann.send("while it was away");
    await using _second = await serve({ port });
    assertEquals((await gap).room, "lobby");
    assertEquals((await recovered).complete, false);
    const after = await sent;
    assertEquals(after.content, "while it was away");
    assertEquals(after.id > id, true);
  },
);

Deno.test("Chat keeps within the limits of the server", network, async () => {
  await using server = await serve({ rate: 200, burst: 20 });
  let refused = 0;
  class Listening extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      this.addEventListener("message", ({ data }) => {
        if (data.includes("rate_limited")) refused++;
      });
    }
  }
  await using ann = connect(server.host, "ann", { WebSocket: Listening });
  for (let n = 0; n < 10; n++) ann.join(`room-${n}`);
  const sent = await Promise.all(numbered("ann", 100).map((content) => ann.send(content)));
  assertEquals(sent.map(({ content }) => content), numbered("ann", 100));
  assertEquals(refused, 0);
});

Deno.test("Chat[Symbol.asyncDispose]() leaves", network, async () => {
  await using server = await serve();
  await using bob = connect(server.host, "bob");
  await until(bob, "online");
  const messages = bob[Symbol.asyncIterator]();
  {
    await using ann = connect(server.host, " ann ");
    await ann.send("hello");
    assertEquals(ann.username, "ann");
  }
  for await (const message of messages) {
    if (message.type !== "leave") continue;
    assertEquals(message.username, "ann");
    break;
  }
});

Deno.test(
  "Chat runs unchanged in Node",
  { ignore: network.ignore || !await hasNode() },
  async () => {
    await using server = await serve();
    await using network = new Proxy(server.host);
    await using bob = connect(server.host, "bob");
    const client = new URL("./chat/node_client.mjs", import.meta.url);
    const node = new Deno.Command("node", {
      args: [
        "--experimental-websocket",
        "--no-warnings",
        client.pathname,
        `ws://${network.host}/ws`,
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    for await (const message of bob) {
      if (message.type === "join" && message.username === "node") {
        // It joins again after the cut, but is greeted once.
        if (network.connections === 1) bob.send("one");
      }
      if (message.type !== "chat") continue;
      if (message.content === "one?") {
        network.cut();
        bob.send("two");
      }
      if (message.content === "two?") bob.send("bye");
      if (message.content === "bye") break;
    }
    const { code, stdout } = await node.output();
    const told = new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(told.flatMap(({ heard }) => heard ?? []), ["one", "one?", "two", "two?", "bye"]);
    assertEquals(told.flatMap(({ recovered }) => recovered ?? []), [true]);
    assertEquals(code, 0);
  },
);

/** Is there a Node, and may this process run it? */
async function hasNode(): Promise<boolean> {
  const { state } = Deno.permissions.querySync({ name: "run", command: "node" });
  if (state !== "granted") return false;
  try {
    return (await new Deno.Command("node", { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}
