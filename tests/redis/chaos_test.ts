/** Three nodes and a Redis to which everything happens once that can happen to them. */
import { assert, assertEquals } from "@std/assert";
import { need } from "../prepare/need.ts";
import { redis } from "../prepare/tools.ts";
import { Book } from "../soak/chaos/book.ts";
import type { Truth } from "../soak/chaos/crowd.ts";
import { strangers } from "../soak/chaos/lists.ts";
import { chaos } from "../soak/chaos/run.ts";
import { summary } from "../soak/chaos/summary.ts";
import { grown } from "../soak/chaos/usage.ts";
import { contentOf } from "../soak/kill/ledger.ts";
import { timeout } from "../support.ts";

const { ignore, path } = await need(redis);

Deno.test(
  "three nodes and a Redis lose, double and reorder nothing, whatever happens to them",
  { ignore: ignore || Deno.build.os !== "linux", timeout },
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    // deno-lint-ignore no-console
    console.log(`seed ${seed}: deno task chaos --seed ${seed} --brief`);
    const outcome = await chaos({ path: path(), seed });
    assertEquals(outcome.faults.slice(0, 10), [], summary(outcome));
    const { acknowledged, reconnects, happened } = outcome;
    const times = ["nodes killed", "Redis killed", "failovers", "failovers by a kill"];
    assert(
      acknowledged > 300 && reconnects > 20 && times.every((what) => happened.get(what)),
      `the run was too calm to show anything: ${summary(outcome)}`,
    );
  },
);

/** A message of ann's in the lobby. */
function said(n: number, id: string, more: { content?: string; to?: string; room?: string } = {}) {
  const ref = `ann-${n}`;
  return { id, username: "ann", ref, content: contentOf(ref), room: "lobby", ...more };
}

/** A book in which two people have been told two messages. */
function bookOf(ids: string[], others = ids) {
  const book = new Book();
  for (const n of [1, 2, 3]) book.say(`ann-${n}`, { room: "lobby" });
  const views = [ids, others].map((ids, i) => {
    const view = book.begin(`reader ${i}`, "#lobby", "A");
    for (const id of ids) book.hear(view, said(id.charCodeAt(0) - "A".charCodeAt(0), id));
    return view;
  });
  return { book, views };
}

const kindsOf = ({ faults }: Book) => faults.map(({ kind }) => kind);

Deno.test("chaos: nothing is wrong where all are told the same", () => {
  const { book } = bookOf(["B", "C"]);
  book.acknowledge(said(1, "B"), "A", 1);
  book.compare("node 1", "#lobby", ["B", "C"]);
  // What is kept may begin later.
  book.compare("node 2", "#lobby", ["C"]);
  assertEquals([book.missing(), book.acknowledged, book.told], [0, 1, 4]);
  book.close();
  assertEquals(book.faults, []);
});

Deno.test("chaos: what somebody is not told is lost", () => {
  const { book, views } = bookOf(["B", "C"], ["C"]);
  assertEquals(book.missing(), 1);
  // What came before they came, or after they left, is not for them.
  views[0]!.open = false;
  book.hear(views[1]!, said(3, "D"));
  book.begin("somebody late", "#lobby", "D");
  book.begin("somebody who was not let in", "#lobby");
  assertEquals(book.missing(), 1);
  book.close();
  assertEquals(book.faults, [{
    kind: "lost",
    what: "reader 1 was not told B of ann-1 in #lobby",
  }]);
});

Deno.test("chaos: what is acknowledged and told to nobody is lost", () => {
  const { book } = bookOf(["B"]);
  book.acknowledge(said(3, "D"), "B", 1);
  assertEquals(book.missing(), 2);
  book.compare("node 1", "#lobby", ["B"]);
  book.compare("node 1", "#lobby", ["B", "C", "D"]);
  assertEquals(book.faults.map(({ what }) => what), [
    "node 1 does not have D of ann-3 in #lobby",
    "node 1 has C in #lobby, which nobody was told",
  ]);
});

Deno.test("chaos: what is told or kept twice is doubled", () => {
  const { book, views } = bookOf(["B", "C"]);
  book.hear(views[0]!, said(1, "B"));
  book.hear(views[0]!, said(1, "D"));
  book.compare("node 1", "#lobby", ["B", "C", "C", "D"]);
  assertEquals(kindsOf(book), ["doubled", "doubled", "doubled", "misordered"]);
});

Deno.test("chaos: what is told, kept or acknowledged in another order is misordered", () => {
  const { book } = bookOf(["B", "C"], ["C", "B"]);
  book.compare("node 1", "#lobby", ["C", "B"]);
  book.acknowledge(said(1, "B"), "C", 1);
  assertEquals(kindsOf(book), ["misordered", "misordered", "misordered"]);
});

Deno.test("chaos: what nobody said, or not so, or not there, is invented", () => {
  const { book, views: [view] } = bookOf(["B"]);
  book.hear(view!, said(4, "E"));
  book.hear(view!, said(2, "C", { content: "ann-2: half" }));
  book.hear(view!, said(2, "B"));
  const inbox = book.begin("bob", "@bob", "A");
  book.say("ann-5", { to: "cleo" });
  book.hear(inbox, said(5, "E", { to: "bob", room: undefined }));
  assertEquals(kindsOf(book), ["invented", "invented", "invented", "invented"]);
  book.say("ann-6", { to: "bob" });
  book.hear(inbox, said(6, "F", { to: "bob", room: undefined }));
  assertEquals([book.told, book.faults.length], [3, 4]);
});

Deno.test("chaos: lists are compared with who is there, on each node and among people", async () => {
  const ann = { username: "ann", rooms: ["den"], connections: 2 };
  const bob = { username: "bob", rooms: ["attic"], connections: 1 };
  const node = (here: unknown[], everywhere: unknown[]) =>
    Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
      const { searchParams } = new URL(url);
      const users = searchParams.has("scope") ? here : everywhere;
      const room = searchParams.get("room");
      const some = users.filter((user) =>
        room === null || (user as typeof ann).rooms.includes(room)
      );
      return Response.json({ users: some });
    });
  await using one = node([{ ...ann, connections: 1 }], [ann, bob]);
  await using two = node([{ ...ann, connections: 1 }, bob], [ann, { ...bob, rooms: ["den"] }]);
  const hosts = new Map(
    Object.entries({ one, two }).map(([name, { addr }]) => [name, `127.0.0.1:${addr.port}`]),
  );
  const truth: Truth = new Map([
    ["ann", { rooms: new Set(["den"]), connections: 2 }],
    ["bob", { rooms: new Set(["attic"]), connections: 1 }],
  ]);
  const people = [{
    mark: "ann-0",
    rooms: ["den"],
    people: () => ["ann", "eve"],
    story: () => "1 s: join",
  }];
  const wrong = await strangers(hosts, { truth, people });
  assertEquals(wrong.sort(), [
    "ann-0 knows of den eve, who is not there (1 s: join)",
    "two tells bob (1: den), who is not so there",
    "two tells nothing of bob (1: attic)",
    "two tells of attic nothing of bob (1: attic)",
    "two tells of den bob (1: den), who is not so there",
  ]);
});

Deno.test("chaos: whoever takes more and more is found", () => {
  const took = (memory: number, files: number) => ({ memory, files });
  assertEquals(grown("Redis", [took(100, 50), took(120, 60)]), []);
  assertEquals(grown("Redis", [took(100, 50), took(140, 70)]), [
    "Redis took 100 MiB, and then 140",
    "Redis had 50 descriptors, and then 70",
  ]);
});
