import { assert, assertEquals } from "@std/assert";
import { type Line, Lines } from "../../static/page/model/lines.js";

const order = (n: number) => `01${String(n).padStart(24, "0")}`;

const chat = (n: number): Line => ({
  key: order(n),
  id: order(n),
  order: order(n),
  kind: "chat",
  username: "Ann",
  content: `message ${n}`,
  time: n,
});

/** Numbers from one to another. */
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

const contents = ({ all }: Lines) => all.map(({ content }) => Number(content.slice(8)));

Deno.test("Lines stand by their ids, however they come, each once", () => {
  const lines = new Lines();
  lines.fetch([71, 72, 73].map(chat));
  for (const n of [70, 72, 1, 74]) lines.hear(chat(n));
  assertEquals(contents(lines), [1, 70, 71, 72, 73, 74]);
  assertEquals(lines.hear(chat(70)), false);
  assertEquals(lines.hear(chat(69)), true);
  assertEquals(lines.indexOf(order(70)), 2);
  assertEquals(lines.indexOf(order(75)), 7);
});

Deno.test("Lines let go of those that are farther from the reader", () => {
  const lines = new Lines();
  for (const n of range(1, 10)) lines.hear(chat(n));
  lines.start = "nothing";
  lines.trim(order(2), 8);
  assertEquals(contents(lines), range(1, 8));
  assertEquals([lines.atEnd, lines.start, lines.newest], [false, "nothing", order(10)]);
  lines.trim(undefined, 6);
  assertEquals(contents(lines), range(3, 8));
  assertEquals(lines.start, "unknown");
  lines.trim(order(7), 4);
  assertEquals(contents(lines), range(5, 8));
  lines.trim(undefined, 4);
  assertEquals(contents(lines), range(5, 8));
});

Deno.test("Lines that do not reach the end leave what comes there to be fetched", () => {
  const lines = new Lines();
  for (const n of range(1, 10)) lines.hear(chat(n));
  lines.trim(order(1), 6);
  assertEquals(lines.hear(chat(11)), true);
  assertEquals(lines.hear(chat(11)), false);
  assertEquals(contents(lines), range(1, 6));
  lines.fetch([7, 8].map(chat));
  assert(!lines.atEnd);
  lines.hear(chat(12));
  lines.fetch([9, 10, 11, 12].map(chat));
  assert(lines.atEnd);
  lines.hear(chat(13));
  assertEquals(contents(lines), range(1, 13));
});

Deno.test("Lines that went come back when they are fetched", () => {
  const lines = new Lines();
  for (const n of range(1, 10)) lines.hear(chat(n));
  lines.trim(undefined, 5);
  lines.fetch([3, 4, 5].map(chat));
  assertEquals(contents(lines), range(3, 10));
});

Deno.test("Lines have an end that can be settled where nothing more is to be had", () => {
  const lines = new Lines();
  for (const n of range(1, 4)) lines.hear(chat(n));
  lines.trim(order(1), 2);
  lines.settle(order(3));
  assertEquals(lines.atEnd, false, "more is known to be than that");
  lines.note({ ...chat(0), id: undefined, order: lines.after() });
  lines.settle(order(4));
  assertEquals([lines.atEnd, lines.newest], [true, order(2)]);
  assertEquals(contents(lines), [1, 2, 0]);
});

Deno.test("Lines keep notes where they were made", () => {
  const lines = new Lines();
  lines.note({ ...chat(100), id: undefined, order: lines.after() });
  lines.hear(chat(1));
  lines.note({ ...chat(101), id: undefined, order: lines.after() });
  lines.note({ ...chat(102), id: undefined, order: lines.after() });
  lines.hear(chat(2));
  assertEquals(contents(lines), [100, 1, 101, 102, 2]);
});

Deno.test("Lines begin anew with whatever ids", () => {
  const lines = new Lines();
  for (const n of range(5, 9)) lines.hear(chat(n));
  lines.clear();
  assertEquals([contents(lines), lines.atEnd, lines.start], [[], false, "unknown"]);
  lines.fetch([chat(9)]);
  assert(lines.atEnd);
  lines.reset();
  lines.hear(chat(1));
  lines.hear(chat(2));
  assertEquals([contents(lines), lines.atEnd], [[1, 2], true]);
});

Deno.test("Lines that were fetched before they came are new when they come", () => {
  const lines = new Lines();
  lines.hearFrom(order(1));
  lines.fetch([1, 2, 3].map(chat));
  lines.hearFrom(order(0));
  assertEquals([1, 2, 3, 3].map((n) => lines.hear(chat(n))), [false, true, true, false]);
  assertEquals(contents(lines), [1, 2, 3]);
  const known = new Lines();
  known.restore([1, 2].map(chat));
  assertEquals([1, 2, 3].map((n) => known.hear(chat(n))), [false, false, true]);
  known.reset();
  known.fetch([chat(1)]);
  assertEquals(known.hear(chat(1)), true);
});
