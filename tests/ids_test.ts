import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { decodeTime } from "@std/ulid";
import { Ids } from "../hub/log/ids.ts";
import { TestTime } from "./time.ts";

const NOW = Date.parse("2026-01-02T03:04:05.678Z");

Deno.test("an id is a ULID of the time beside it", () => {
  using time = new TestTime(NOW);
  const ids = new Ids();
  for (const wait of [0, 1, 1_000, 86_400_000]) {
    time.tick(wait);
    const { id, timestamp } = ids.next();
    assertMatch(id, /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    assertEquals(decodeTime(id), Date.now());
    assertEquals(timestamp, new Date().toISOString());
    assertEquals(ids.newest, id);
  }
});

Deno.test("ids ascend, past the last one of a millisecond and when the clock goes back", () => {
  const count = 1024 ** 2 + 100;
  const at = (now: number, next: () => void) => {
    using _time = new TestTime(now);
    next();
  };
  let ids!: Ids;
  let newest!: string;
  const ascend = () => {
    const { id } = ids.next();
    assert(newest < id, `${newest} came before ${id}`);
    newest = id;
  };
  at(NOW, () => {
    ids = new Ids();
    newest = ids.start;
    for (let i = 0; i < count; i++) ascend();
    assertEquals(decodeTime(newest), NOW + 1);
  });
  at(NOW - 3_600_000, () => {
    ascend();
    assertEquals(decodeTime(newest), NOW + 1);
    for (let i = 0; i < count; i++) ascend();
    assertEquals(decodeTime(newest), NOW + 2);
  });
  at(NOW + 3, ascend);
  assertEquals(decodeTime(newest), NOW + 3);
});

Deno.test("an id is known as one's own, whatever the clock of a server of before has said", () => {
  using time = new TestTime(NOW);
  const before = new Ids().next().id;
  time.tick(1);
  const ids = new Ids();
  const ahead = new Ids();
  time.tick(1);
  const first = ids.next().id;
  assert(ids.gave(ids.start) && ids.gave(first));
  time.tick(1_000);
  const foreign = ahead.next().id;
  assert(foreign > first);
  const future = ids.next().id.slice(0, -1) + "Z";
  time.tick(1_000);
  for (const id of [future, before, foreign]) {
    assert(!ids.gave(id));
    ids.next();
  }
  assert(ids.gave(first));
});

Deno.test("two servers give different ids in the same millisecond", () => {
  using _time = new TestTime(NOW);
  assertNotEquals(new Ids().next().id, new Ids().next().id);
});
