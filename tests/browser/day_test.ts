import { assert } from "@std/assert";
import { spend } from "./day/day.ts";
import { inChromium } from "./support.ts";

Deno.test(
  "page: whatever happens to it, it shows what was said and counts what was not read",
  inChromium,
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    // deno-lint-ignore no-console
    console.log(`seed ${seed}: deno task soak:page --seed ${seed} --minutes 3`);
    const { said, lines, badges, loads } = await spend({ seed, minutes: 3, rooms: 12 });
    assert(said > 500 && lines > 50 && badges > 20, "the day was too calm to show anything");
    const { heap, nodes, listeners } = loads.at(-1)!;
    assert(heap < 32 * 2 ** 20 && nodes < 5_000 && listeners < 500, JSON.stringify(loads));
  },
);
