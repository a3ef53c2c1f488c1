import { assert, assertEquals, assertLess } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Space } from "../../hub/engine/sqlite/space.ts";
import { Steps } from "./file.ts";

/** A file of which so many pages are free, and so many are not, behind these. */
function fileWith(free: number, used: number, pragma = "auto_vacuum = INCREMENTAL") {
  const db = new DatabaseSync(":memory:");
  db.exec(`PRAGMA ${pragma}; CREATE TABLE gone (page BLOB); CREATE TABLE kept (page BLOB)`);
  for (const [table, count] of [["gone", free], ["kept", used]] as const) {
    db.exec(`INSERT INTO ${table}
      SELECT zeroblob(4000) FROM (SELECT value FROM json_each('[${Array(count).fill(0)}]'))`);
  }
  db.exec("DROP TABLE gone");
  const pages = () => Number(Object.values(db.prepare("PRAGMA page_count").get()!)[0]);
  return { db, pages, [Symbol.dispose]: () => db.close() };
}

Deno.test("what is free in a file is given back until little is, a few pages at a time", () => {
  using file = fileWith(3_000, 200);
  const space = new Space(file.db);
  using steps = new Steps();
  const before = file.pages();
  assert(space.give(2));
  const first = before - file.pages();
  assert(first > 0 && first <= 48, `${first} pages`);
  let calls = 0;
  while (space.give(50)) assertLess(calls++, 100);
  assert(steps.count > calls);
  assertLess(file.pages(), 1_300);
  assertEquals(file.db.prepare("SELECT count(*) AS count FROM kept").get()!.count, 200);
});

Deno.test("what is free in a file stays there if it is little, or cannot be given back", () => {
  for (
    const [free, used, pragma] of [
      [900, 0],
      [1_200, 3_800],
      [1_200, 100, "auto_vacuum = NONE"],
    ] as [number, number, string?][]
  ) {
    using file = fileWith(free, used, pragma);
    const before = file.pages();
    assert(!new Space(file.db).give(50));
    assertEquals(file.pages(), before);
  }
});
