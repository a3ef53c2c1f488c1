import { assertEquals } from "@std/assert";
import { Conversation } from "../../static/page/model/conversation.js";
import { Conversations } from "../../static/page/model/conversations.js";
import { toLine } from "../../static/page/model/lines.js";
import type { ChatMessage, PresenceMessage } from "../../static/chat.js";

const id = (n: number) => `01${String(n).padStart(24, "0")}`;
const at = (n: number) => new Date(Date.UTC(2026, 10, 26) + n * 1_000).toISOString();

const chat = (n: number, username = "Bob", more: Partial<ChatMessage> = {}): ChatMessage => ({
  type: "chat",
  id: id(n),
  username,
  content: `message ${n}`,
  timestamp: at(n),
  ...more.to ? {} : { room: "lobby" },
  ...more,
});

const move = (n: number, username: string, type: "join" | "leave"): PresenceMessage => ({
  type,
  id: id(n),
  username,
  content: "",
  timestamp: at(n),
  room: "lobby",
});

const entered = (more = {}) => ({ type: "room" as const, room: "lobby", count: 1, ...more });

function start() {
  const all = new Conversations([], "Ann", "lobby");
  const room = all.current;
  room.enter(entered({ users: ["Ann"], head: null, at: id(0) }));
  return { all, room };
}

Deno.test("Conversation counts what is missed, and what of it calls, until it is read", () => {
  const { all, room } = start();
  for (const [n, content] of [[1, "one"], [2, "@ann two"], [3, "three"]] as const) {
    const heard = all.hear(chat(n, "Bob", { content }), "Ann")!;
    if (n === 1) room.notice(heard.line);
    else room.miss(heard.line, heard.calls);
  }
  // What this person says, here or in another tab, is no news to them.
  assertEquals([all.hear(chat(4, "Ann"), "Ann"), room.news], [undefined, 3]);
  assertEquals([room.unread, room.calls, room.seen, room.mark], [2, 1, id(1), ""]);
  // What comes while something is unread is not read before it.
  room.notice(toLine(chat(5)));
  assertEquals(room.seen, id(1));
  room.read();
  assertEquals([room.unread, room.calls, room.seen, room.mark], [0, 0, id(4), id(2)]);
  room.mark = "";
  room.read();
  assertEquals(room.mark, "");
  assertEquals(room.news, 4);
});

Deno.test("Conversation keeps its mark while the reader is on the way to the end", () => {
  const { all, room } = start();
  const miss = (n: number) => room.miss(all.hear(chat(n), "Ann")!.line, false);
  miss(1);
  room.read();
  room.reading = { order: id(1), bottom: 0 };
  miss(2);
  room.read();
  assertEquals([room.mark, room.unread], [id(1), 0]);
  room.reading = undefined;
  miss(3);
  room.read();
  assertEquals(room.mark, id(3));
});

Deno.test("Conversation is read as far as the reader got, and whole once they were at the end", () => {
  const { all, room } = start();
  const miss = (n: number) => room.miss(all.hear(chat(n), "Ann")!.line, false);
  for (const n of [1, 2, 3, 4]) miss(n);
  room.read();
  assertEquals([room.seen, room.reached], [id(4), id(0)]);
  for (const [n, reached] of [[1, 0], [3, 2], [2, 2]] as const) {
    room.reading = { order: id(n), bottom: 0 };
    room.follow();
    assertEquals([room.reached, room.news], [id(reached), 4]);
  }
  room.reading = undefined;
  room.follow();
  assertEquals([room.reached, room.news], [id(4), 0]);
  room.reading = { order: id(1), bottom: 0 };
  room.follow();
  assertEquals(room.reached, id(4));
});

Deno.test("Conversation marks the first of what is missed, in whatever order it comes", () => {
  const { all, room } = start();
  for (const n of [5, 3, 4]) room.miss(all.hear(chat(n), "Ann")!.line, false);
  room.read();
  assertEquals(room.mark, id(3));
});

Deno.test("Conversation tells history from news, also after what was lost", () => {
  const all = new Conversations([], "Ann", "lobby");
  const room = all.current;
  assertEquals(room.ready, false);
  room.enter(entered({ head: id(5), at: id(3) }));
  assertEquals([room.ready, room.seen], [true, id(5)]);
  assertEquals(all.hear(chat(5), "Ann"), undefined);
  assertEquals(all.hear(chat(6), "Ann")?.line.id, id(6));
  assertEquals(all.hear(chat(6), "Ann"), undefined, "it came before");
  // Missed notices: nothing begins anew.
  room.enter(entered({ head: id(6), at: id(6) }));
  assertEquals(all.hear(chat(4), "Ann"), undefined);
  room.ready = false;
  room.enter(entered({ head: id(9), at: id(7), resumed: false }));
  assertEquals([room.ready, room.since], [false, id(7)]);
  assertEquals(all.hear(chat(8), "Ann")?.line.id, id(8));
  assertEquals(room.lines.length, 4);
});

Deno.test("Conversation takes no news for history when it is told again who is there", () => {
  for (const place of [{ at: id(1), resumed: true }, { at: id(3), resumed: false }]) {
    const all = new Conversations([], "Ann", "lobby");
    const room = all.current;
    room.seen = id(1);
    room.enter(entered({ head: id(9), ...place }));
    room.enter(entered({ head: id(9), at: id(4) }));
    assertEquals(room.ready, false, "what was missed is still to come");
    assertEquals(all.hear(chat(5), "Ann")?.line.id, id(5));
  }
});

Deno.test("Conversation begins anew where a server's clock is behind that of the one before", () => {
  const { all, room } = start();
  for (const n of [51, 52]) all.hear(chat(n), "Ann");
  room.enter(entered({ head: null, at: id(7), resumed: false }));
  all.hear(chat(8), "Ann");
  assertEquals(room.lines.map(({ id }) => id), [id(8)]);
});

Deno.test("Conversation tells who comes and goes in one line", () => {
  const { all, room } = start();
  const people: ["join" | "leave", string][] = [
    ["join", "Bob"],
    ["join", "Carl"],
    ["leave", "Carl"],
    ["join", "Ann"],
    ["join", "Carl"],
  ];
  people.forEach(([type, name], index) => all.move(move(index + 1, name, type), "Ann"));
  assertEquals(room.lines.length, 1);
  assertEquals([...room.lines[0]!.moves!], [["Bob", [true]], ["Carl", [true, false, true]]]);
  assertEquals(room.people, ["Ann", "Bob", "Carl"]);
  all.move(move(1_000, "Bob", "leave"), "Ann");
  assertEquals(room.lines.length, 2, "ten minutes later it is news");
  all.hear(chat(1_001, "Carl"), "Ann");
  all.move(move(1_002, "Carl", "leave"), "Ann");
  assertEquals(room.lines.length, 4, "what was said stands between");
});

Deno.test("Conversation leaves who comes out of sight of a reader far back", () => {
  const { all, room } = start();
  for (let n = 1; n <= 1_000; n++) all.hear(chat(n), "Ann");
  all.move(move(1_001, "Bob", "join"), "Ann");
  room.reading = { order: id(10), bottom: 0 };
  for (let n = 1_002; n <= 1_010; n++) all.hear(chat(n), "Ann");
  all.move(move(1_011, "Bob", "leave"), "Ann");
  assertEquals([room.lines.length, room.lines[0]?.id, room.held.atEnd], [1_000, id(2), false]);
  assertEquals(room.lines.map(({ moves }) => moves?.get("Bob")).filter(Boolean), [[true]]);
});

Deno.test("Conversation holds what is unread, and of a private one the newest", () => {
  const { all, room } = start();
  for (let n = 1; n <= 1_500; n++) room.miss(all.hear(chat(n), "Ann")!.line, false);
  assertEquals([room.lines[0]?.id, room.lines.length, room.unread], [id(1), 1_000, 1_500]);
  for (let n = 1; n <= 1_500; n++) {
    const { conversation, line } = all.hear(chat(n, "Bob", { to: "Ann" }), "Ann")!;
    conversation.miss(line, true);
  }
  const bob = all.get("person", "bob")!;
  assertEquals([bob.lines.at(-1)?.id, bob.lines.length, bob.calls], [id(1_500), 1_000, 1_500]);
  assertEquals(bob.held.start, "unknown");
});

Deno.test("Conversation takes back what was kept of it, and what was read elsewhere", () => {
  const lines = [1, 2, 3].map((n) => toLine(chat(n, n === 2 ? "Ann" : "Bob", { to: "Ann" })));
  const bob = new Conversation("person", "Bob");
  const place = { seen: id(1), lost: id(0) };
  const kept = { kind: "person" as const, name: "Bob", hidden: true, draft: "Well", ...place };
  const record = { ...kept, lines, whole: false, silent: false, unsent: [], index: 0 };
  assertEquals(bob.held.start, "nothing");
  bob.restore(record, ({ username }) => username === "Ann");
  assertEquals(bob.held.start, "unknown");
  const other = new Conversation("person", "Bob");
  other.restore({ ...record, whole: true }, () => false);
  assertEquals(other.held.start, "nothing");
  assertEquals([bob.hidden, bob.draft, bob.unread, bob.calls], [true, "Well", 1, 1]);
  assertEquals([bob.seen, bob.lost], [id(1), id(0)]);
  bob.readTo(id(2));
  assertEquals(bob.unread, 1, "not all of it was read there");
  bob.readTo(id(3));
  assertEquals([bob.unread, bob.calls, bob.seen, bob.mark], [0, 0, id(3), ""]);
});

Deno.test("Conversations show a hidden one again when something is said there", () => {
  const { all } = start();
  const bob = all.open("person", "Bob");
  bob.hidden = true;
  assertEquals([all.people, all.every.length], [[], 2]);
  all.hear(chat(1, "Bob", { to: "Ann" }), "Ann");
  assertEquals(all.people, [bob]);
});

Deno.test("Conversations find what was said to whom, and settle what was sent", () => {
  const { all, room } = start();
  room.unsent.push({ ...toLine(chat(0)), key: "ref" });
  all.hear(chat(1, "ann", { ref: "ref" }), "Ann");
  assertEquals([room.unsent, room.lines[0]?.key, room.lines[0]?.state], [[], "ref", "sent"]);
  // Of another tab: the same words may be used for something else there.
  all.hear(chat(2, "Ann", { ref: "ref" }), "Ann");
  assertEquals([room.lines[1]?.key, room.lines[1]?.ref], [id(2), "ref"]);
  assertEquals(room.seen, id(2));
  all.hear(chat(3, "Ann", { to: "Bob" }), "Ann");
  assertEquals(all.get("person", "BOB")?.lines.length, 1);
  assertEquals(all.hear(chat(4, "Bob", { room: "garden" }), "Ann"), undefined);
});

Deno.test("Presence forgets who is typing once they have spoken, left, or waited", () => {
  const { all, room } = start();
  for (const name of ["Bob", "Carl"]) {
    all.move(move(1, name, "join"), "Ann");
    room.presence.typed(name, true);
  }
  assertEquals(room.writers, ["Bob", "Carl"]);
  all.hear(chat(2, "Bob"), "Ann");
  assertEquals(room.writers, ["Carl"]);
  all.move(move(3, "Carl", "leave"), "Ann");
  assertEquals([room.writers, room.has("carl"), room.has("bob")], [[], false, true]);
});

Deno.test("Conversation counts what was fetched before it came, unless it is read by then", () => {
  const { all, room } = start();
  room.fetch([1, 2].map((n) => toLine(chat(n))));
  assertEquals(all.hear(chat(1), "Ann")?.line.id, id(1));
  // Somebody looks at the room before the second one comes.
  room.read();
  assertEquals(room.seen, id(2));
  assertEquals(all.hear(chat(2), "Ann"), undefined);
  assertEquals(all.hear(chat(3), "Ann")?.line.id, id(3));
  // As in another tab.
  room.readTo(id(5));
  assertEquals(all.hear(chat(5), "Ann"), undefined);
});

Deno.test("Conversation takes nothing for read because something else is lost", () => {
  const { all, room } = start();
  room.miss(all.hear(chat(1), "Ann")!.line, false);
  room.enter(entered({ head: id(9), at: id(7), resumed: false }));
  assertEquals([room.seen, room.since, room.unread], [id(0), id(7), 1]);
  assertEquals(all.hear(chat(8), "Ann")?.line.id, id(8));
  room.read();
  assertEquals([room.seen, room.since], [id(8), id(8)]);
});

Deno.test("Conversation begins anew also where not all it knows is held", () => {
  const { room } = start();
  room.fetch([5, 6, 7].map((n) => toLine(chat(n))));
  room.held.trim(id(5), 1);
  room.enter(entered({ head: null, at: id(6), resumed: false }));
  assertEquals([room.lines, room.held.atEnd], [[], true]);
});

Deno.test("Conversation counts private messages from a server whose clock is behind", () => {
  const { all } = start();
  const hear = (n: number) => all.hear(chat(n, "Bob", { to: "Ann" }), "Ann");
  const { conversation } = hear(50)!;
  conversation.read();
  conversation.rewind(id(60));
  assertEquals(conversation.seen, id(50));
  conversation.rewind(id(20));
  assertEquals(hear(21)?.line.id, id(21));
});

Deno.test("Conversations keep what was not sent in a room that is left, and nothing else", () => {
  const { all, room } = start();
  all.hear(chat(1), "Ann");
  all.leave(room);
  assertEquals(all.every, []);
  const again = all.open("room", "lobby");
  assertEquals(again.lines, []);
  again.draft = "Well";
  const unsent = { ...toLine(chat(2)), state: "failed" as const };
  again.unsent.push(unsent);
  all.leave(again);
  assertEquals([all.rooms, all.every.length], [[], 1]);
  const { draft, unsent: waiting, hidden } = all.open("room", "lobby");
  assertEquals([draft, waiting, hidden], ["Well", [unsent], false]);
});
