import { assertEquals } from "@std/assert";
import { Found, MOST } from "../../static/page/dialogs/found.js";
import { merge } from "../../static/page/dialogs/hits.js";
import { Conversation } from "../../static/page/model/conversation.js";

const lobby = new Conversation("room", "lobby");

/** Answers the search of a room from a list of numbers, the greatest first; null: it cannot. */
function searching(numbers: number[] | null) {
  const { fetch } = globalThis;
  const asked: string[] = [];
  globalThis.fetch = (address) => {
    const { pathname, search, searchParams } = new URL(`${address}`);
    asked.push(pathname.replace(/.*(?=\/api)/, "") + search);
    if (!numbers) return Promise.resolve(new Response("", { status: 501 }));
    const before = Number(searchParams.get("before") ?? Infinity);
    const there = numbers.filter((number) => number < before);
    const page = there.slice(0, Number(searchParams.get("limit")));
    const hits = page.map((number) => ({
      message: {
        ...{ type: "chat", id: `${number}`, username: "Bob", content: "a cake" },
        timestamp: new Date(number).toISOString(),
      },
      snippet: ["", "a", " cake"],
    }));
    const next = page.length < there.length ? `${page.at(-1)}` : undefined;
    return Promise.resolve(Response.json({ hits, complete: !next, next }));
  };
  return { asked, [Symbol.dispose]: () => void (globalThis.fetch = fetch) };
}

const { signal } = new AbortController();
const from = (most: number) => Array.from({ length: most }, (_, index) => most - index);

Deno.test("Found brings what the server finds, a page at a time and one after the other", async () => {
  using server = searching(from(70));
  const found = new Found(lobby, "a cake", signal);
  assertEquals(found.goesOn, true);
  assertEquals(await Promise.all([found.more(), found.more()]), [true, false]);
  assertEquals([found.hits.length, found.goesOn], [50, true]);
  assertEquals(found.hits[0]?.pieces, [
    { text: "", hit: false },
    { text: "a", hit: true },
    { text: " cake", hit: false },
  ]);
  assertEquals([found.hits[0]?.conversation, found.hits[0]?.line.order], [lobby, "70"]);
  assertEquals(await found.more(), true);
  assertEquals([found.hits.length, found.goesOn, found.complete], [70, false, true]);
  assertEquals(await found.more(), false);
  const path = "/api/rooms/lobby/search?q=a+cake&limit=50";
  assertEquals(server.asked, [path, `${path}&before=21`]);
});

Deno.test("Found brings no more than can be looked at, and ends where there is no answer", async () => {
  {
    using server = searching(from(1_000));
    const found = new Found(lobby, "cake", signal);
    while (await found.more());
    assertEquals([found.hits.length, server.asked.length], [MOST, MOST / 50]);
    assertEquals([found.goesOn, found.complete], [false, false]);
  }
  using server = searching(null);
  const found = new Found(lobby, "cake", signal);
  assertEquals([await found.more(), await found.more()], [true, false]);
  assertEquals([found.trouble?.status, server.asked.length], [501, 1]);
});

Deno.test("Found goes on where the server had to end before it found something", async () => {
  const { fetch } = globalThis;
  const asked: (string | null)[] = [];
  globalThis.fetch = (address) => {
    const before = new URL(`${address}`).searchParams.get("before");
    asked.push(before);
    const next = before === "90" ? undefined : `${Number(before ?? 94) - 1}`;
    return Promise.resolve(Response.json({ hits: [], complete: !next, next }));
  };
  try {
    const found = new Found(lobby, "cake", signal);
    assertEquals([await found.more(), found.complete, found.hits], [true, true, []]);
    assertEquals(asked, [null, "93", "92", "91", "90"]);
  } finally {
    globalThis.fetch = fetch;
  }
});

Deno.test("page: what is held and what the server finds is one list, newest first", async () => {
  using _server = searching([3, 2, 1]);
  const found = new Found(lobby, "cake", signal);
  await found.more();
  const [three, two, one] = found.hits;
  const held = { conversation: lobby, line: { ...two!.line } };
  const other = { conversation: new Conversation("room", "den"), line: { ...two!.line, time: 9 } };
  const all = merge([held, other], found.hits);
  assertEquals(all, [other, three, held, one]);
  assertEquals(all[2] === held, true, "it is shown already");
  const later = { conversation: lobby, line: { ...held.line, order: "2x" } };
  assertEquals(merge([held, later], []), [later, held], "in one millisecond there may be two");
  assertEquals(merge([later, held], []), [later, held]);
});
