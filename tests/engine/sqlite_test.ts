/** The hub's own tests, on an engine that keeps what is said in a file; and what is true there alone. */
import { assertEquals, assertLess } from "@std/assert";
import { SqliteEngine } from "../../hub/engine/sqlite.ts";
import { chosen } from "./chosen.ts";
import { Folder } from "./folder.ts";

chosen.engine = "sqlite";
chosen.make = () => {
  const folder = new Folder();
  return {
    engine: SqliteEngine.open(folder.data),
    remove: () => folder[Symbol.dispose](),
  };
};

const { network, say, serve, v1 } = await import("../support.ts");
const { TestTime } = await import("../time.ts");

await import("./hub_suites.ts");

Deno.test("what has no room in memory is read from the file", network, async () => {
  await using server = serve({ history: 20, memory: 20_000 });
  const { hub, host } = server;
  // More than a page, and than a frame.
  const ids = await say(hub, Array.from({ length: 600 }, (_, i) => `${i} ${"x".repeat(200)}`));
  const { log } = hub.rooms.get("lobby")!;
  assertLess(log.bytes, 20_000);
  assertEquals([log.lost, hub.counts.evicted], ["", 0]);
  await using ann = await v1(host, { username: "ann", since: ids[0] });
  assertEquals([ann.room.resumed, ann.room.head], [true, ids.at(-1)]);
  assertEquals((await ann.take(599)).map(({ id }) => id), ids.slice(1));
  await using bob = await v1(host, { username: "bob", last: 200 });
  assertEquals((await bob.take(200)).map(({ id }) => id), ids.slice(-200));
  const page = async (query: string) => {
    const answer = await fetch(`http://${host}/api/rooms/lobby/messages?${query}`);
    const { messages, complete } = await answer.json();
    return [messages.map(({ id }: { id: string }) => ids.indexOf(id)), complete];
  };
  assertEquals(await page(`before=${ids[3]}&limit=2`), [[1, 2], false]);
  assertEquals(await page(`before=${ids[2]}&limit=2`), [[0, 1], true]);
  assertEquals(await page(`since=${ids[1]}&limit=2`), [[2, 3], false]);
});

Deno.test("a room that is forgotten has lost nothing", network, async () => {
  using time = new TestTime();
  await using server = serve();
  const ids = await say(server.hub, 3);
  time.tick(11 * 60_000);
  assertEquals(server.hub.rooms.size, 0);
  await using ann = await v1(server.host, { username: "ann", since: ids[0] });
  assertEquals([ann.room.resumed, ann.room.head, ann.room.at], [true, ids[2], ids[0]]);
  assertEquals((await ann.take(2)).map(({ id }) => id), ids.slice(1));
});
