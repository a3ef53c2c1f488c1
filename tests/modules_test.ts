import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type Identifier, type Node, parse } from "acorn";
import { join, slim } from "../routes/modules.ts";
import { modules } from "../routes/pages.ts";

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
  assert(modules.size > 10);
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

/** Runs a module, and gives what it exports. */
const run = async (text: string) =>
  await import(`data:text/javascript,${encodeURIComponent(text)}`);

Deno.test("join() makes one of all modules that are needed at once, each once", async () => {
  const joined = join(
    "page/top.js",
    new Map([
      [
        "page/top.js",
        'import { one } from "./deep/a.js";\nimport {\n  b as two,\n} from "../b.js";\n' +
        "export const sum = one() + two;\n",
      ],
      [
        "page/deep/a.js",
        'import { b } from "../../b.js";\nconst x = 1;\nexport function one() {\nreturn x + b;\n}\n' +
        'export const later = () => import("../far/late.js");\n',
      ],
      ["b.js", "const x = 10;\nlet count = 0;\nexport const b = x * ++count;\nexport class C {}\n"],
      [
        "page/far/late.js",
        'import { sum } from "../top.js";\nimport { b as ten } from "../../b.js";\n' +
        'import { own } from "../own.js";\nexport const all = [sum, ten, own];\n',
      ],
      ["page/own.js", "export const own = 7;\n"],
      ["early.js", 'const no = "module";\n'],
    ]),
  );
  assertEquals([...joined.keys()], ["page/top.js", "page/far/late.js", "page/own.js", "early.js"]);
  const { b_js, page_top_js, page_deep_a_js } = await run(joined.get("page/top.js")!);
  assertEquals([page_top_js.sum, b_js.b, page_deep_a_js.one()], [21, 10, 11]);
  assertEquals(Object.keys(b_js), ["b", "C"]);
  assertEquals(joined.get("early.js"), 'const no = "module";\n');
  // Who comes later finds what is there already.
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/page/far`, { recursive: true });
    for (const [path, text] of joined) await Deno.writeTextFile(`${folder}/${path}`, text);
    const { page_deep_a_js } = await import(`file://${folder}/page/top.js`);
    const { all } = await page_deep_a_js.later();
    assertEquals(all, [21, 10, 7]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("join() refuses what imports a module that is not there", () => {
  for (const text of ['import { b } from "./page/b.js";\n', 'import("./page/b.js");\n']) {
    const modules = new Map([["a.js", text]]);
    assertThrows(() => join("a.js", modules), Error, "there is no page/b.js");
  }
});

Deno.test("join() understands all that our modules import and export", () => {
  const joined = join("page/app.js", modules).get("page/app.js")!;
  // What is not understood stays in a function, where an import or export is an error.
  parse(joined, { sourceType: "module", ecmaVersion: "latest" });
  const scopes = /^const (\w+) = \(\(\) => \{\n[^]*?^return \{ (.*) \};\n\}\)\(\);$/gm;
  const given = new Map([...joined.matchAll(scopes)].map(([, module, names]) => [module, names]));
  assert(given.size > 10);
  for (const [path, text] of modules) {
    const names = given.get(path.replace(/\W/g, "_"));
    const { body } = parse(text, { sourceType: "module", ecmaVersion: "latest" });
    const exported = body.flatMap((each) => {
      if (each.type !== "ExportNamedDeclaration") return [];
      const { declaration } = each;
      assert(declaration, `${path}: it may only export what it declares`);
      if ("id" in declaration) return [declaration.id.name];
      return declaration.declarations.map(({ id }) => (id as Identifier).name);
    });
    if (names !== undefined) assertEquals([path, names], [path, exported.join()]);
  }
});
