/** The kit against the program as it is started, in its short form; `deno task hostile` is the long one. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { programs } from "../support.ts";
import { seedOf } from "../fuzz/seed.ts";
import type { Attack } from "./attack.ts";
import { attacks, families, guarded } from "./attacks.ts";
import { leakIn } from "./leaks.ts";
import { Ours } from "./ours.ts";
import { Siege } from "./siege.ts";

const linux = { ...programs, ignore: programs.ignore || Deno.build.os !== "linux" };

/** Bytes of memory that all attacks together may leave behind: what is said and held is less than half of it. */
const LEFT = 500 * 2 ** 20;

const { frames, handshakes, slow, readers, bodies, paths, texts, storms } = families;
const [returning, alone, ...crowds] = storms;

/** What is tried beside each other, and for how many seconds at most. */
const WAVES: [name: string, attacks: Attack[], seconds: number][] = [
  ["frames that break the rules", frames, 4],
  ["handshakes and requests that are none", handshakes, 4],
  ["clients that are slow, do not read or do not go", [...slow, ...readers], 6],
  ["odd bodies, paths and texts", [...bodies, ...paths, ...texts], 5],
  ["three thousand who come back at once", [returning!], 5],
  ["the same from one address", [alone!], 4],
  ["crowds that join, and open rooms", crowds.slice(0, 2), 2],
  ["crowds that speak, and ask", crowds.slice(2, 4), 2],
  ["a crowd that listens", crowds.slice(4, 5), 2],
  ["a crowd that types", crowds.slice(5), 2],
];

/** Attacks on servers where people prove who they are. */
const { tokens, privacy, moderation } = guarded;

/** Has waves of attacks go on against a server, each as a step of a test. */
async function withstand(t: Deno.TestContext, server: Ours, waves: typeof WAVES) {
  const seed = seedOf();
  const place = server.place(seed);
  using siege = await Siege.start(server.host, place);
  const before = await place.vitals!.memory;
  for (const [name, attacks, seconds] of waves) {
    await t.step(name, async () => {
      const { problems, tried } = await siege.attack(attacks, seconds);
      assertEquals(problems, [], `with the seed ${seed}`);
      assert(tried >= attacks.length);
    });
  }
  assertLess(await place.vitals!.memory - before, LEFT);
}

Deno.test("while anybody attacks, honest people talk as if nobody did", linux, async (t) => {
  await using server = await Ours.start();
  await withstand(t, server, WAVES);
});

Deno.test("no forged, changed or stolen token opens a door, nor a name", linux, async (t) => {
  await using server = await Ours.guarded();
  await withstand(t, server, [
    ["tokens that are not good", tokens, 8],
    ["who wants to pass for others who have a token", privacy, 5],
    ["who goes on after a moderator has said no", moderation, 5],
  ]);
});

Deno.test("nobody takes a name that a guest has claimed", linux, async (t) => {
  await using server = await Ours.claimed();
  await withstand(t, server, [["who wants to pass for others who are guests", privacy, 5]]);
});

Deno.test("every attack is listed, in one wave and by a name of its own", () => {
  const tried = [...WAVES.flatMap(([, attacks]) => attacks), ...tokens, ...privacy, ...moderation];
  assertEquals(new Set(tried), new Set(attacks));
  assertEquals(new Set(attacks.map(({ name }) => name)).size, attacks.length);
});

Deno.test("what tells strangers of the inside of a server is known, and what tells them nothing", () => {
  for (
    const text of [
      "HTTP/1.1 500 Oops\r\n\r\nError: no\n    at file:///srv/parley/routes.ts:10:7",
      "\x81\x7eTypeError: cannot read properties of undefined",
      "in /home/parley/main.ts",
      "root:x:0:0:root:/root:/bin/bash",
      "a letter that says key-of-the-house inside",
    ]
  ) assert(leakIn(text, ["key-of-the-house"]), text);
  for (
    const text of [
      'HTTP/1.1 400 Bad Request\r\n\r\n{"detail":"Cannot read the path"}',
      "HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\nthrow new TypeError()",
      '{"type":"chat","content":"10:30:00 at the station"}',
    ]
  ) assertEquals(leakIn(text), undefined);
});
