/** `docs/protocol.md`: its examples, lists and transcripts are what the server does. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { parse } from "../messages.ts";
import { Proxy } from "./chat/proxy.ts";
import {
  Client,
  forgetful,
  granted,
  keeps,
  network,
  plain,
  serve,
  type Told,
  v1,
} from "./support.ts";

const files = { ignore: !granted("read") };
const both = { ...network, ignore: !granted("read", "net") };

const file = (path: string) => Deno.readTextFile(new URL(`../${path}`, import.meta.url));

/** The code blocks of a language in the document. */
async function blocks(language: string): Promise<string[]> {
  const fences = (await file("docs/protocol.md")).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...fences].filter(([, name]) => name === language).map(([, , text]) => text!);
}

/** The first column of each row of the document's tables that is code, or a number. */
async function firstColumn(): Promise<Set<string>> {
  const rows = (await file("docs/protocol.md")).matchAll(/^\| (?:`([^`]+)`|(\d{4})) /gm);
  return new Set(Array.from(rows, ([, code, number]) => code ?? number!));
}

Deno.test("docs/protocol.md has JSON examples that can be read", files, async () => {
  const examples = (await blocks("json")).map((text) => JSON.parse(text));
  assertGreater(examples.length, 10);
  const sent = [
    ...["chat", "join", "leave", "typing"],
    ...["delete", "clear", "kick", "ban", "unban", "mute", "unmute", "set"],
  ];
  const commands = examples.filter(({ type, timestamp }) => sent.includes(type) && !timestamp);
  assertEquals(
    new Set(commands.map((command) => parse(JSON.stringify(command)).type)),
    new Set(sent),
  );
  for (const { type, content, timestamp } of examples) {
    if (!timestamp) continue;
    const types = ["chat", "join", "leave", "error", "delete", "moderated"];
    assert(types.includes(type) && content !== "");
    assertEquals(new Date(timestamp).toISOString(), timestamp);
  }
});

Deno.test("docs/protocol.md lists every error code, and no other", files, async () => {
  const [, union] = (await file("messages/error.ts")).match(/type ErrorCode =([^;]+);/)!;
  const known = Array.from(union!.matchAll(/"(\w+)"/g), ([, code]) => code!);
  const section = (await file("docs/protocol.md")).split(/^## /m)
    .find((section) => section.startsWith("Errors\n"))!;
  const listed = Array.from(section.matchAll(/^\| `(\w+)` /gm), ([, code]) => code!);
  assertEquals(listed.toSorted(), known.toSorted());
});

Deno.test("docs/protocol.md lists every close code that the code has", files, async () => {
  const sources = [
    "hub/conversation/session.ts",
    "hub/conversation/socket.ts",
    "routes/websocket.ts",
    "routes.ts",
  ];
  const text = (await Promise.all(sources.map(file))).join("");
  const codes = new Set(
    Array.from(text.matchAll(/(?:close\(|: |\?\? )(1(?!006)\d{3}|4\d{3}),/g), ([, code]) => code!),
  );
  assertEquals(
    [...codes].sort(),
    ["1001", "1009", "1011", "1013", "4400", "4401", "4403", "4408", "4409", "4429"],
  );
  const listed = await firstColumn();
  for (const code of codes) assert(listed.has(code), `${code} is missing`);
});

Deno.test("docs/protocol.md lists every path and every HTTP status", files, async () => {
  const listed = await firstColumn();
  const table = (await file("routes.ts")).matchAll(/\["(\/[^"]*)", \{ (.*) \}\]/g);
  const paths = Array.from(table, ([, path, methods]) => [path!, methods!] as const);
  assertGreater(paths.length, 8);
  for (const [path, methods] of paths) {
    for (const [method] of methods.matchAll(/[A-Z]{3,}/g)) {
      assert(listed.has(`${method} ${path}`), `${method} ${path} is missing`);
    }
  }
  const sources = ["", "/handshake", "/websocket", "/rooms", "/search", "/respond"].map((part) =>
    `routes${part}.ts`
  );
  const text = (await Promise.all(sources.map(file))).join("");
  for (const [, code] of text.matchAll(/(?:problem\(|(?:rate_limited|unavailable): )(\d{3}),/g)) {
    assert(listed.has(code!), `${code} is missing`);
  }
});

Deno.test("docs/protocol.md tells what happens in its transcripts", both, async () => {
  const transcripts = (await blocks("text")).filter((text) => text.includes("connects:"));
  assertEquals(transcripts.length, 2);
  for (const transcript of transcripts) {
    // In one of them something is lost.
    if (!(keeps && transcript.includes("Four"))) await replay(transcript);
  }
});

/**
 * Does what a transcript says, and compares what its clients are told. All of what ann is told
 * stands there; of the others some is left out.
 */
async function replay(transcript: string) {
  const history = transcript.includes("Four") ? 2 : undefined;
  await using server = serve({ history, version: "0.1.0" });
  await using stack = new AsyncDisposableStack();
  const lines = new Map<string, Proxy>();
  const clients = new Map<string, Client>();
  /** The ids of this conversation, by those of the transcript. */
  const ids = new Map<string, string>();
  const translated = (text: string) =>
    text.replaceAll(/\b01[0-9A-Z]{24}\b/g, (id) => ids.get(id) ?? id);

  async function connect(name: string, query: string, protocols: string[]) {
    const known = lines.get(name);
    const line = known ?? stack.use(new Proxy(server.host));
    lines.set(name, line);
    await clients.get(name)?.closed;
    const { username = name, ...rest } = Object.fromEntries(new URLSearchParams(query));
    const client = stack.use(new Client(line.host, { username, ...rest, protocols }));
    clients.set(name, client);
    if (protocols.length === 0) await client.find("join");
  }

  async function hear(name: string, written: string) {
    const expected: Told = JSON.parse(written);
    const client = clients.get(name)!;
    const told = name === "ann" ? await client.next() : await client.find(expected.type);
    for (const key of ["id", "head", "at"] as const) {
      const [id, now] = [expected[key], told[key]];
      if (id && now && !ids.has(id)) ids.set(id, now);
    }
    const wanted = { ...JSON.parse(translated(written)), ...changing(told) };
    assertEquals<unknown>(told, wanted);
  }

  async function send(name: string, frame: string) {
    const client = clients.get(name)!;
    client.socket.send(translated(frame));
    // What is said next must come after it; ann's lines say so themselves.
    const { content } = JSON.parse(frame);
    while (name !== "ann" && (await client.find("chat")).content !== content);
  }

  function stage(direction: string) {
    const [, name, query, v1] =
      direction.match(/^(\w+) connects: \/ws\?(\S+?)(, offering chat\.v1)?$/) ?? [];
    if (name) return connect(name, translated(query!), v1 ? ["chat.v1"] : []);
    const [, failing] = direction.match(/^(\w+)'s network fails/) ?? [];
    if (failing) return lines.get(failing)!.stall();
    const [, cut] = direction.match(/^(\w+) is cut off$/) ?? [];
    assert(cut, `Cannot read the direction: ${direction}`);
    lines.get(cut)!.cut();
    lines.get(cut)!.resume();
  }

  for (const line of transcript.trim().split("\n")) {
    const [, name, sign, rest] = line.match(/^(?:(\w+) ([<>])|#) (.*)$/)!;
    if (sign === "<") await hear(name!, rest!);
    else if (sign === ">") await send(name!, rest!);
    else await stage(rest!);
  }
}

/** What is another every time. */
function changing({ timestamp, session }: Told) {
  return { ...(timestamp && { timestamp }), ...(session && { session }) };
}

Deno.test(
  "docs/protocol.md: the copy for a repeated ref is the first message",
  network,
  async () => {
    await using server = serve();
    await using ann = await v1(server.host, { username: "ann" });
    await using other = await v1(server.host, { username: "ANN" });
    ann.say("first", { ref: "r" });
    const [first] = await ann.take(1);
    ann.say("second", { ref: "r" });
    assertEquals((await ann.take(1))[0], first);
    const answer = await fetch(`http://${server.host}/api/rooms/lobby/messages`, {
      method: "POST",
      body: JSON.stringify({ username: "Ann", content: "third", ref: "r" }),
    });
    assertEquals([answer.status, await answer.json()], [201, first]);
    assertEquals((await other.settled()).filter(({ type }) => type === "chat"), [first]);
  },
);

Deno.test(
  "docs/protocol.md: who leaves with one of two connections is answered, and nobody else told",
  network,
  async () => {
    await using server = serve();
    await using bob = await plain(server.host, { username: "bob" });
    await using _ann = await v1(server.host, { username: "Ann" });
    await using other = await v1(server.host, { username: "ann" });
    assertEquals(other.room.users, ["Ann", "bob"]);
    other.send({ type: "leave", room: "lobby" });
    assertEquals((await other.find("leave")).username, "Ann");
    other.say("where am I?");
    assertEquals((await other.find("error")).code, "not_in_room");
    assertEquals((await bob.settled()).map(({ type }) => type), ["join", "join"]);
  },
);

Deno.test("docs/protocol.md: typing is counted over all connections", network, async () => {
  await using server = serve();
  await using bob = await v1(server.host, { username: "bob" });
  await using ann = await v1(server.host, { username: "ann" });
  await using other = await v1(server.host, { username: "ann" });
  ann.send({ type: "typing" });
  await ann.settled();
  other.send({ type: "typing" });
  const seen = await other.settled();
  assertEquals(seen.filter(({ type }) => type === "typing"), []);
  assertEquals((await bob.settled()).filter(({ type }) => type === "typing").length, 1);
});

Deno.test(
  "docs/protocol.md: after a restart the room's gap stands for the private messages too",
  network,
  async () => {
    let seen = "";
    {
      await using server = serve();
      await using ann = await v1(server.host, { username: "ann" });
      ann.say("note to self", { to: "ann" });
      seen = (await ann.take(1))[0]!.id;
    }
    await using server = serve();
    await using ann = await v1(server.host, { username: "ann", since: seen });
    const errors = (await ann.settled()).filter(({ type }) => type === "error");
    assertEquals(errors.map(({ code, room }) => [code, room]), [["gap", "lobby"]]);
  },
);

Deno.test(
  "docs/protocol.md: a private message that lies before since is skipped",
  network,
  async () => {
    await using server = serve();
    await using ann = await v1(server.host, { username: "ann" });
    ann.say("early", { to: "ann" });
    const [early] = await ann.take(1);
    ann.say("hello");
    const [hello] = await ann.take(1);
    await using newer = await v1(server.host, { username: "ann", since: hello!.id });
    await using older = await v1(server.host, { username: "ann", since: early!.id });
    assertEquals((await newer.settled()).map(({ content }) => content), []);
    assertEquals((await older.take(1))[0], hello);
    ann.say("late", { to: "ann" });
    assertEquals((await newer.take(1))[0]!.content, "late");
  },
);

Deno.test(
  "docs/protocol.md: a reader that falls behind is told the room's state, then a gap",
  forgetful,
  async () => {
    await using server = serve({ history: 2 });
    await using ann = await v1(server.host, { username: "ann" });
    await ann.find("join");
    // All in one turn of the event loop, so that nobody can read in between.
    for (let i = 0; i < 5; i++) server.hub.say("bot", "lobby", String(i));
    const told = [await ann.next(), await ann.next(), await ann.next(), await ann.next()];
    assertEquals(
      told.map(({ type, resumed, code, content }) => [type, resumed ?? code ?? content]),
      [["room", false], ["error", "gap"], ["chat", "3"], ["chat", "4"]],
    );
  },
);

Deno.test(
  "docs/protocol.md: only a frame that is not malformed ends a row of malformed ones",
  network,
  async () => {
    await using server = serve();
    await using ann = await plain(server.host, { username: "ann" });
    const malformed = ["no", "[]", '{"type":"join","room":"a b"}', '{"type":"chat"}'];
    for (const frame of [...malformed, '{"type":"dance"}', ...malformed, "no"]) {
      ann.socket.send(frame);
    }
    assertEquals(await ann.closed, 4400);
  },
);

Deno.test("docs/protocol.md: an offer without a space is none", network, async () => {
  await using server = serve();
  for (const [offer, chosen] of [["x,chat.v1", null], ["x, chat.v1", "chat.v1"]] as const) {
    await using connection = await Deno.connect({ port: Number(server.host.split(":")[1]) });
    const headers = [
      "GET /ws?username=ann HTTP/1.1",
      `Host: ${server.host}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      `Sec-WebSocket-Protocol: ${offer}`,
    ];
    await connection.write(new TextEncoder().encode(`${headers.join("\r\n")}\r\n\r\n`));
    const bytes = new Uint8Array(4_096);
    const answer = new TextDecoder().decode(bytes.subarray(0, (await connection.read(bytes))!));
    assertEquals(answer.match(/^sec-websocket-protocol: (.*)\r$/im)?.[1] ?? null, chosen);
  }
});
