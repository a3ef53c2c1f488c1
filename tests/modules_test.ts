import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Node, parse } from "acorn";
import { needs, slim } from "../routes/modules.ts";
import { files } from "../routes/pages.ts";

/** What a module means: its syntax tree, without where in the text things are. */
function meaning(text: string): Node {
  const tree = parse(text, { sourceType: "module", ecmaVersion: "latest" });
  return JSON.parse(
    JSON.stringify(tree, (key, value) => {
      if (key === "start" || key === "end") return undefined;
      return typeof value === "bigint" ? `${value}n` : value;
    }),
  );
}

Deno.test("slim() leaves what our modules mean, and takes a third of them", () => {
  const modules = [...files].filter(([path]) => path.endsWith(".js")) as [string, string][];
  assert(modules.length > 10);
  let [before, after] = [0, 0];
  for (const [path, text] of modules) {
    assertEquals(meaning(slim(text)), meaning(text), `${path}: slim() must be able to read it`);
    before += text.length;
    after += slim(text).length;
  }
  assert(after < before * .7, `${after} of ${before} characters are left`);
  // That is how it would be noticed.
  const harmed = "const text = `\n  two lines`;";
  assertNotEquals(meaning(slim(harmed)), meaning(harmed));
});

Deno.test("slim() takes out comments and indentation", () => {
  for (
    const [text, left] of [
      ["/** A.\n * B.\n */\nlet a = /** @type {A} */ (b);\n", "let a =  (b);\n"],
      ["  // c\nlet a;\n\n  // d\n\n  let b; // e\n", "let a;\nlet b; // e\n"],
      ['let a = "http://b";\n', 'let a = "http://b";\n'],
      ["/* A */\n\na {\n  b: c;\n}\n", "a {\nb: c;\n}\n"],
    ] as const
  ) assertEquals(slim(text), left);
});

Deno.test("needs() follows every import that is made before a module runs", () => {
  const texts = new Map([
    ["top.js", 'import "./page/a.js";\nimport {\n  one,\n  two,\n} from "./page/b.js";\n'],
    ["page/a.js", 'export { x } from "./c.js";\nconst later = () => import("./later.js");\n'],
    ["page/b.js", 'import c from "./c.js";\nexport const path = "./no.js";\n'],
    ["page/c.js", 'import * as top from "../top.js";\n/** @type {import("./no.js").No} */\n'],
    ["page/later.js", 'import "./d.js";\n'],
  ]);
  assertEquals([...needs("top.js", texts)], ["top.js", "page/a.js", "page/c.js", "page/b.js"]);
  assertThrows(() => needs("page/later.js", texts), Error, "there is no page/d.js");
});
