import { assertEquals } from "@std/assert";
import { FakeTime } from "@std/testing/time";
import { ways } from "../../static/page/attention/attention.js";
import { Conversation } from "../../static/page/model/conversation.js";
import { Gathering, type Heard } from "../../static/page/attention/gathering.js";
import type { Line } from "../../static/page/model/lines.js";
import { headline } from "../../static/page/attention/notices.js";
import { sentence } from "../../static/page/attention/speech.js";
import { sum, titleOf } from "../../static/page/attention/tally.js";

const lobby = new Conversation("room", "lobby");
const bob = new Conversation("person", "Bob");

/** Something that Bob says. */
function heard(conversation: Conversation, content: string, calls = false): Heard {
  const id = { key: content, order: content, time: 0 };
  const line: Line = { ...id, kind: "chat", username: "Bob", content };
  return { conversation, line, calls };
}

Deno.test("page: who is told of what, and how", () => {
  const places = {
    here: { shown: true, visible: true, lookedAt: true },
    elsewhere: { shown: false, visible: true, lookedAt: true },
    beside: { shown: true, visible: true, lookedAt: false },
    hidden: { shown: false, visible: false, lookedAt: false },
  };
  const table: [keyof typeof places, "call" | "chatter", "all" | "calls" | "none", string][] = [
    // What is in front of somebody is spoken, and no more.
    ["here", "chatter", "all", "speak"],
    ["here", "call", "all", "speak"],
    ["here", "call", "calls", "speak"],
    ["here", "chatter", "none", "speak"],
    // Of other conversations, only what calls.
    ["elsewhere", "chatter", "all", ""],
    ["elsewhere", "call", "all", "speak sound"],
    ["elsewhere", "call", "calls", "speak sound"],
    ["elsewhere", "call", "none", "speak"],
    // On a second screen, it is there to be read, and somebody may be told as well.
    ["beside", "chatter", "all", "speak sound notify"],
    ["beside", "chatter", "calls", "speak"],
    ["beside", "call", "calls", "speak sound notify"],
    ["beside", "call", "none", "speak"],
    ["hidden", "chatter", "all", "sound notify"],
    ["hidden", "chatter", "calls", ""],
    ["hidden", "call", "all", "sound notify"],
    ["hidden", "call", "calls", "sound notify"],
    ["hidden", "call", "none", ""],
  ];
  const told = table.map(([place, what, wish]) => {
    const chosen = Object.entries(ways({ ...places[place], calls: what === "call", wish }))
      .filter(([, chosen]) => chosen).map(([way]) => way);
    return [place, what, wish, chosen.join(" ")];
  });
  assertEquals(told, table);
});

Deno.test("page: the title tells who is called from who is not", () => {
  const place = "#lobby · Ann · Parley";
  const counts = [{ unread: 3, calls: 1 }, { unread: 4, calls: 0 }, { unread: 1, calls: 1 }];
  assertEquals(sum(counts), { unread: 8, calls: 2 });
  assertEquals(sum([]), { unread: 0, calls: 0 });
  assertEquals(titleOf(place, { unread: 0, calls: 0 }), place);
  assertEquals(titleOf(place, { unread: 8, calls: 0 }), `(8) ${place}`);
  assertEquals(titleOf(place, { unread: 8, calls: 2 }), `(2 for you) ${place}`);
});

Deno.test("page: what screen readers say of what was gathered", () => {
  const say = (conversation: Conversation, calls: boolean, count: number) =>
    sentence({ ...heard(conversation, "Look **here**", calls), count });
  assertEquals(say(lobby, false, 1), "Bob: Look here");
  assertEquals(say(lobby, false, 2), "2 new messages in #lobby. Bob: Look here");
  assertEquals(say(lobby, true, 1), "Bob mentioned you in #lobby: Look here");
  assertEquals(say(lobby, true, 2), "2 messages for you in #lobby. Bob: Look here");
  assertEquals(say(bob, false, 1), "Bob: Look here");
  assertEquals(say(bob, false, 2), "2 new messages from Bob. Bob: Look here");
  assertEquals(say(bob, true, 1), "Private message from Bob: Look here");
  assertEquals(say(bob, true, 2), "2 private messages from Bob: Look here");
});

Deno.test("page: a notification says in its title whether it is for somebody", () => {
  assertEquals(headline(heard(lobby, "x")), "Bob in #lobby");
  assertEquals(headline(heard(lobby, "x", true)), "Bob mentioned you in #lobby");
  assertEquals(headline(heard(bob, "x", true)), "Bob (private)");
});

Deno.test("page: what is heard in a short while is told together, and what calls wins", () => {
  using time = new FakeTime();
  const told: string[] = [];
  const ending = new AbortController();
  const gathering = new Gathering(100, (all) => {
    const words = all.map(({ conversation, line, calls, count }) =>
      `${conversation.title} ${line.content} ${calls} ${count}`
    );
    told.push(words.join(", "));
  }, ending.signal);
  for (const content of ["one", "two", "three"]) gathering.add(heard(lobby, content));
  gathering.add(heard(bob, "psst", true));
  time.tick(99);
  assertEquals(told, []);
  time.tick(1);
  assertEquals(told, ["#lobby three false 3, Bob psst true 1"]);
  gathering.add(heard(lobby, "four"));
  gathering.add(heard(lobby, "@Ann", true));
  gathering.add(heard(lobby, "@Ann?", true));
  gathering.add(heard(lobby, "five"));
  time.tick(100);
  assertEquals(told.slice(1), ["#lobby @Ann? true 2"]);
  gathering.add(heard(lobby, "read elsewhere"));
  gathering.add(heard(bob, "unread", true));
  gathering.drop((conversation) => conversation === lobby);
  time.tick(100);
  assertEquals(told.slice(2), ["Bob unread true 1"]);
  gathering.add(heard(lobby, "never told"));
  ending.abort();
  time.tick(100);
  assertEquals(told.length, 3);
});
