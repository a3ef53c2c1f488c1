import { assert, assertEquals } from "@std/assert";
import { Chat } from "../static/chat.js";
import { ChatTime } from "./chat/chat_time.ts";
import { Proxy, randomFrom } from "./chat/proxy.ts";
import { Example } from "./examples/example.ts";
import { Program } from "./program.ts";
import { keeps, network, programs, serve, within } from "./support.ts";

// The library against the real server, over a network that fails.

/** Attempts to connect follow each other faster than people could bear. */
const backoff = { min: 1, max: 20 };

function connect(host: string, username: string, options: object = {}) {
  return new Chat(`ws://${host}/ws`, { username, backoff, ...options });
}

/** Contents of the chat messages that come, until so many have. */
async function hear(chat: Chat, count: number): Promise<string[]> {
  const heard: string[] = [];
  const messages = chat[Symbol.asyncIterator]();
  while (heard.length < count) {
    const { done, value } = await within(messages.next(), `${count} messages, after ${heard}`);
    if (done) throw new Error(`The chat ended after ${heard}`);
    if (value.type === "chat") heard.push(value.content);
  }
  await messages.return();
  return heard;
}

/** Resolves with what a chat tells of an event the next time. */
function next<T>(chat: Chat, type: string): Promise<T> {
  const told = new Promise<T>((resolve) =>
    chat.addEventListener(type, (event) => resolve((event as CustomEvent<T>).detail), {
      once: true,
    })
  );
  return within(told, type);
}

/** Waits until a chat is in a state; where that is online, until it has a place in each of its rooms too. */
async function until(chat: Chat, state: string) {
  while (chat.state !== state) await next(chat, "state");
  const isOutside = (room: string) => chat.place(room) === undefined;
  while (state === "online" && [...chat.rooms].some(isOutside)) await next(chat, "message");
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
    for (const heard of [annHeard, bobHeard]) {
      assertEquals(of("ann", heard), numbered("ann", count));
      assertEquals(of("bob", heard), numbered("bob", count));
    }
    assertEquals(annHeard, bobHeard);
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
    const gaps: (string | null)[] = [];
    ann.addEventListener("gap", (event) => gaps.push((event as CustomEvent).detail.room));
    const recovered = next<{ complete: boolean }>(ann, "recovered");
    await first[Symbol.asyncDispose]();
    await until(ann, "offline");
    const sent = ann.send("while it was away");
    await using _second = await serve({ port });
    assertEquals((await recovered).complete, false);
    assertEquals(gaps, [null, "lobby"]);
    const after = await sent;
    assertEquals(after.content, "while it was away");
    assertEquals(after.id > id, true);
  },
);

Deno.test(
  "Chat hears all of a server that was started again with its clock behind, and sends nothing twice",
  { ...programs, ignore: programs.ignore || keeps },
  async () => {
    const ahead = new URL("./chat/ahead.ts", import.meta.url).pathname;
    const first = await Program.start([], {}, ["--preload", ahead]);
    await using network = new Proxy(first.host);
    await using ann = connect(network.host, "ann");
    await using bob = connect(first.host, "bob");
    bob.join("den");
    const { id } = await ann.send("before");
    await ann.send("in private", { to: "bob" });
    network.stall();
    const uncertain = ann.send("uncertain").catch(({ code }) => code);
    await first.crash();
    network.cut();
    network.resume();
    await using _second = await Program.start(["--port", `${first.port}`]);
    await Promise.all([until(ann, "online"), until(bob, "online")]);
    assertEquals(await within(uncertain, "a refusal"), "unconfirmed");
    const hearing = hear(bob, 2);
    const { id: after } = await ann.send("after");
    await ann.send("in private again", { to: "bob" });
    assertEquals(after < id, true);
    assertEquals(await hearing, ["after", "in private again"]);
  },
);

Deno.test(
  "Chat resumes an empty room, and private messages beside one or in none",
  network,
  async () => {
    await using server = await serve({ rate: 0 });
    await using network = new Proxy(server.host);
    await using ann = connect(network.host, "ann");
    await using bob = connect(server.host, "bob", { room: "elsewhere" });
    await Promise.all([until(ann, "online"), until(bob, "online")]);
    // A second tab of hers, in another empty room.
    await using tab = connect(network.host, "ann", { room: "attic" });
    await until(tab, "online");
    for (let turn = 0; turn < 6; turn++) {
      if (turn === 3) ann.leave("lobby");
      if (turn === 4) server.hub.say("bot", "attic", "to the tab");
      const hearing = Promise.all([hear(ann, turn < 3 ? 2 : 1), hear(tab, turn === 4 ? 2 : 1)]);
      network.stall();
      network.cut();
      await Promise.all([until(ann, "offline"), until(tab, "offline")]);
      await bob.send(`private ${turn}`, { to: "ann" });
      if (turn < 3) server.hub.say("bot", "lobby", `public ${turn}`);
      network.resume();
      const [heard, inTab] = await hearing;
      const lobby = turn < 3 ? [`public ${turn}`] : [];
      assertEquals(heard.toSorted(), [`private ${turn}`, ...lobby]);
      assertEquals(inTab.filter((line) => line !== "to the tab"), [`private ${turn}`]);
    }
  },
);

Deno.test(
  "Chat comes back to a room that was forgotten, and is told what is lost",
  network,
  async () => {
    await using server = await serve({ keep: 0 });
    await using network = new Proxy(server.host);
    await using ann = connect(network.host, "ann", { room: "den" });
    for (const missed of [0, 1]) {
      await ann.send("seen");
      network.stall();
      network.cut();
      await until(ann, "offline");
      for (let n = 0; n < missed; n++) server.hub.say("bot", "den", "lost");
      await new Promise((resolve) => setTimeout(resolve, 5));
      assertEquals(server.hub.rooms.get("den"), undefined);
      const recovered = next<{ complete: boolean }>(ann, "recovered");
      const sent = ann.send("sent at once");
      network.resume();
      assertEquals((await recovered).complete, keeps || missed === 0);
      assertEquals((await within(sent, "an echo")).content, "sent at once");
    }
  },
);

Deno.test(
  "Chat notices within 40 s that a line is dead, also when it only reads",
  network,
  async () => {
    using time = new ChatTime();
    await using server = await serve();
    await using network = new Proxy(server.host);
    await using ann = connect(network.host, "ann");
    await until(ann, "online");
    // Once that is answered, nothing else is to come.
    await ann.send("here");
    network.stall();
    server.hub.say("bot", "lobby", "missed");
    time.tick(39_999);
    assertEquals(ann.state, "online");
    time.tick(1);
    assertEquals(ann.ending, { code: 1006, reason: "the server does not answer" });
    const hearing = hear(ann, 1);
    network.cut();
    network.resume();
    time.tick(20);
    assertEquals(await hearing, ["missed"]);
  },
);

Deno.test(
  "Chat asks at once when the network is back, and finds the line dead or alive",
  network,
  async () => {
    await using server = await serve();
    await using network = new Proxy(server.host);
    // So long may an answer take on a busy machine: a third of it.
    await using ann = connect(network.host, "ann", { patience: 1_500 });
    await ann.send("fine");
    dispatchEvent(new Event("online"));
    await new Promise((resolve) => setTimeout(resolve, 700));
    assertEquals(network.connections, 1);
    network.stall();
    dispatchEvent(new Event("online"));
    await until(ann, "offline");
    assertEquals(ann.ending, { code: 1006, reason: "the server does not answer" });
  },
);

Deno.test("Chat says why a real server refuses it", network, async () => {
  await using full = serve({ maxConnections: 0 });
  await using ann = connect(full.host, "ann");
  await until(ann, "offline");
  const { code, reason } = ann.ending!;
  assertEquals([code, reason.startsWith("The server takes no more connections")], [503, true]);
  assert(ann.retryAt! - Date.now() > 4_000);
  await using eve = new Chat(`http://${full.host}/nowhere`, { username: "eve" });
  await until(eve, "closed");
  assertEquals(eve.ending!.code, 404);
});

/** How many commands of a busy library a server refuses. */
async function refusals(): Promise<number> {
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
  return refused;
}

Deno.test("Chat keeps within the limits of the server", network, async () => {
  // What a busy machine holds up on the way comes faster than it was sent: then it is tried again.
  let tries = 0;
  while (await refusals() > 0) assert(++tries < 3);
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
  { ...network, ignore: network.ignore || !await hasNode() },
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

Deno.test(
  "Chat tries again, and says why it is refused, in Node too",
  { ...network, ignore: network.ignore || !await hasNode() },
  async () => {
    await using server = await serve();
    const program = `
      import { Chat } from ${JSON.stringify(new URL("../static/chat.js", import.meta.url).href)};
      const options = { username: "node", backoff: { min: 1, max: 1 } };
      const nobody = new Chat("ws://127.0.0.1:1/ws", options);
      nobody.addEventListener("state", () => nobody.state === "offline" && console.log("again"));
      const refused = new Chat("ws://${server.host}/nowhere", options);
      refused.addEventListener("state", () => console.log(refused.ending.code));`;
    const flags = ["--experimental-websocket", "--no-warnings", "--input-type=module"];
    await using node = new Example("node", [...flags, "--eval", program]);
    for (const line of ["404", "again", "again"]) await within(node.find(RegExp(line)), line);
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
