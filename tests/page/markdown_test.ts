import { assert, assertEquals } from "@std/assert";
import { Random } from "../fuzz/random.ts";
import { type Family, runs } from "../fuzz/texts.ts";
import type { Node } from "../../static/page/text/inline.js";
import { parse } from "../../static/page/text/markdown.js";

Deno.test("markdown: marks within a line", () => {
  shows({
    "*a* _b_ **c** ~~d~~ `e`": "<em>a</em> <em>b</em> <strong>c</strong> <s>d</s> <code>e</code>",
    "**a *b* c**": "<strong>a <em>b</em> c</strong>",
    "*a **b** c*": "<em>a <strong>b</strong> c</em>",
    "***a***": "<strong><em>a</em></strong>",
    "***a* b**": "<strong><em>a</em> b</strong>",
    "**_~~a~~_**": "<strong><em><s>a</s></em></strong>",
    "*a*, *b*. (*c*) “*d*” *e*'s *f*…": "<em>a</em>, <em>b</em>. (<em>c</em>) “<em>d</em>” " +
      "<em>e</em>'s <em>f</em>…",
    "这是*重点*内容": "这是<em>重点</em>内容",
    "これは**大事**です。": "これは<strong>大事</strong>です。",
    "（*a*）": "（<em>a</em>）",
    "👍*a*👍": "👍<em>a</em>👍",
    "*...and then*": "<em>...and then</em>",
    "**Note:** a": "<strong>Note:</strong> a",
    "_snake_case_": "<em>snake_case</em>",
    "*a* b*": "<em>a</em> b*",
    "*.txt and *a*": "*.txt and <em>a</em>",
    "*a **b* c**": "<em>a **b</em> c**",
    "*a `*` b*": "<em>a <code>*</code> b</em>",
    "*a https://x.org/* b*": "<em>a <a https://x.org/>https://x.org/</a></em> b*",
  });
});

Deno.test("markdown: what only looks like marks stays as it was typed", () => {
  for (
    const text of [
      ..."snake_case_name __init__ 2*3*4 f*ck_off :-* :* *.* **.** *** ** * _ ~~ ~~~ ` `` _._"
        .split(
          " ",
        ),
      ..."^_^ -_- T_T >_< o_O (*_*) *_* ¯\\_(ツ)_/¯ **/*.ts src/**/*.ts /*comment*/ a*b*c".split(
        " ",
      ),
      "2 * 3 * 4",
      "* a *",
      "** a **",
      "~a~ ~5 or ~6~",
      "'*.js' and '*.ts'",
      "*/5 * * * *",
      "int *a, *b;",
      "f(*args, **kwargs)",
      "C:\\*.*",
      "\\\\server\\share\\_x",
      "a * b_c * d_e",
      "*a\nb*",
      "`a\nb`",
      "# a",
      "a\n===",
      "| a | b |\n|---|---|",
      "![a](b.png)",
      "<b>a</b> &amp;",
      "[a] (b)",
      "[a](b)",
      "[a]()",
      "[](https:/x)",
      ">:(",
      ">a",
      ">",
      ">>> a",
      "- a",
      "1. a",
      "-a\n-b",
      "1.a\n2.b",
      "- - -\n- - -",
      "* * *\n* * *",
      "01. a\n02. b",
      "1) a\n2) b",
      "+ a\n+ b",
      "a\n\n\nb",
      "   a\n  b",
      "```",
      "``` a\nb",
      "```\n```",
      "a\n```",
      "---\n***\n___",
      " /\\_/\\\n( o.o )\n > ^ <",
    ]
  ) assertEquals(tree(text), text);
});

Deno.test("markdown: code", () => {
  shows({
    "`a*b*`": "<code>a*b*</code>",
    "``a`b``": "<code>a`b</code>",
    "`` ` ``": "<code>`</code>",
    "` a `": "<code>a</code>",
    "` a`": "<code> a</code>",
    "`C:\\`": "<code>C:\\</code>",
    "`a` b `c`": "<code>a</code> b <code>c</code>",
    "`a``b`": "<code>a``b</code>",
    "`` a `b`": "`` a <code>b</code>",
    "` `": "` `",
    "```a```": "<code>a</code>",
    "```\na\n```": "<pre>a</pre>",
    "```\n  a\n\n\tb  \n```": "<pre>  a\n\n\tb  </pre>",
    "```js\n*a*\n```\n": "<pre js>*a*</pre>",
    "```js  \na```  ": "<pre js>a</pre>",
    "```c++\na\n```": "<pre c++>a</pre>",
    "```let a = 1\nlet b```": "<pre>let a = 1\nlet b</pre>",
    "````\n```\na\n```\n````": "<pre>```\na\n```</pre>",
    "```\na\n````": "<pre>a</pre>",
    "Look: ```js\na\n```\nand": "<p>Look: </p><pre js>a</pre><p>and</p>",
    "a\n\n```\nb\n```\n\n\nc\nd": "<p>a</p><pre>b</pre><p>c\nd</p>",
    "```\na\n```\n```\nb\n```": "<pre>a</pre><pre>b</pre>",
    "```\n> a\n- b\n```": "<pre>> a\n- b</pre>",
    "````\na\n```\nb\n```": "<p>````\na</p><pre>b</pre>",
    "x```\na\n```": "x```\na\n```",
    "say ``` to begin\n```": "say ``` to begin\n```",
    "\\```\na\n```": "```\na\n```",
  });
});

Deno.test("markdown: quotes and lists", () => {
  shows({
    "> a": "<blockquote><p>a</p></blockquote>",
    "> a\n>\n> b\nc": "<blockquote><p>a\n\nb</p></blockquote><p>c</p>",
    "a\n> *b*": "<p>a</p><blockquote><p><em>b</em></p></blockquote>",
    "> > a\n> b": "<blockquote><blockquote><p>a</p></blockquote><p>b</p></blockquote>",
    "> > > > a":
      "<blockquote><blockquote><blockquote><p>> a</p></blockquote></blockquote></blockquote>",
    "> ```\n> a\n> ```": "<blockquote><pre>a</pre></blockquote>",
    "> ```\na\n```": "<blockquote><p>```</p></blockquote><p>a\n```</p>",
    "> - a\n> - b": "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>",
    ">\n> a": "<p>></p><blockquote><p>a</p></blockquote>",
    "\\> a": "> a",
    "- a\n* *b*": "<ul><li>a</li><li><em>b</em></li></ul>",
    "1. a\n1. b\n7. c": "<ol><li 1>a</li><li 1>b</li><li 7>c</li></ol>",
    "a:\n- b\n- c\n\nd": "<p>a:</p><ul><li>b</li><li>c</li></ul><p>d</p>",
    "- a\n  b\n- c": "<ul><li>a\nb</li><li>c</li></ul>",
    "- a\n  - b\n    - c\n      - d\n  - e\n- f":
      "<ul><li>a<ul><li>b<ul><li>c</li><li>d</li></ul></li><li>e</li></ul></li><li>f</li></ul>",
    "1. a\n   - b\n2. c": "<ol><li 1>a<ul><li>b</li></ul></li><li 2>c</li></ol>",
    "- a\n\t- b": "<ul><li>a<ul><li>b</li></ul></li></ul>",
    "  - a\n- b\n  - c\n - d": "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
    "- a\n1. b": "<ul><li>a</li></ul><ol><li 1>b</li></ol>",
    "1. a\n\n2. b\n3. c": "<p>1. a</p><ol><li 2>b</li><li 3>c</li></ol>",
    "\\- a\n\\- b": "- a\n- b",
  });
});

Deno.test("markdown: a backslash takes a sign's meaning, and is one where there is none", () => {
  shows({
    "\\*a\\*": "*a*",
    "\\**a*": "*<em>a</em>",
    "\\_a\\_ \\~~b\\~~": "_a_ ~~b~~",
    "\\`a\\`": "`a`",
    "\\[a](https://x.org/)": "[a](<a https://x.org/>https://x.org/</a>)",
    "a\\b \\ \\\\ \\n \\[a]": "a\\b \\ \\\\ \\n \\[a]",
  });
});

Deno.test("markdown: no text takes much more time than an ordinary one", () => {
  const ordinary = "Hi **Ann**, see `main.ts` and https://example.org/:\n- *one*\n- two\n\n> yes\n";
  const read = ordinary.repeat(LONG / ordinary.length);
  for (const { name, make } of hostile(new Random(13))) {
    const text = make(LONG);
    // A busy machine can only make times longer, and not again and again.
    let times = Infinity;
    for (let i = 0; i < 9 && times > SLOW; i++) times = Math.min(times, time(text) / time(read));
    assert(times <= SLOW, `${name} takes ${times.toFixed(1)} times as long`);
  }
});

Deno.test("markdown: no text nests deeply", () => {
  const depth = (node: Node): number =>
    typeof node === "string" ? 0 : 1 + Math.max(0, ...node.children.map(depth));
  // Three quotes, three lists with their items, one mark of each kind, and a link with code.
  const most = 3 + 6 + 4 + 2;
  const marked = "**~~*_[`a`](https://a.b)_*~~**";
  const items = Array.from({ length: 5 }, (_, i) => `> > > ${"  ".repeat(i)}- ${marked}`);
  assertEquals(Math.max(...parse(items.join("\n")).map(depth)), most);
  for (const { make } of hostile(new Random(14))) {
    for (const mark of parse(make(4_000))) assert(depth(mark) <= most);
  }
});

Deno.test("markdown: no word is lost", () => {
  const random = new Random(Number(Deno.env.get("SEED") ?? 15));
  for (let i = 0; i < 20_000; i++) {
    const text = random.some(ATOMS, 14).join("");
    // The words of a link that are its address are not said twice.
    if (/\[http/i.test(text)) continue;
    assertEquals(letters(parse(text).map(words).join("")), letters(text), JSON.stringify(text));
  }
});

/** UTF-16 units of a text whose time would show that it grows with the square of them. */
const LONG = 16_384;
/** Times as long as an ordinary text that only such a text takes. */
const SLOW = 8;

/** How many milliseconds it takes to read a text. */
function time(text: string): number {
  const start = performance.now();
  parse(text);
  return performance.now() - start;
}

/** What texts are made of that somebody has to read. */
const ATOMS = [
  ..."ab1 \n*_~`\\[]()<>-.,:!\t",
  ..."** *** ~~ `` ``` **** > # ](https://a https://b http:// [a](https://a.b/c) \\* \\`".split(
    " ",
  ),
  ..."👍 你 。 （ ） ́ \u202e \ud83d".split(" "),
  ...["> ", "\n> ", "\n- ", "\n  - ", "\n    * ", "\n1. ", "\n```", "\n```js\n", "```\n", "a\n"],
];

/** Texts that have made other readers of Markdown slow, of every size. */
function* hostile(random: Random): Iterable<Family> {
  for (const atom of ATOMS) yield runs(atom, "a", atom, "b");
  for (const sign of ["*", "**", "_", "~~"]) yield runs(`${sign}a `, "a", ` a${sign}`, "");
  // An escaped backtick, and one that looks like the end of many.
  yield runs("\\``", "", "", "");
  const some = (most: number) => random.some(ATOMS, most).join("");
  for (let i = 0; i < 150; i++) yield runs(some(4), some(2), some(4), some(2));
  const growing: [name: string, step: (number: number, size: number) => string][] = [
    ["longer and longer code", (number) => `${"`".repeat(number)} `],
    ["longer and longer fences", (number) => `${"`".repeat(number)}\n`],
    [
      "shorter and shorter fences",
      (number, size) => `${"`".repeat(Math.max(3, Math.sqrt(2 * size) - number))}\n`,
    ],
    ["fences without an end", (number) => `\`\`\`\`x${number}\n`],
    ["deeper and deeper lists", (number) => `${"  ".repeat(number)}- a\n`],
    ["deeper and deeper quotes", (number) => `${"> ".repeat(number)}a\n`],
    ["marks within each other", (number) => ["*", "**", "_", "~~"][number % 4] + "a "],
  ];
  for (const [name, step] of growing) {
    yield {
      name,
      make: (size) => {
        let text = "";
        for (let number = 1; text.length < size; number++) text += step(number, size);
        return text;
      },
    };
  }
}

const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, "");

/** Everything of a tree that was typed, but for the signs. */
function words(node: Node): string {
  if (typeof node === "string") return node;
  const { children, address, number, language } = node;
  const inner = children.map(words).join("");
  const beyond = address !== undefined && children[0] !== address ? address : "";
  return `${number ?? ""} ${language ?? ""} ${inner} ${beyond}\n`;
}

/** Blocks and marks as tags, and a message that is one paragraph without them. */
function tree(content: string): string {
  const marks = parse(content);
  const nodes = marks.length === 1 && marks[0]!.tag === "p" ? marks[0]!.children : marks;
  return nodes.map(tagged).join("");
}

function tagged(node: Node): string {
  if (typeof node === "string") return node;
  const { tag, children, address, number, language } = node;
  const extra = [tag, address ?? number ?? language].filter((part) => part !== undefined);
  return `<${extra.join(" ")}>${children.map(tagged).join("")}</${tag}>`;
}

function shows(cases: Record<string, string>) {
  for (const [content, shown] of Object.entries(cases)) assertEquals(tree(content), shown, content);
}
