import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import type { ChatMessage } from "../../static/chat.js";
import { type Act, Acts, span } from "../../static/page/model/acts.js";
import { Conversations } from "../../static/page/model/conversations.js";
import { Lines, toLine } from "../../static/page/model/lines.js";
import { Shown } from "../../static/page/model/shown.js";
import { Unread } from "../../static/page/model/unread.js";
import { keyOf } from "../../static/names.js";

const id = (n: number) => `01J${String(n).padStart(23, "0")}`;
const ROOM = { room: "lobby" };

/** Somebody in the lobby, and what moderators do there. */
function stage({ admin = false, readsOnly = false } = {}) {
  const conversations = new Conversations([], "ann", "lobby");
  const { current } = conversations;
  const isMe = (name: string) => keyOf(name) === "ann";
  let changes = 0;
  const acts = new Acts({ admin, readsOnly, isMe, conversations, current }, () => changes++);
  let said = 0;
  const hear = (username: string, content: string, name?: string, ahead = 0) => {
    const timestamp = new Date(Date.now() + ahead).toISOString();
    const message = { type: "chat", id: id(++said), username, name, content, timestamp, ...ROOM };
    const heard = conversations.hear(message as ChatMessage, "ann");
    if (heard) current.miss(heard.line, heard.calls);
  };
  const take = (act: object) => acts.take(act as Act);
  const moderated = (act: string, more: object = {}) =>
    take({
      ...{ type: "moderated", act, by: "mo", content: "words of the server", ...ROOM },
      ...{ timestamp: new Date().toISOString(), ...more },
    });
  const lines = () => current.lines.map(({ content }) => content);
  const hush = (conversation = current) => acts.hush(conversation)?.words;
  return { acts, conversations, current, hear, take, moderated, lines, hush, told: () => changes };
}

Deno.test("acts: what is taken back goes, is not unread any more, and leaves a note where it was", () => {
  using _time = new FakeTime();
  const { conversations, current, hear, take, lines } = stage();
  conversations.learn({ username: "mo", name: "Mo Dee" });
  current.enter({ type: "room", ...ROOM, count: 2, at: id(0), head: null });
  hear("bob", "one", "Bob Bee");
  hear("bob", "two @ann");
  hear("ann", "three");
  assertEquals([current.unread, current.calls], [2, 1]);
  take({ type: "delete", id: id(10), re: id(2), by: "mo", why: "rude", ...ROOM });
  take({ type: "delete", id: id(11), re: id(9), by: "mo", ...ROOM });
  take({ type: "delete", id: id(12), re: id(1), by: "mo", room: "den" });
  assertEquals([current.unread, current.calls], [1, 0]);
  assertEquals(lines(), ["one", "A message of bob was deleted by Mo Dee: rude", "three"]);
  take({ type: "delete", id: id(13), re: id(3), by: "ann", ...ROOM });
  take({ type: "delete", id: id(14), re: id(1), by: "mo", ...ROOM });
  assertEquals(lines(), [
    "A message of Bob Bee was deleted by Mo Dee",
    "A message of bob was deleted by Mo Dee: rude",
    "Your message was deleted by you",
  ]);
  assertEquals(current.held.atEnd, true);

  hear("bob", "four");
  const after = { ...toLine({ id: id(30), content: "five" } as ChatMessage), username: "bob" };
  current.hear(after);
  take({ type: "clear", id: id(20), by: "ann", why: "a new day", ...ROOM });
  // What was said since stands after it.
  assertEquals(lines().slice(-2), ["You cleared the room: a new day", "five"]);
  assertEquals([current.held.start, current.held.atEnd], ["nothing", true]);
  assertEquals(lines().includes("four"), false);
});

Deno.test("acts: what is taken back while it is fetched is not there", () => {
  using _time = new FakeTime();
  const { current, hear, take, lines } = stage();
  hear("bob", "three");
  const page = ["rude", "kind"].map((content, i) =>
    toLine({ id: `00${id(i).slice(2)}`, username: "bob", content } as ChatMessage)
  );
  take({ type: "delete", id: id(12), re: page[0]!.id, by: "mo", ...ROOM });
  current.fetch(page);
  assertEquals(lines(), ["kind", "three"]);
  take({ type: "clear", id: id(20), by: "mo", ...ROOM });
  current.fetch(page);
  assertEquals(lines(), ["mo cleared the room"]);
});

Deno.test("acts: what moderators did is told in words, and what holds in the room", () => {
  using time = new FakeTime();
  const { acts, conversations, current, hush, lines, moderated, take } = stage();
  conversations.learn({ username: "mo", name: "Mo Dee" });
  const until = new Date(time.now + 3_600_000).toISOString();
  moderated("kick", { username: "bob" });
  moderated("mute", { username: "bob", until, why: "loud" });
  moderated("unmute", { username: "bob" });
  moderated("ban", { username: "bob", room: undefined });
  moderated("unban", { username: "bob", by: "ann" });
  moderated("set", { topic: "boats", slow: 30, closed: true });
  moderated("praise", { username: "bob" });
  assertEquals(lines(), [
    "Mo Dee sent bob away",
    "Mo Dee muted bob for 60 minutes: loud",
    "Mo Dee let bob speak again",
    "Mo Dee banned bob, everywhere",
    "You let bob come back",
    "Mo Dee changed the room: “boats”, one message in 30 seconds, closed",
    "words of the server",
  ]);
  assertEquals(current.topic, "boats");
  assertEquals(acts.hush(current), {
    words: "This room is closed: only moderators can speak here.",
    closed: true,
  });
  moderated("set", { topic: "boats", slow: 30 });
  moderated("set", { topic: "boats", slow: 30 });
  moderated("set", { slow: 5 });
  moderated("set");
  assertEquals(lines().slice(-4), [
    "Mo Dee changed the room: open",
    "Mo Dee changed the room: “boats”, one message in 30 seconds, open",
    "Mo Dee changed the room: no topic, one message in 5 seconds",
    "Mo Dee changed the room: as many messages as one likes",
  ]);
  assertEquals([current.topic, hush()], ["", undefined]);
  take({ type: "room", topic: "ships", slow: 5, ...ROOM });
  assertEquals(current.topic, "ships");
  assertEquals(hush(), "Slow mode: one message of each in 5 seconds.");
  assertEquals(hush(conversations.open("person", "bob")), undefined);
});

Deno.test("acts: who may not speak learns why, and for how long", () => {
  using time = new FakeTime();
  const { acts, conversations, current, hear, hush, moderated, take, told } = stage();
  const bob = conversations.open("person", "bob");
  const in10 = new Date(time.now + 600_000).toISOString();
  moderated("mute", { username: "Ann", until: in10, why: "loud" });
  const words = "A moderator has muted you here: loud. You can speak again in";
  assertEquals([hush(), acts.hush(current)?.closed], [`${words} 10 minutes.`, true]);
  assertEquals(hush(bob), undefined);
  hush();
  const before = told();
  time.tick(60_000);
  assertEquals([told() - before, hush()], [1, `${words} 9 minutes.`]);
  // That it is so is told again when something is said; it is known better by then.
  take({
    type: "error",
    code: "muted",
    content: "You may not speak",
    retryAfter: 540_000,
    ...ROOM,
  });
  assertEquals(hush(), `${words} 9 minutes.`);
  time.tick(540_000);
  assertEquals(hush(), undefined);
  const refusal = "You may not speak here: a moderator has muted you: shouting";
  take({ type: "error", code: "muted", message: refusal });
  assertEquals([hush(), hush(bob)], Array(2).fill("A moderator has muted you: shouting."));
  moderated("unmute", { username: "ann", room: undefined });
  assertEquals(hush(), undefined);
  take({ type: "error", code: "muted", content: "no", retryAfter: 1_500, ...ROOM });
  assertEquals(hush(), "A moderator has muted you here. You can speak again in 2 seconds.");
  // It may have been somebody else, with all guests from there.
  moderated("unmute", { username: "bob" });
  assertEquals(hush(), undefined);
  moderated("mute", { username: "ann" });
  moderated("unmute", { username: "bob" });
  assertEquals(hush(), "A moderator has muted you here.");
  moderated("unmute", { username: "ann" });

  // A message in private that is refused says nothing of others, and nothing else of rooms.
  take({ type: "error", code: "muted", message: "no", person: "bob" });
  take({ type: "error", code: "forbidden", message: "no", person: "bob" });
  take({ type: "error", code: "too_long", message: "no", ...ROOM });
  assertEquals([hush(), hush(bob)], [undefined, undefined]);
  take({ type: "leave", username: "ann", ...ROOM });
  // What is said of a message alone is no reason to say nothing more.
  take({ type: "error", code: "forbidden", message: "Cannot say this: be kind" });
  assertEquals(hush(), undefined);
  take({ type: "error", code: "forbidden", message: "It is closed.", ...ROOM });
  assertEquals(hush(), "It is closed.");
  moderated("set");
  assertEquals(hush(), undefined);
  take({ type: "error", code: "forbidden", content: "You may not be in lobby", ...ROOM });
  assertEquals(hush(), "You may not be in lobby.");
  take({ type: "leave", username: "ann", ...ROOM });
  assertEquals(hush(), "You may not be in lobby. To go back in, choose the room in the list.");
  take({ type: "room", slow: 30, ...ROOM });
  assertEquals(hush(), "Slow mode: one message of each in 30 seconds.");
  hear("ann", "first");
  const slow = acts.hush(current);
  assertEquals(slow, {
    words: "Slow mode: one message of each in 30 seconds. You can speak again in 30 seconds.",
    closed: false,
  });
  // A server whose clock is ahead has nobody wait for longer.
  time.tick(30_001);
  assertEquals(hush(), "Slow mode: one message of each in 30 seconds.");
  hear("ann", "second", undefined, 3_600_000);
  assertEquals(acts.hush(current), slow);
  time.tick(3_600_000 + 30_001);
  assertEquals(hush(), "Slow mode: one message of each in 30 seconds.");

  const reader = stage({ readsOnly: true });
  assertEquals(reader.acts.hush(reader.current)?.closed, true);
  assertEquals(reader.hush(reader.conversations.open("person", "bob")), undefined);
  const moderator = stage({ admin: true });
  moderator.moderated("set", { slow: 5, closed: true });
  assertEquals(moderator.hush(), undefined);
});

Deno.test("acts: a time is told in whole units", () => {
  const told = [1, 59_001, 119_999, 120_000, 7_199_999, 7_200_000, 172_800_000].map(span);
  assertEquals(told, [
    ...["1 second", "60 seconds", "120 seconds", "2 minutes", "120 minutes", "2 hours", "2 days"],
  ]);
});

Deno.test("lines: those that are taken back are gone, wherever the end is", () => {
  const line = (n: number) => toLine({ id: id(n), content: "", timestamp: "" } as ChatMessage);
  const lines = new Lines();
  for (const n of [1, 2, 3]) lines.hear(line(n));
  assertEquals(lines.remove(({ id: it }) => it === id(3)).map(({ id }) => id), [id(3)]);
  assertEquals([lines.newest, lines.atEnd], [id(2), true]);
  assertEquals(lines.remove(() => false), []);
  lines.trim(id(1), 1);
  assertEquals(lines.atEnd, false);
  lines.remove(({ id: it }) => it === id(1));
  // What was said after is still to be fetched.
  assertEquals([lines.all.length, lines.newest, lines.atEnd], [0, id(2), false]);
});

Deno.test("Unread forgets what is taken back", () => {
  const unread = new Unread();
  unread.add("1", true);
  unread.add("2", false);
  unread.remove("3");
  unread.remove("1");
  assertEquals([unread.count, unread.calls, unread.first], [1, 0, "2"]);
  unread.remove("2");
  assertEquals([unread.count, unread.first], [0, ""]);
});

Deno.test("Shown knows as what people are shown, the latest of a bounded number", () => {
  const shown = new Shown();
  assertEquals(shown.of("ann"), "ann");
  shown.learn({ username: "ANN", name: "Ann Archer" });
  assertEquals([shown.of("ann"), shown.of("bob")], ["Ann Archer", "bob"]);
  shown.learn({ username: "ann" });
  assertEquals(shown.of("ann"), "ann");
  for (let n = 0; n <= 5_000; n++) shown.learn({ username: `u${n}`, name: `U ${n}` });
  assertEquals([shown.of("u0"), shown.of("u1"), shown.of("u5000")], ["u0", "U 1", "U 5000"]);
});

Deno.test("conversations: a private one is called as the other person is shown", () => {
  const conversations = new Conversations([], "ann", "lobby");
  const bob = conversations.open("person", "bob");
  conversations.learn({ username: "Bob", name: "Bob Bee" });
  assertEquals([bob.title, bob.name, conversations.shown("bob")], ["Bob Bee", "bob", "Bob Bee"]);
});
