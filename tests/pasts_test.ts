/** What is known of channels that are forgotten. */
import { assertEquals } from "@std/assert";
import { Pasts } from "../hub/engine/pasts.ts";

const past = (newest: string, floor: string) => ({ newest, lost: newest, floor });

Deno.test("of a forgotten channel its newest message is known; of others that nothing is lost", () => {
  const pasts = new Pasts("0");
  pasts.add("a", "1");
  assertEquals([pasts.of("a"), pasts.of("b")], [past("1", "1"), past("", "0")]);
});

Deno.test("of more than so many forgotten ones it is only known that they were no newer", () => {
  const pasts = new Pasts("0", 2);
  for (const [key, id] of [["b", "2"], ["a", "1"], ["c", "3"]] as const) pasts.add(key, id);
  // Nothing is known of "b" any more, and of nobody else before it.
  assertEquals([pasts.of("b"), pasts.of("a")], [past("", "2"), past("1", "1")]);
  pasts.add("d", "4");
  assertEquals([pasts.of("a"), pasts.of("c")], [past("", "2"), past("3", "3")]);
});

Deno.test("a channel that goes on takes no place among the forgotten", () => {
  const pasts = new Pasts("", 2);
  for (const key of ["1", "2"]) pasts.add(key, key);
  assertEquals(pasts.take("1"), past("1", "1"));
  pasts.add("3", "3");
  assertEquals([pasts.of("2"), pasts.of("1")], [past("2", "2"), past("", "")]);
});
