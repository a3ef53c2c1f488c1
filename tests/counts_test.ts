import { assertEquals } from "@std/assert";
import { Counts, Histogram, Tally } from "../hub/base/counts.ts";

Deno.test("Tally counts by key, and shows from the start those it was told of", () => {
  const tally = new Tally(["a", "b"]);
  tally.count("b");
  tally.count("b");
  tally.count("c");
  assertEquals([...tally], [["a", 0], ["b", 2], ["c", 1]]);
});

Deno.test("Histogram counts a value in the first bucket whose bound is not below it", () => {
  const histogram = new Histogram([1, 2, 5]);
  const forwarded: number[] = [];
  histogram.record(0);
  histogram.forward = (value) => forwarded.push(value);
  for (const value of [1, 2, 3, 5, 6, 100]) histogram.record(value);
  assertEquals(histogram.buckets, [2, 1, 2, 2]);
  assertEquals(histogram.sum, 117);
  assertEquals(forwarded, [1, 2, 3, 5, 6, 100]);
});

Deno.test("Counts begins with zero of everything", () => {
  const { messages, delivered, evicted, gaps, slow, commands, rejected, resumes } = new Counts();
  const values = [...Object.values(commands), ...rejected.values(), ...resumes.values()];
  for (const value of [messages, delivered, evicted, gaps, slow, ...values]) assertEquals(value, 0);
  assertEquals([...resumes.keys()], [true, false]);
});

Deno.test("Counts counts a batch and its messages, and not one without any", () => {
  const counts = new Counts();
  counts.deliver(0);
  assertEquals([counts.delivered, counts.batches.buckets.some((count) => count > 0)], [0, false]);
  counts.deliver(3);
  counts.deliver(4);
  assertEquals([counts.delivered, counts.batches.sum], [7, 7]);
  assertEquals(counts.batches.buckets.reduce((sum, count) => sum + count), 2);
});

Deno.test("Counts counts refusals by code", () => {
  const counts = new Counts();
  counts.reject("too_long");
  assertEquals([counts.rejected.get("too_long"), counts.rejected.get("empty")], [1, 0]);
});
