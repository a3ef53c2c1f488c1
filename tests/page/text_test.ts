import { assertEquals } from "@std/assert";
import { excerpt, mentions } from "../../static/page/text/text.js";

Deno.test("text: an @ and a name call somebody, as a word of its own", () => {
  const cases: [name: string, called: string[], not: string[]][] = [
    ["Ann", [
      "@Ann",
      "@ann",
      "@ANN: look",
      "(@Ann)",
      "Thanks @Ann.",
      "Thanks @Ann...",
      "@Ann's idea",
      "@Ann, @Bob!",
      "@Bob/@Ann",
      "@Ann/@Bob",
      "**@Ann**",
      "_@Ann_",
      "> @Ann",
      "- @Ann\n- @Bob",
      "`a` @Ann `b`",
      "@Ann👍",
      "👍@Ann",
      "你好@Ann你好",
      "@Annさん",
      "＠Ａｎｎ",
      "@A\u200Bnn",
      "@annette or @Ann",
      "Hello\n@Ann",
    ], [
      "Ann",
      "@ Ann",
      "@annette",
      "bob@ann.example",
      "bob@ann",
      "@ann.example",
      "@ann-x",
      "@ann_x",
      "@ann2",
      "@ann@example.org",
      "@ann/parser",
      "@Ann\u0301",
      "`@Ann`",
      "```\n@Ann\n```",
      "https://example.org/@Ann",
      "[@Ann](https://example.org/)",
    ]],
    ["Ann B.", ["@Ann B.", "@ann b., look", "@Ann\u00a0B."], ["@Ann B", "@Ann", "@Ann B.C."]],
    ["Straße", ["@STRASSE"], ["@Strasser"]],
    ["田中", ["@田中さん", "今日は@田中"], ["@田"]],
    ["민수", ["@민수야"], ["@민"]],
    ["👩‍💻", ["Hi @👩‍💻!"], ["@👩"]],
  ];
  for (const [name, called, not] of cases) {
    for (const content of called) assertEquals(mentions(content, name), true, content);
    for (const content of not) assertEquals(mentions(content, name), false, content);
  }
});

Deno.test("text: an excerpt is one line and ends between characters", () => {
  assertEquals(excerpt("Hello", 5), "Hello");
  assertEquals(excerpt("Hello!", 5), "Hell…");
  assertEquals(excerpt("Hello you", 7), "Hello…");
  assertEquals(excerpt(" One\n\n two\tthree ", 50), "One two three");
  assertEquals(excerpt("", 5), "");
  for (const emoji of ["👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇨🇭", "👍🏽", "e\u0301", "각"]) {
    assertEquals(excerpt(emoji.repeat(10), 10), emoji.repeat(10));
    assertEquals(excerpt(emoji.repeat(11), 10), `${emoji.repeat(9)}…`);
    assertEquals(excerpt(emoji.repeat(250), 10), `${emoji.repeat(9)}…`);
  }
  assertEquals(excerpt("a" + "\u0301".repeat(4_000), 10), "…");
  assertEquals(excerpt("ab" + "\u0301".repeat(4_000), 10), "a…");
});

Deno.test("text: an excerpt has the words, and no marks", () => {
  const cases = {
    "**bold** ~~gone~~ `code`\n```js\na * b\n```": "bold gone code a * b",
    "> No!\n\nYes.": "“No!” Yes.",
    "> > a\n> b\n\nc": "““a” b” c",
    "To do:\n- a\n  - b\n- c": "To do: a b c",
    "1. a\n2. b": "1. a 2. b",
    "[the **list**](https://example.org/), https://example.org/a_b":
      "the list, https://example.org/a_b",
    "2 * 3 * 4 ¯\\_(ツ)_/¯": "2 * 3 * 4 ¯\\_(ツ)_/¯",
  };
  for (const [content, words] of Object.entries(cases)) {
    assertEquals(excerpt(content, 50), words, content);
  }
});
