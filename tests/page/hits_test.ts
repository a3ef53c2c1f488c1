import { assertEquals, assertRejects } from "@std/assert";
import { Conversation } from "../../static/page/model/conversation.js";
import type { Line } from "../../static/page/model/lines.js";
import { excerptOf, search, SHOWN, wordsOf } from "../../static/page/dialogs/hits.js";

const { signal } = new AbortController();

/** A conversation in which Bob says things, one a second. */
function talk(name: string, start: number, ...contents: string[]): Conversation {
  const conversation = new Conversation("room", name);
  contents.forEach((content, index) => {
    const time = start + 1_000 * index;
    const line: Line = {
      key: `${time}`,
      id: `${time}`,
      order: `${time}`,
      kind: "chat",
      username: "Bob",
      content,
      time,
    };
    conversation.hear(line);
  });
  return conversation;
}

/** What was found, with ‹ › around hits. */
const marked = (text: string, query: string) =>
  excerptOf(text, wordsOf(query)).map(({ text, hit }) => hit ? `‹${text}›` : text).join("");

Deno.test("page: messages with all words are found in all conversations, newest first", async () => {
  const lobby = talk("lobby", 0, "Cake at noon", "No cake", "CAKE, at NOON!");
  const garden = talk("garden", 1_500, "at noon: cake", "cake");
  lobby.note("error", "cake at noon");
  const find = async (query: string) => {
    const { hits, count } = await search([lobby, garden], wordsOf(query), signal);
    assertEquals(count, hits.length);
    return hits.map(({ conversation, line }) => `${conversation.name}: ${line.content}`);
  };
  assertEquals(await find("noon  Cake"), [
    "lobby: CAKE, at NOON!",
    "garden: at noon: cake",
    "lobby: Cake at noon",
  ]);
  assertEquals(await find("bob no"), [
    "lobby: CAKE, at NOON!",
    "garden: at noon: cake",
    "lobby: No cake",
    "lobby: Cake at noon",
  ]);
  assertEquals(await find("bob cake x"), []);
});

Deno.test("page: of many hits the newest are shown, and all are counted", async () => {
  const many = talk("lobby", 0, ...Array.from({ length: SHOWN + 1 }, (_, index) => `hit ${index}`));
  const { hits, count } = await search([many], ["hit"], signal);
  assertEquals([hits.length, count], [SHOWN, SHOWN + 1]);
  assertEquals(hits[0]?.line.content, `hit ${SHOWN}`);
});

Deno.test("page: a long search lets others in, and stops when it is no longer wanted", async () => {
  const long = talk("lobby", 0, ...Array.from({ length: 900 }, () => "Straße ".repeat(500)));
  const ending = new AbortController();
  const running = search(Array(20).fill(long), ["strasse"], ending.signal);
  setTimeout(() => ending.abort());
  await assertRejects(() => running, DOMException);
});

Deno.test("page: words are marked as they were written", () => {
  assertEquals(marked("Cake, cupCAKE and pie", "cake pie"), "‹Cake›, cup‹CAKE› and ‹pie›");
  assertEquals(marked("In der Straße", "strasse"), "In der ‹Straße›");
  assertEquals(marked("İstanbul, i\u0307stanbul", "istanbul"), "‹İstanbul›, ‹i\u0307stanbul›");
  assertEquals(marked("ΣΊΣΥΦΟΣ", "σίσυφος"), "‹ΣΊΣΥΦΟΣ›");
  assertEquals(marked("aaaa", "aa a"), "‹aaaa›");
  assertEquals(marked("two\n\nlines", "lines"), "two  ‹lines›");
  assertEquals(marked("said by Bob", "ann"), "said by Bob");
});

Deno.test("page: an excerpt begins a little before its first hit and cuts nothing in two", () => {
  const family = "👩‍👩‍👧";
  const text = `${family.repeat(100)}hit${family.repeat(300)}`;
  assertEquals(
    marked(text, "hit"),
    `…${family.repeat(40)}‹hit›${family.repeat(180 - 43)}…`,
  );
  assertEquals(marked(`${"a".repeat(40)}b`, "b"), `${"a".repeat(40)}‹b›`);
  assertEquals(marked("a".repeat(180), "x"), "a".repeat(180));
  assertEquals(marked("a".repeat(181), "x"), `${"a".repeat(180)}…`);
});

Deno.test("page: a search has each of its words once, however it is written", () => {
  assertEquals(wordsOf("  Straße STRASSE\tcake "), ["strasse", "cake"]);
  assertEquals(wordsOf(" "), []);
});
