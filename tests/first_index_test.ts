import { assert, assertEquals } from "@std/assert";
import { firstIndex } from "../hub/base/first_index.ts";

Deno.test("firstIndex() finds the first item that passes, wherever it stands", () => {
  for (let length = 0; length < 20; length++) {
    const sorted = Array.from({ length }, (_, i) => i);
    for (let first = 0; first <= length; first++) {
      assertEquals(firstIndex(sorted, (item) => item >= first), first);
    }
  }
});

Deno.test("firstIndex() looks at few of many", () => {
  const sorted = Array.from({ length: 100_000 }, (_, i) => i);
  let looks = 0;
  firstIndex(sorted, (item) => {
    looks++;
    return item > 70_000;
  });
  assert(looks <= 17, `${looks} looks`);
});
