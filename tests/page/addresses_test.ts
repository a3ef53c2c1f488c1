import { assertEquals } from "@std/assert";
import type { Node } from "../../static/page/text/inline.js";
import { parse } from "../../static/page/text/markdown.js";

const BIRD = "https://en.wikipedia.org/wiki/Jay_(bird)";

Deno.test("addresses: they end where a reader would end them", () => {
  const cases: [content: string, ...addresses: string[]][] = [
    ["https://example.org", "https://example.org"],
    ["HTTP://EXAMPLE.ORG/A, https://b.example!", "HTTP://EXAMPLE.ORG/A", "https://b.example"],
    [`(${BIRD})`, BIRD],
    [`see ${BIRD}, or (${BIRD}).`, BIRD, BIRD],
    ["[https://example.org/a[1]]", "https://example.org/a[1]"],
    ["(https://example.org/a)b", "https://example.org/a"],
    ["https://example.org/a…", "https://example.org/a"],
    [
      "“https://example.org/a” «https://example.org/b»",
      "https://example.org/a",
      "https://example.org/b",
    ],
    ["<https://example.org/a>", "https://example.org/a"],
    ["https://example.org/a?!?", "https://example.org/a"],
    ["*https://example.org/*", "https://example.org/"],
    ["https://example.org/_a_*b*~~c", "https://example.org/_a_*b*~~c"],
    ["看https://example.org/路径。好", "https://example.org/路径"],
    ["https://example.org/ダ・ヴィンチ", "https://example.org/ダ・ヴィンチ"],
    ..."。，、！？：；）」』】》〉〕］｝　“”".split("").map((end): [string, string] => [
      `https://example.org/a${end}b`,
      "https://example.org/a",
    ]),
    ["（https://example.org/a）", "https://example.org/a"],
    ["https://example.org/a\u202Egpj.exe", "https://example.org/a"],
    ["https://example.org/a\u200Bb", "https://example.org/a"],
    ["https://نامه\u200cای.example/", "https://نامه\u200cای.example/"],
    ["https://example.org:8080/?q=ä&x=1#top.", "https://example.org:8080/?q=ä&x=1#top"],
    ["https://medium.com/@ann/a", "https://medium.com/@ann/a"],
    ["https://l·l.example/a∕b", "https://l·l.example/a∕b"],
  ];
  for (const [content, ...addresses] of cases) assertEquals(links(content), addresses, content);
});

Deno.test("addresses: what leads nowhere, or hides where it leads, is text", () => {
  for (
    const content of [
      "example.org ftp://example.org mailto:a@example.org javascript:alert(1) xhttps://example.org",
      "https:// https://) http://[ https:/x",
      "https://bank.example@evil.example/",
      "https://bank.example:1@evil.example/",
      "https://bank.example\\@evil.example/",
      ..."⁄∕⧸╱".split("").map((slash) => `https://bank.example${slash}a.evil.example/`),
      "[a](https://bank.example∕a.evil.example/)",
      `https://${"a".repeat(256)}/`,
      "https://exa%00mple.org/",
    ]
  ) assertEquals(links(content), [], content);
});

Deno.test("addresses: words can be a link to the web", () => {
  assertEquals(parse(`[a *b* \`c\`](${BIRD}), d`), [{
    tag: "p",
    children: [
      {
        tag: "a",
        children: ["a ", { tag: "em", children: ["b"] }, " ", { tag: "code", children: ["c"] }],
        address: BIRD,
      },
      ", d",
    ],
  }]);
  assertEquals(links("[a](https://example.org/.) [b](HTTPS://example.org)"), [
    "https://example.org/.",
    "HTTPS://example.org",
  ]);
  for (
    const content of [
      "[a](javascript:alert(1))",
      "[a](data:text/html,b)",
      "[a](mailto:a@example.org)",
      "[a](/b)",
      "[a]( https:)",
      "[…](https://)",
      "[a](https://bank.example@evil.example/)",
      "[a](https://)",
    ]
  ) assertEquals(links(content), [], content);
  // No words, none that end, a title, or a picture: the address alone is one.
  for (
    const content of [
      "[](https://a.b)",
      "[!](https://a.b)",
      "[a](https://a.b",
      '[a](https://a.b "c")',
      "[a[b]](https://a.b)",
      "[a] (https://a.b)",
      "![a](https://a.b)",
    ]
  ) {
    assertEquals(parse(content).flatMap(words), ["https://a.b"], content);
  }
});

/** The addresses that are links. */
function links(content: string): string[] {
  const found = (node: Node): string[] => {
    if (typeof node === "string") return [];
    return [...(node.address === undefined ? [] : [node.address]), ...node.children.flatMap(found)];
  };
  return parse(content).flatMap(found);
}

/** What the links say. */
function words(node: Node): string[] {
  if (typeof node === "string") return [];
  if (node.tag === "a") return node.children.map(String);
  return node.children.flatMap(words);
}
