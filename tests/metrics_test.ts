/** `GET /metrics`: valid text, numbers that move as they should, and documents that fit to it. */
import { assert, assertEquals, assertGreater, assertLessOrEqual, assertMatch } from "@std/assert";
import { parse as parseYaml } from "yaml";
import { Hub } from "../hub.ts";
import { Filter } from "../hub/access/filter.ts";
import { Tally } from "../hub/base/counts.ts";
import { MemoryEngine } from "../hub/engine/memory.ts";
import { type Family, parseMetrics } from "./metrics/exposition.ts";
import { RawClient } from "./raw.ts";
import { forgetful, granted, network, plain, prompt, serve, v1 } from "./support.ts";

/** The families of a server, and the value of each sample by its name and labels as written. */
async function scrape(host: string) {
  const families = parseMetrics(await (await fetch(`http://${host}/metrics`)).text());
  const samples = new Map(families.flatMap(({ samples }) => [...samples]));
  return { families, samples, value: (sample: string) => samples.get(sample) ?? NaN };
}

type Scrape = Awaited<ReturnType<typeof scrape>>;

/** What samples have grown by from one scrape to another. */
function growth(before: Scrape, after: Scrape, ...samples: string[]) {
  return samples.map((sample) => after.value(sample) - before.value(sample));
}

/** Scrapes until something is so: the server learns of some things only after the client. */
async function until(host: string, fits: (value: Scrape["value"]) => boolean): Promise<Scrape> {
  while (true) {
    const scraped = await scrape(host);
    if (fits(scraped.value)) return scraped;
  }
}

const post = (host: string, room: string, body: object) =>
  fetch(`http://${host}/api/rooms/${room}/messages`, {
    method: "POST",
    body: JSON.stringify(body),
  });

Deno.test("GET /metrics is text that Prometheus reads, and is not cached", network, async () => {
  await using server = serve();
  const answer = await fetch(`http://${server.host}/metrics`);
  assertEquals(answer.status, 200);
  assertEquals(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertEquals(answer.headers.get("cache-control"), "no-store");
  const families = parseMetrics(await answer.text());
  assertGreater(families.length, 10);
  for (const { name } of families) assertMatch(name, /^parley_/);
});

Deno.test("GET /metrics counts who is here", network, async () => {
  await using server = serve({ maxConnections: 5 });
  const { host } = server;
  const counts = ({ value }: Scrape) =>
    ["connections", "users", "rooms"].map((name) => value(`parley_${name}`));
  assertEquals(counts(await scrape(host)), [0, 0, 0]);
  await using _ann = await v1(host, { username: "ann" });
  {
    await using _tab = await v1(host, { username: "Ann", room: "den" });
    await using _bob = await plain(host, { username: "bob" });
    assertEquals(counts(await until(host, (value) => value("parley_users") === 2)), [3, 2, 2]);
    const events = await fetch(`http://${host}/api/rooms/den/events`);
    assertEquals(counts(await scrape(host)), [4, 2, 2]);
    await events.body!.cancel();
  }
  // The room is kept for a while.
  const after = await until(host, (value) => value("parley_connections") === 1);
  assertEquals(counts(after), [1, 1, 2]);
  assertEquals(after.value("parley_max_connections"), 5);
  assertGreater(after.value("parley_memory_bytes"), 10_000_000);
});

Deno.test(
  "GET /metrics counts commands, messages and what readers are handed",
  network,
  async () => {
    await using server = serve();
    const { host } = server;
    await using ann = await v1(host, { username: "ann" });
    await using bob = await v1(host, { username: "bob" });
    // Everybody knows of everybody: nothing but what follows is on its way.
    await ann.find("join");
    await ann.find("join");
    await bob.find("join");
    const before = await scrape(host);

    for (let i = 0; i < 4; i++) ann.say(`hello ${i}`);
    await Promise.all([ann.take(4), bob.take(4)]);
    ann.send({ type: "typing" });
    await bob.find("typing");
    bob.say("psst", { to: "ann" });
    await Promise.all([ann.take(1), bob.take(1)]);
    await (await post(host, "lobby", { username: "eve", content: "by HTTP" })).body!.cancel();
    await Promise.all([ann.take(1), bob.take(1)]);
    bob.send({ type: "join", room: "den" });
    await bob.find("join");
    bob.send({ type: "leave", room: "den" });
    await bob.find("leave");

    // A command is counted when it is obeyed: after its answer.
    const leaves = 'parley_commands_total{type="leave"}';
    const after = await until(host, (value) => value(leaves) > before.value(leaves));
    const grown = (...samples: string[]) => growth(before, after, ...samples);
    const commands = ["chat", "join", "leave", "typing"]
      .map((type) => `parley_commands_total{type="${type}"}`);
    assertEquals(grown(...commands), [5, 1, 1, 1]);
    assertEquals(grown("parley_messages_total"), [6]);
    // Six messages and nobody else's typing for two, one typing for bob, one arrival in the den.
    assertEquals(grown("parley_deliveries_total", "parley_batch_messages_sum"), [14, 14]);
    const [batches] = grown("parley_batch_messages_count");
    assertGreater(batches!, 0);
    assertLessOrEqual(batches!, 14);
  },
);

Deno.test("GET /metrics puts a batch into the bucket of its size", prompt, async () => {
  await using server = serve();
  await using ann = await v1(server.host, { username: "ann" });
  for (let i = 0; i < 20; i++) ann.say(`hello ${i}`);
  const [first] = await ann.take(20);
  const before = await scrape(server.host);
  await using bob = await v1(server.host, { username: "bob", since: first!.id });
  await Promise.all([bob.find("join"), ann.find("join")]);
  const after = await scrape(server.host);
  const bucket = (le: string) => `parley_batch_messages_bucket{le="${le}"}`;
  // For ann, that bob came. For bob that as well, together with the nineteen he missed.
  assertEquals(growth(before, after, ...["1", "10", "20", "+Inf"].map(bucket)), [1, 1, 2, 2]);
});

Deno.test("GET /metrics counts refusals of frames and of requests, by code", network, async () => {
  await using server = serve({ origins: ["https://good.example"], maxConnections: 1, burst: 9 });
  const { host } = server;
  const before = await scrape(host);
  await using ann = await v1(host, { username: "ann" });
  ann.socket.send("no json");
  ann.send({ type: "dance" });
  ann.say(" ");
  ann.say("hello", { room: "den" });
  ann.say("hello", { to: "nobody" });
  await ann.take(5, "error");
  const statuses = [];
  for (
    const request of [
      fetch(`http://${host}/ws?username=@bob`),
      post(host, "lobby", { username: "bob", content: "" }),
      fetch(`http://${host}/api/rooms/lobby/events`),
      fetch(`http://${host}/nowhere`),
    ]
  ) {
    const answer = await request;
    await answer.body?.cancel();
    statuses.push(answer.status);
  }
  assertEquals(statuses, [400, 400, 503, 404]);
  const limited = [];
  for (let i = 0; i < 12; i++) {
    const answer = await post(host, "lobby", { username: "eve", content: "hello" });
    await answer.body?.cancel();
    limited.push(answer.status);
  }
  const tooFast = limited.filter((status) => status === 429).length;
  assertGreater(tooFast, 0);

  const after = await scrape(host);
  const codes = [...after.samples.keys()].filter((key) => key.startsWith("parley_rejected_total"));
  const counted = Object.fromEntries(
    codes.map((code) => [code.match(/"(.*)"/)![1], growth(before, after, code)[0]])
      .filter(([, count]) => count !== 0),
  );
  assertEquals(counted, {
    bad_json: 1,
    unknown_type: 1,
    empty: 2,
    not_in_room: 1,
    no_such_user: 1,
    bad_message: 1,
    unavailable: 1,
    rate_limited: tooFast,
  });
  const status = (status: number) => `parley_http_responses_total{status="${status}"}`;
  assertEquals(
    growth(before, after, ...[101, 400, 404, 429, 503].map(status)),
    [1, 2, 1, tooFast, 1],
  );
  // The scrape before is answered and counted; the one after is not yet.
  assertEquals(growth(before, after, status(200)), [1]);
});

Deno.test(
  "GET /metrics counts pages of a foreign origin that are turned away",
  network,
  async () => {
    await using server = serve({ origins: ["https://good.example"] });
    const page = new WebSocket(`ws://${server.host}/ws?username=eve`, {
      headers: { origin: "https://evil.example" },
    } as unknown as string[]);
    await new Promise((resolve) => page.onclose = resolve);
    const forbidden = 'parley_rejected_total{code="forbidden"}';
    assertEquals((await scrape(server.host)).value(forbidden), 1);
  },
);

Deno.test(
  "GET /metrics counts resumes, gaps and evictions",
  forgetful,
  async () => {
    await using server = serve({ history: 3 });
    const { host } = server;
    await using ann = await v1(host, { username: "ann" });
    for (let i = 0; i < 5; i++) ann.say(`hello ${i}`);
    const ids = (await ann.take(5)).map(({ id }) => id);
    {
      await using _late = await v1(host, { username: "late", since: ids[0] });
      await using _soon = await v1(host, { username: "soon", since: ids[1] });
      await using _new = await v1(host, { username: "new" });
    }
    const after = await scrape(host);
    assertEquals(
      [
        'parley_resumes_total{resumed="true"}',
        'parley_resumes_total{resumed="false"}',
        "parley_gaps_total",
        "parley_evictions_total",
      ].map(after.value),
      [1, 1, 1, 2],
    );
  },
);

Deno.test("GET /metrics shows what messages take, and may take", network, async () => {
  await using server = serve({ memory: 1_000_000 });
  const { host, hub } = server;
  const { entry } = await hub.say("bot", "den", "hello");
  const log = (where: string) => `parley_log_bytes{in="${where}"}`;
  const quiet = await scrape(host);
  assertEquals(
    [log("rooms"), log("inboxes"), "parley_max_log_bytes"].map(quiet.value),
    [entry.held, 0, 1_000_000],
  );
  await using ann = await v1(host, { username: "ann" });
  await using bob = await v1(host, { username: "bob" });
  ann.say("psst", { to: "bob" });
  await bob.find("chat");
  const page = await hub.people.get("ann")!.inbox!.page({ limit: 1 });
  const { text, held } = page.entries[0]!;
  assertGreater(held, text.length);
  // It is held for both.
  assertEquals((await scrape(host)).value(log("inboxes")), 2 * held);
});

Deno.test(
  "GET /metrics counts readers that are dropped because they don't read",
  network,
  async () => {
    await using server = serve({ rate: 0, socket: { stall: 50 } });
    await using _deaf = await RawClient.talk(server.host, { username: "deaf" });
    await fill(server.hub);
    await until(server.host, (value) => value("parley_slow_readers_total") === 1);
  },
);

/** Says more than the buffers between the server and a client can take. */
async function fill(hub: Hub) {
  for (let i = 0; i < 4_000; i++) {
    const said = hub.say("ann", "lobby", "x".repeat(4_000));
    if (i % 100 === 0) await Promise.all([said, new Promise((resolve) => setTimeout(resolve))]);
  }
}

Deno.test("GET /metrics shows a turn of the event loop that took long", network, async () => {
  await using server = serve();
  const bucket = (le: string) => `parley_event_loop_delay_seconds_bucket{le="${le}"}`;
  // Longer than the time between two looks, by more than the bound of the bucket.
  const end = performance.now() + 400;
  while (performance.now() < end);
  await until(server.host, (value) => value(bucket("+Inf")) > value(bucket("0.1")));
});

/** What befalls the engine that has most to tell. */
const EVENTS = ["hole", "epoch", "probe", "reconnect", "failover", "mended"]
  .concat("reaped", "late", "rejoined");

/** A server whose engine tells of all that can befall one. */
function eventful() {
  const engine = new MemoryEngine();
  const events = new Tally(EVENTS);
  const health = Object.create(engine.health, { events: { value: events } });
  Object.defineProperty(engine, "health", { value: health });
  const filter = new Filter({ url: "http://127.0.0.1:9/" });
  return { ...serve({ hub: new Hub({ engine, filter }) }), events };
}

Deno.test("GET /metrics counts what befell the engine", network, async () => {
  await using server = eventful();
  server.events.count("hole");
  server.events.count("hole");
  const { value, samples } = await scrape(server.host);
  const event = (kind: string) => `parley_engine_events_total{event="${kind}"}`;
  assertEquals([event("hole"), event("epoch")].map(value), [2, 0]);
  assertEquals([...samples.keys()].filter((key) => key.includes("event=")), EVENTS.map(event));
});

const files = { ...network, ignore: !granted("net", "read") };
const doc = (name: string) => Deno.readTextFile(new URL(`../docs/${name}`, import.meta.url));

/** Every metric, and every pair of a metric and a label's value, that queries ask for. */
function assertKnown(queries: string[], families: Family[]) {
  const samples = families.flatMap(({ samples }) => [...samples.keys()]);
  const names = new Set(samples.map((sample) => sample.split("{")[0]));
  for (const query of queries) {
    const asked = query.match(/parley_\w+/g) ?? [];
    for (const name of asked) assert(names.has(name), `No metric ${name} for: ${query}`);
    for (const [selected] of query.matchAll(/parley_\w+\{\w+="[^"]*"\}/g)) {
      assert(samples.includes(selected), `No sample ${selected} for: ${query}`);
    }
  }
}

Deno.test("docs/alerts.yml asks for metrics that there are", files, async () => {
  await using server = eventful();
  const { families } = await scrape(server.host);
  const { groups } = parseYaml(await doc("alerts.yml")) as {
    groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
  };
  const rules = groups.flatMap(({ rules }) => rules);
  assertGreater(rules.length, 5);
  for (const { alert, annotations } of rules) {
    assertMatch(alert, /^Parley[A-Z]\w+$/);
    assertEquals(Object.keys(annotations), ["summary", "action"]);
  }
  assertKnown(rules.map(({ expr }) => expr), families);
});

Deno.test(
  "docs/grafana.json asks for every metric that there is, and no other",
  files,
  async () => {
    await using server = eventful();
    const { families } = await scrape(server.host);
    const { panels } = JSON.parse(await doc("grafana.json")) as {
      panels: { id: number; targets: { expr: string }[] }[];
    };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    assertKnown(queries, families);
    for (const { name } of families) {
      assert(queries.some((query) => query.includes(name)), `No panel shows ${name}`);
    }
    assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  },
);

Deno.test("docs/operations.md lists every metric with its type", files, async () => {
  await using server = eventful();
  const { families } = await scrape(server.host);
  const rows = (await doc("operations.md")).matchAll(/^\| `(parley_\w+)` +\| (\w+) +\|/gm);
  const listed = Array.from(rows, ([, name, kind]) => `${name} ${kind}`);
  assertEquals(listed, families.map(({ name, kind }) => `${name} ${kind}`));
});
