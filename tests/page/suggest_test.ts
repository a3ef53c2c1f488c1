import { assertEquals } from "@std/assert";
import { allEmoji } from "../../routes/emoji.ts";
import { Emoji } from "../../static/page/messages/emoji.js";
import { SUGGESTED, suggestNames, wanted } from "../../static/page/messages/suggest.js";

/** What is wanted where a caret, written as ¦, stands. */
function at(text: string): string | undefined {
  const found = wanted(text.replace("¦", ""), text.indexOf("¦"));
  return found && `${found.kind} ${found.start} ${found.query}${found.ended ? ":" : ""}`;
}

Deno.test("page: a name is wanted after @ and letters, an emoji after a colon and two", () => {
  const wishes: [string, string | undefined][] = [
    ["@a¦", "name 0 a"],
    ["Hi @an¦", "name 3 an"],
    ["Hi\n@Bob Sm¦", "name 3 Bob Sm"],
    ["@¦", undefined],
    ["@ a¦", undefined],
    ["@an¦na", undefined],
    ["@an¦ is here", "name 0 an"],
    ["@one and @two¦", "name 9 two"],
    ["@one\n¦", undefined],
    [`@${"a".repeat(41)}¦`, `name 0 ${"a".repeat(41)}`],
    [`@${"a".repeat(42)}¦`, undefined],
    ["bob@ann.example¦", undefined],
    ["Zoë@ann¦", undefined],
    ["7@ann¦", undefined],
    ["https://example.com/@ann¦", undefined],
    ["(@ann¦", "name 1 ann"],
    ["“@ann¦", "name 1 ann"],
    ["**@ann¦", "name 2 ann"],
    ["> @ann¦", "name 2 ann"],
    ["你好@ann¦", "name 2 ann"],
    ["好。@ann¦", "name 2 ann"],
    [":sm¦", "emoji 0 sm"],
    ["Yes! :+1¦", "emoji 5 +1"],
    [":Smi¦", "emoji 0 Smi"],
    [":smile:¦", "emoji 0 smile:"],
    [":s¦", undefined],
    [":sm¦ile", undefined],
    ["¦:smile", undefined],
    ["12:30¦", undefined],
    ["a:30¦", undefined],
    ["http://ex¦", undefined],
    ["Note: ok¦", undefined],
    ["::ok¦", undefined],
    ["std::fmt¦", undefined],
    ["@Bob :sm¦", "emoji 5 sm"],
    ["`@ann¦", undefined],
    ["`one @ann¦", undefined],
    ["one\n`two @ann¦", undefined],
    ["`code` @ann¦", "name 7 ann"],
    ["``a` @ann¦", "name 5 ann"],
    ["`one\n@ann¦", "name 5 ann"],
    ["```\n@ann¦", undefined],
    ["  ```js\n:sm¦", undefined],
    ["```\ncode\n```\n@ann¦", "name 13 ann"],
  ];
  for (const [text, wish] of wishes) assertEquals(at(text), wish, text);
});

Deno.test("page: names are suggested by how they begin, then by how a later word does", () => {
  const names = ["Smith", "bob smith", "BOB", "Zoë", "Bobby", "Bob Jones", "Jacob"];
  const bobs = { names: ["BOB", "bob smith", "Bobby", "Bob Jones"], isName: true };
  assertEquals(suggestNames("bob", names), bobs);
  assertEquals(suggestNames("bo", names).names, ["bob smith", "BOB", "Bobby", "Bob Jones"]);
  assertEquals(suggestNames("Bob S", names), { names: ["bob smith"], isName: false });
  assertEquals(suggestNames("sm", names).names, ["Smith", "bob smith"]);
  assertEquals(suggestNames("ZOË", names), { names: [], isName: true });
  assertEquals(suggestNames("Bob ", ["Bob", "Bob Jones"]), { names: [], isName: true });
  assertEquals(suggestNames("Bob ", ["Bobby", "Bob Jones"]).names, ["Bob Jones"]);
  assertEquals(suggestNames("x", names), { names: [], isName: false });
});

Deno.test("page: a name that is there twice is suggested once, and only a few are", () => {
  assertEquals(suggestNames("an", ["Ann", "ANN", "Anne"]).names, ["Ann", "Anne"]);
  const many = Array.from({ length: 20 }, (_, index) => `Guest ${index}`);
  assertEquals(suggestNames("g", many).names, many.slice(0, SUGGESTED));
});

Deno.test("page: emoji are suggested by name, by what they are about, and by parts of a name", () => {
  const emoji = new Emoji([
    ["🧡", "orange_heart", ""],
    ["💓", "heartbeat", "love"],
    ["❤️", "heart", "love"],
    ["💘", "cupid", "love heart"],
    ["👍", "+1 thumbsup", "ok"],
    ["🙂", "slightly_smiling_face", ""],
  ]);
  const names = (query: string) => emoji.suggest(query).map(({ name }) => name);
  assertEquals(names("HEA"), ["heart", "heartbeat", "cupid", "orange_heart"]);
  assertEquals(emoji.suggest("thumb"), [{ emoji: "👍", name: "thumbsup", rank: 0 }] as never);
  assertEquals(names("lov"), ["heart", "cupid", "heartbeat"]);
  assertEquals(names("smil"), ["slightly_smiling_face"]);
  assertEquals(names("miling"), []);
  assertEquals(emoji.get("Heart"), "❤️");
  assertEquals(emoji.get("hear"), undefined);
});

Deno.test("page: the server's emoji are those of GitHub", () => {
  const emoji = new Emoji(JSON.parse(allEmoji));
  for (
    const [name, picture] of [["tada", "🎉"], ["+1", "👍"], ["joy", "😂"], [
      "non-potable_water",
      "🚱",
    ]]
  ) {
    assertEquals(emoji.get(name!), picture);
  }
  assertEquals(emoji.suggest("party")[0]?.emoji, "🥳");
  assertEquals(emoji.suggest("a").length, SUGGESTED);
});
