import { assertEquals, assertMatch } from "@std/assert";
import { type Choice, gather, OFFERED, pick, rank } from "../../static/page/dialogs/choices.js";
import { Conversations } from "../../static/page/model/conversations.js";
import type { Session } from "../../static/page/model/session.js";

const LINE = { key: "", order: "", kind: "chat" as const, username: "Bob", content: "", time: 0 };

/** A session of Ann in #lobby and #garden, with Bob in private, and #garden on screen. */
function session(): Session {
  const conversations = new Conversations([], "Ann", "lobby");
  conversations.current = conversations.open("room", "garden");
  const bob = conversations.open("person", "Bob");
  for (const n of [1, 2]) bob.miss({ ...LINE, order: `${n}` }, true);
  conversations.open("person", "Carl").hidden = true;
  conversations.get("room", "lobby")?.presence.moved("Ann", true);
  conversations.get("room", "lobby")?.presence.moved("Zoë", true);
  conversations.get("room", "garden")?.presence.moved("Bob", true);
  conversations.get("room", "garden")?.presence.moved("Zoë", true);
  for (const room of conversations.rooms) room.ready = true;
  const { current } = conversations;
  return { conversations, current, name: "ann" } as unknown as Session;
}

const ROOMS = [
  { room: "attic", users: 1 },
  { room: "cellar", users: 3 },
  { room: "lobby", users: 7 },
];

/** Each choice in short. */
const told = (choices: Choice[]) =>
  choices.map(({ kind, name, state, unread, users, here }) =>
    [kind[0], name, state, unread || "", users ?? "", here ? "here" : ""].filter(Boolean).join(" ")
  );

Deno.test("page: conversations come first, unread before others, then people, then rooms", () => {
  assertEquals(told(gather(session(), ROOMS)), [
    "p Bob open 2 here",
    "r lobby open 7",
    "p Carl open",
    "r garden current",
    "p Zoë other here",
    "r cellar other 3",
    "r attic other 1",
  ]);
});

Deno.test("page: what is written finds rooms and people, the best first", () => {
  const choices = gather(session(), ROOMS);
  const names = (text: string) => pick(choices, text).found.map(({ name }) => name);
  assertEquals(names(""), ["Bob", "lobby", "Carl", "garden", "Zoë", "cellar", "attic"]);
  assertEquals(names("LL"), ["cellar", "ll"]);
  assertEquals(names("ZOË"), ["Zoë"]);
  assertEquals(names("#"), ["lobby", "garden", "cellar", "attic"]);
  assertEquals(names("@"), ["Bob", "Carl", "Zoë"]);
  assertEquals(names("# b"), ["lobby", "b"]);
  assertEquals(names("@bo"), ["Bob"]);
  assertEquals(names("garden"), ["garden"]);
});

Deno.test("page: a room that is not there can be opened, and what it may be called is told", () => {
  const choices = gather(session(), ROOMS);
  assertEquals(told(pick(choices, "Garden-Party").found), ["r garden-party new"]);
  assertEquals(told(pick(choices, "bob").found), ["p Bob open 2 here", "r bob new"]);
  assertEquals(pick(choices, "@garden").found, []);
  assertMatch(pick(choices, "@garden").problem, /^Nobody in your rooms/);
  assertMatch(pick(choices, "no such room").problem, /no room can have it: it must be 1 to 64 of/);
  assertMatch(pick(choices, "#no such room").problem, /no room can have it/);
  assertEquals(pick(choices, "bo b").found, []);
  assertEquals(pick([], ""), { found: [], count: 0, problem: "" });
  assertEquals(pick([], "#").problem, "");
});

Deno.test("page: of many only some are offered, and a new room still is", () => {
  const rooms = Array.from(
    { length: 2 * OFFERED },
    (_, index) => ({ room: `r${index}`, users: 1 }),
  );
  const { found, count } = pick(gather(session(), rooms), "r");
  assertEquals(found.length, OFFERED);
  // In #garden and Carl there is an r, too.
  assertEquals(count, 2 * OFFERED + 2);
  assertEquals(found.at(-1)?.state, "new");
  assertEquals(pick(gather(session(), rooms), "").found.length, OFFERED);
});

Deno.test("page: a whole name fits better than its beginning, a word or a part", () => {
  const names = ["garden", "garden-2", "the garden", "my-garden", "my_garden", "v.garden"];
  const ranks = [...names, "gardens of x", "xgarden", "house"].map((name) => rank(name, "garden"));
  assertEquals(ranks, [0, 1, 2, 2, 2, 2, 1, 3, Infinity]);
  assertEquals(rank("anything", ""), 1);
});
