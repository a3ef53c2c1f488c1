/** The history of a room: what was said, whatever was taken back in between. */
import { assertEquals } from "@std/assert";
import { Hub } from "../hub.ts";
import { MemoryEngine } from "../hub/engine/memory.ts";
import type { Page, Query } from "../hub/engine/engine.ts";
import { type Entry, entryOf } from "../hub/log/batch.ts";
import { now } from "./support.ts";

/** An engine that keeps a room, with what takes back and what is said as told: `c` and `d`. */
function hubOf(kinds: string) {
  const timestamp = "2026-11-26T06:00:00.000Z";
  const kept = [...kinds].map((kind, n): Entry => {
    const stamp = { id: `${n + 1}`.padStart(26, "0"), timestamp };
    return kind === "c"
      ? entryOf({ type: "chat", username: "ann", content: "x", room: "den", ...stamp })
      : entryOf({ type: "delete", re: "", room: "den", by: "bob", ...stamp });
  });
  const engine = new MemoryEngine();
  let pages = 0;
  engine.page = (_channel, { since = "", before = "~", limit, ...query }: Query): Page => {
    pages++;
    const among = kept.filter(({ id }) => id > since && id < before);
    const isForward = since !== "" || "since" in query;
    const entries = isForward ? among.slice(0, limit) : among.slice(-limit);
    const whole = entries.length === among.length;
    return { entries, whole, newest: kept.at(-1)?.id ?? "", lost: "", floor: "" };
  };
  const hub = new Hub({ engine });
  return {
    kept,
    pages: () => pages,
    history(query: Query) {
      const { entries, complete } = now(hub.rooms.history("den", query));
      return { ids: entries.map(({ id }) => Number(id)), complete };
    },
  };
}

const idOf = (n: number) => `${n}`.padStart(26, "0");

Deno.test("a page of the history has as much as was said, and nothing else", () => {
  for (let number = 0; number < 2 ** 8; number++) {
    const kinds = number.toString(2).padStart(8, "0").replaceAll("0", "c").replaceAll("1", "d");
    const { kept, history } = hubOf(kinds);
    const said = kept.filter(({ type }) => type === "chat").map(({ id }) => Number(id));
    for (let limit = 1; limit <= 5; limit++) {
      const newest = history({ limit });
      assertEquals(newest.ids, said.slice(-limit), `${kinds} ${limit}`);
      const older = history({ limit, before: idOf(6) });
      assertEquals(older.ids, said.filter((n) => n < 6).slice(-limit), `${kinds} ${limit}`);
      const on = history({ limit, since: idOf(2) });
      assertEquals(on.ids, said.filter((n) => n > 2).slice(0, limit), `${kinds} ${limit}`);
      // Whatever is left out is told; what only takes back is not missed.
      if (said.length > limit) assertEquals(newest.complete, false, `${kinds} ${limit}`);
      if (kept.length <= limit) assertEquals(newest.complete, true, `${kinds} ${limit}`);
    }
  }
});

Deno.test("where hardly anything was said a page of the history ends after some reading", () => {
  const few = hubOf(`${"c".repeat(30)}${"d".repeat(4_000)}${"c".repeat(10)}`);
  const page = few.history({ limit: 20 });
  assertEquals([page.ids.length, page.ids[0], page.complete], [20, 21, false]);
  assertEquals(few.pages(), 10);
  const none = hubOf(`cc${"d".repeat(20_000)}`);
  assertEquals(none.history({ limit: 50 }), { ids: [], complete: false });
  assertEquals(none.pages(), 20);
});
