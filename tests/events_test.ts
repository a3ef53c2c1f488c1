/** A room as Server-Sent Events. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
} from "@std/assert";
import { named } from "../hub/access/identity.ts";
import { setImmediate } from "node:timers/promises";
import { Hub } from "../hub.ts";
import { entryOf } from "../hub/log/batch.ts";
import { Log } from "../hub/log/log.ts";
import { Person } from "../hub/presence/person.ts";
import { routes } from "../routes.ts";
import { Proxy } from "./chat/proxy.ts";
import { RawClient } from "./raw.ts";
import { forgetful, network, now, plain, say, serve, until, v1, within } from "./support.ts";
import { TestTime } from "./time.ts";

const address = (host: string, query = "", room = "lobby") =>
  `http://${host}/api/rooms/${room}/events${query}`;

/** Listens to a room. The first block of lines, which is no event, is read already. */
async function listen(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { headers });
  assertEquals([answer.status, answer.headers.get("content-type")], [200, "text/event-stream"]);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  async function next(): Promise<string | undefined> {
    let end: number;
    while ((end = text.indexOf("\n\n")) < 0) {
      const { value, done } = await within(reader.read(), "a block of lines", 5_000);
      if (done) return undefined;
      text += value;
    }
    const block = text.slice(0, end);
    text = text.slice(end + 2);
    return block;
  }
  const event = async () => fields(await next() as string);
  return {
    first: await event(),
    /** The next block of lines, or undefined at the end. */
    next,
    /** The next event. */
    event,
    [Symbol.asyncDispose]: () => reader.cancel(),
  };
}

/** The fields of a block; that of a comment has an empty name. */
const fields = (block: string): Record<string, string> =>
  Object.fromEntries(
    block.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );

/** What is refused, and in which words. */
async function refusal(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { headers });
  return { status: answer.status, ...await within(answer.json(), "what is wrong", 5_000) };
}

/** How many connections there are. */
async function connections(host: string): Promise<number> {
  return (await (await fetch(`http://${host}/api/stats`)).json()).connections;
}

/** Waits until the last connection is gone. */
async function released(host: string) {
  for (let i = 0; i < 500 && await connections(host) > 0; i++) await setImmediate();
  assertEquals(await connections(host), 0);
}

Deno.test("GET events tells what goes on, resumes, and ends with the server", network, async () => {
  await using server = serve();
  const [id] = await say(server.hub, ["old"]);
  const missed = (await server.hub.say("bot", "lobby", "missed\nline")).entry;
  await using stream = await listen(address(server.host, "", "Lobby"), { "last-event-id": id! });
  assertEquals(await stream.event(), { event: "chat", id: missed.id, data: missed.text });
  await using ann = await plain(server.host, { username: "ann" });
  assertEquals((await stream.event()).event, "join");
  ann.say("hi", { to: "ann" });
  ann.say("live");
  assertEquals(JSON.parse((await stream.event()).data!).content, "live");
  server.drain();
  assertEquals(await stream.next(), undefined);
});

Deno.test("GET events counts what it hands to readers", network, async () => {
  await using server = serve();
  await using stream = await listen(address(server.host));
  await say(server.hub, 2);
  await stream.event();
  await stream.event();
  assertEquals(server.hub.counts.delivered, 2);
});

Deno.test("GET events goes on after what it leaves out", network, async () => {
  await using server = serve();
  await using bob = await v1(server.host, { username: "bob" });
  await bob.find("join");
  await using stream = await listen(address(server.host));
  const room = server.hub.rooms.get("lobby")!;
  for (let i = 0; i < 3; i++) {
    server.hub.typing(new Person(named(`ghost-${i}`), {}), { room });
    await bob.find("typing");
  }
  bob.say("hello");
  assertEquals((await stream.event()).event, "chat");
});

Deno.test(
  "GET events tells a gap, and lets go of the room when the reader goes",
  forgetful,
  async () => {
    await using server = serve({ history: 1 });
    const ids = await say(server.hub, 3);
    const { log } = server.hub.rooms.get("lobby")!;
    {
      await using stream = await listen(address(server.host, `?since=${ids[0]}`));
      const { event, id, data } = await stream.event();
      assertEquals([event, id, JSON.parse(data!).code], ["error", undefined, "gap"]);
      assertEquals((await stream.event()).id, ids[2]);
      assertEquals([log.readers, server.hub.counts.gaps], [1, 1]);
    }
    await until(() => log.readers === 0);
  },
);

Deno.test("GET events tells a gap that comes while it is read", forgetful, async () => {
  await using server = serve({ history: 2 });
  await using stream = await listen(address(server.host));
  const said = await Promise.all(
    ["0", "1", "2", "3"].map((content) => server.hub.say("bot", "lobby", content)),
  );
  assertEquals((await stream.event()).event, "error");
  assertEquals(
    [(await stream.event()).id, (await stream.event()).id],
    said.slice(2).map(({ entry }) => entry.id),
  );
  assertEquals(server.hub.counts.gaps, 1);
});

Deno.test("GET events names the wrong place as it was given", network, async () => {
  await using server = serve();
  const [id] = await say(server.hub, 1);
  const wrong: [string, string, string?][] = [
    ["Last-Event-ID", `?since=${id}&lastEventId=${id}`, "nonsense"],
    ["lastEventId", `?since=${id}&lastEventId=nonsense`],
    ["since", "?since=nonsense"],
    ["since", "?since="],
  ];
  for (const [name, query, header] of wrong) {
    const { status, code, detail } = await refusal(
      address(server.host, query),
      header === undefined ? {} : { "last-event-id": header },
    );
    const why = `Cannot use "${name}": it must be the id of a message`;
    assertEquals([status, code, detail], [400, "bad_message", why]);
  }
});

Deno.test(
  "GET events takes its place from the header, else lastEventId, else since",
  network,
  async () => {
    await using server = serve();
    const [a, b, c, d] = await say(server.hub, 4);
    const next = async (query: string, header: string) => {
      await using stream = await listen(address(server.host, query), { "last-event-id": header });
      return [stream.first.id, (await stream.event()).id];
    };
    assertEquals(await next(`?since=${a}&lastEventId=${b}`, c!), [c, d]);
    assertEquals(await next(`?since=${a}&lastEventId=${b}`, ""), [b, c]);
    assertEquals(await next(`?since=${a}&lastEventId=`, ""), [a, b]);
  },
);

Deno.test("an EventSource that is cut out of an empty room misses nothing", network, async () => {
  await using server = serve();
  await using line = new Proxy(server.host);
  const source = new EventSource(address(line.host));
  try {
    await within(new Promise((resolve) => source.onopen = resolve), "the stream");
    const told = new Promise<MessageEvent>((resolve) => source.addEventListener("chat", resolve));
    const errors: Event[] = [];
    source.addEventListener("error", (event) => errors.push(event));
    // Who was never told a place has none to come back to.
    await until(() => line.latest.includes("\nid:"));
    line.cut();
    await until(() => server.hub.rooms.get("lobby")?.log.readers === 0);
    const { entry } = await server.hub.say("bot", "lobby", "while you were away");
    const { data, lastEventId } = await within(told, "what was missed");
    assertEquals([JSON.parse(data).content, lastEventId], ["while you were away", entry.id]);
    assertEquals(errors.some((event) => event instanceof MessageEvent), false);
  } finally {
    source.close();
  }
});

Deno.test(
  "GET events has readers come back at different times, after two seconds",
  network,
  async () => {
    await using server = serve();
    const times = new Set<string>();
    for (let i = 0; i < 10; i++) {
      await using stream = await listen(address(server.host));
      assertMatch(stream.first.retry!, /^[23]\d{3}$/);
      times.add(stream.first.retry!);
    }
    assertNotEquals(times.size, 1);
  },
);

Deno.test("GET events gives a sign of life when nothing was said for 15 s", network, async () => {
  using time = new TestTime();
  await using server = serve();
  await using stream = await listen(address(server.host));
  await time.tickAsync(10_000);
  await server.hub.say("bot", "lobby", "x");
  assertEquals((await stream.event()).event, "chat");
  await time.tickAsync(14_000);
  await server.hub.say("bot", "lobby", "y");
  assertEquals((await stream.event()).event, "chat");
  await time.tickAsync(10_000);
  // This is not told to who reads events: they hear nothing for 15 s all the same.
  const room = server.hub.rooms.get("lobby")!;
  server.hub.typing(new Person(named("ghost"), {}), { room });
  await time.tickAsync(5_000);
  assertEquals(await stream.next(), ":");
});

Deno.test("GET events is refused by a server that is full, or stops", network, async () => {
  await using server = serve({ maxConnections: 1 });
  {
    await using _stream = await listen(address(server.host));
    assertEquals((await refusal(address(server.host))).code, "unavailable");
  }
  await released(server.host);
  server.drain();
  assertEquals((await refusal(address(server.host))).code, "unavailable");
});

Deno.test("HEAD events opens no stream", network, async () => {
  await using server = serve();
  const answer = await fetch(address(server.host), { method: "HEAD" });
  assertEquals([answer.status, await answer.text()], [200, ""]);
  assertEquals(answer.headers.get("content-type"), "text/event-stream");
  assertEquals(server.hub.rooms.get("lobby")?.log.readers ?? 0, 0);
  await released(server.host);
});

Deno.test("GET events ends, and comes back, where the server fails", network, async () => {
  const faults: unknown[] = [];
  await using server = serve({
    log: (level, event, fields) => void (level === "error" && faults.push({ event, ...fields })),
  });
  await using stream = await listen(address(server.host));
  const { log } = server.hub.rooms.get("lobby")!;
  const { read } = log;
  log.read = () => {
    throw new Error("sabotage in read");
  };
  await server.hub.say("bot", "lobby", "x");
  assertEquals(await stream.next(), undefined);
  assertEquals(faults, [{ event: "handler failed", error: "Error: sabotage in read" }]);
  assertEquals(log.readers, 0);
  log.read = read;
  await using again = await listen(address(server.host), { "last-event-id": stream.first.id! });
  assertEquals(JSON.parse((await again.event()).data!).content, "x");
});

/** A reader who does not read, and a server whose every fault is noted. */
async function stalled() {
  const hub = new Hub();
  const { handle, drain } = routes(hub);
  const faults: unknown[] = [];
  const server = Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen() {},
    onError: (fault) => (faults.push(fault), new Response()),
  }, handle);
  const host = `127.0.0.1:${server.addr.port}`;
  const client = await RawClient.request(host, "/api/rooms/lobby/events", []);
  await client.read();
  const { log } = hub.rooms.get("lobby")!;
  const room = {
    host,
    client,
    faults,
    /** Fills the buffers, and lets two minutes pass; on a busy machine the system may take more meanwhile. */
    async giveUp(time: TestTime) {
      for (let round = 0; round < 10 && hub.counts.slow === 0; round++) {
        await room.fill();
        await time.tickAsync(121_000);
      }
    },
    /** Says more than the buffers on the way can take. */
    async fill() {
      const text = "x".repeat(3_900);
      let before = -1;
      for (let round = 0; hub.counts.delivered > before; round++) {
        assert(round < 20);
        before = hub.counts.delivered;
        for (let turn = 0; turn < 50; turn++) {
          for (let i = 0; i < 20; i++) hub.say("bot", "lobby", text);
          await setImmediate();
        }
      }
    },
    /** How many listen, and how many were given up. */
    readers: () => [log.readers, hub.counts.slow],
    async [Symbol.asyncDispose]() {
      drain();
      await client[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
  return room;
}

Deno.test(
  "GET events gives up who reads nothing for 30 s to two minutes, and not who is slow",
  network,
  async () => {
    using time = new TestTime();
    await using room = await stalled();
    for (let i = 0; i < 3; i++) {
      await room.fill();
      await time.tickAsync(29_000);
      assertEquals(room.readers(), [1, 0]);
      for (let j = 0; j < 40; j++) await room.client.read();
    }
    await room.giveUp(time);
    assertEquals([room.readers(), room.faults], [[0, 1], []]);
  },
);

Deno.test(
  "GET events counts a reader that it gave up until the connection is gone",
  network,
  async () => {
    using time = new TestTime();
    await using room = await stalled();
    await room.giveUp(time);
    assertEquals([room.readers(), await connections(room.host)], [[0, 1], 1]);
    await room.client.reset();
    await released(room.host);
    assertEquals(room.faults, []);
  },
);

Deno.test("GET events lets a reader that it gave up read to the end", network, async () => {
  using time = new TestTime();
  await using room = await stalled();
  await room.giveUp(time);
  let tail = "";
  while (!tail.endsWith("\r\n0\r\n\r\n")) {
    const piece = await within(room.client.read(), "the end", 5_000);
    assert(piece.length > 0);
    tail = (tail + new TextDecoder().decode(piece)).slice(-100);
  }
  assertMatch(tail, /\nid:\w{26}\n\n/);
  await released(room.host);
  assertEquals([room.readers(), room.faults], [[0, 1], []]);
});

Deno.test(
  "GET events holds nothing of readers who are gone before they are answered",
  network,
  async () => {
    await using server = serve();
    for (let i = 0; i < 50; i++) {
      const client = await RawClient.request(server.host, "/api/rooms/lobby/events", []);
      await client.reset();
    }
    await released(server.host);
    assertEquals(server.hub.rooms.get("lobby")?.log.readers ?? 0, 0);
  },
);

Deno.test(
  "GET events counts readers also where the server is told nothing of their requests",
  network,
  async () => {
    const hub = new Hub();
    const { handle, drain } = routes(hub);
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request) => handle(request),
    );
    const host = `127.0.0.1:${server.addr.port}`;
    {
      await using _gone = await listen(address(host));
      assertEquals(await connections(host), 1);
    }
    await released(host);
    await using stream = await listen(address(host));
    drain();
    assertEquals(await stream.next(), undefined);
    await released(host);
    await server.shutdown();
  },
);

Deno.test("Batch.events is made once for all readers", () => {
  const log = new Log({ room: "r" });
  const { end } = log;
  const entry = entryOf({
    type: "join",
    username: "ann",
    content: "é",
    id: "01",
    timestamp: "",
    room: "r",
  });
  log.append(entry);
  const { events } = now(log.read(end));
  assertEquals(new TextDecoder().decode(events), `event:join\ndata:${entry.text}\nid:01\n\n`);
  assertStrictEquals(now(log.read(end)).events, events);
});
