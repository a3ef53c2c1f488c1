import { keeps, network } from "./support.ts";
import { soak } from "./soak/soak.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("whoever was told no gap has heard everything once and in order", network, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  // deno-lint-ignore no-console
  console.log(`seed ${seed}: deno task soak --seed ${seed} --steps 8000`);
  const { heard, resumed, gaps } = await soak({ seed, steps: 8_000 });
  assert(heard > 1_000 && resumed > 50, "the run was too calm to show anything");
  assertEquals(gaps > 0, !keeps);
});
