import { assertEquals } from "@std/assert";
import { Turns } from "../../hub/engine/turns.ts";

/** Turns whose steps are noted as they are done; each group is done once it is let go. */
function noted() {
  const groups: string[][] = [];
  const waiting: (() => void)[] = [];
  const turns = new Turns(async (steps: string[]) => {
    groups.push(steps);
    await new Promise<void>((resolve) => waiting.push(resolve));
    return groups.length;
  });
  return { turns, groups, letGo: () => waiting.shift()!() };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("steps of one turn are done together, and those that come meanwhile after them", async () => {
  const { turns, groups, letGo } = noted();
  assertEquals([turns.isCalm, turns.bytes], [true, 0]);
  const first = turns.add("a", 3);
  await Promise.resolve();
  const second = turns.add("b", 4);
  assertEquals([groups, turns.isCalm, turns.bytes], [[], false, 7]);
  await turn();
  assertEquals([groups, turns.bytes], [[["a", "b"]], 0]);
  const third = turns.add("c", 5);
  await turn();
  assertEquals([groups.length, turns.bytes], [1, 5]);
  letGo();
  assertEquals(await Promise.all([first, second]), [1, 1]);
  const settled = turns.settled().then(() => turns.isCalm);
  await turn();
  letGo();
  assertEquals([await third, await settled], [2, true]);
  assertEquals(groups, [["a", "b"], ["c"]]);
});

Deno.test("turns that are calm are settled", async () => {
  await noted().turns.settled();
});
