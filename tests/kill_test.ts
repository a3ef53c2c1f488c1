import { assert, assertEquals, assertThrows } from "@std/assert";
import { contentOf, Ledger } from "./soak/kill/ledger.ts";
import { kill } from "./soak/kill/run.ts";
import { granted, timeout } from "./support.ts";

const durable = { ignore: !granted("net", "read", "run", "write"), timeout };

/** A message of ann's in the lobby. */
function said(n: number, id: string, more: { content?: string; to?: string } = {}) {
  const ref = `ann-${n}`;
  return { id, username: "ann", ref, content: contentOf(ref), room: "lobby", ...more };
}

Deno.test(
  "a server that is killed five times loses, doubles and reorders nothing",
  durable,
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    // deno-lint-ignore no-console
    console.log(`seed ${seed}: deno task soak:kill --seed ${seed} --kills 5`);
    const { wrong, acknowledged, resumed, late } = await kill({ seed, kills: 5 });
    assertEquals(wrong, []);
    assert(acknowledged > 100 && resumed > 20 && late > 0, "the run was too calm to show anything");
  },
);

Deno.test("a kill is noticed where nothing is kept", durable, async () => {
  const { wrong } = await kill({ seed: 3, kills: 5, forgetful: true });
  assert(wrong.some((what) => what.includes("was told a gap in private")), `${wrong}`);
});

Deno.test("the ledger has everybody told the same", () => {
  const ledger = new Ledger();
  ledger.hear("#lobby", 0, said(1, "B"));
  ledger.hear("#lobby", 0, said(1, "B"));
  assertThrows(() => ledger.hear("#lobby", 0, said(2, "C")), Error, "C in #lobby, in place of B");
  assertThrows(() => ledger.hear("#lobby", 1, said(2, "A")), Error, "A in #lobby, after B");
  assertThrows(() => ledger.hear("#lobby", 1, said(2, "B")), Error, "B in #lobby, after B");
  assertThrows(() => ledger.hear("#lobby", 1, said(1, "C")), Error, "ann-1 twice in #lobby");
  const other = said(2, "C", { content: "ann-2: half" });
  assertThrows(() => ledger.hear("#lobby", 1, other), Error, "which nobody said so");
  assertEquals([ledger.order("#lobby"), ledger.newest], [["B"], "B"]);
});

Deno.test("the ledger misses what was acknowledged and came nowhere, or elsewhere", () => {
  const ledger = new Ledger();
  ledger.hear("#lobby", 0, said(1, "B"));
  ledger.acknowledge(said(1, "B"), "A");
  assertEquals(ledger.missing, []);
  assertThrows(() => ledger.acknowledge(said(2, "B"), "B"), Error, "which was said after B");
  ledger.acknowledge(said(1, "C"), "B");
  ledger.hear("@ann", 0, said(3, "D", { to: "bob" }));
  ledger.acknowledge(said(3, "D", { to: "bob" }), "C");
  assertEquals(ledger.missing, [
    "C of ann-1 was acknowledged, and is not in #lobby",
    "D of ann-3 was acknowledged, and is not in @bob",
  ]);
});
