/** What SECURITY.md says is there. */
import { assertEquals, assertGreater } from "@std/assert";
import { attacks } from "./hostile/attacks.ts";
import { root } from "./program.ts";
import { granted } from "./support.ts";

Deno.test(
  "SECURITY.md names attacks and tests that there are, and every line of what is defended some",
  { ignore: !granted("read") },
  async () => {
    const text = await Deno.readTextFile(new URL("SECURITY.md", root));
    const names = new Set(attacks.map(({ name }) => name));
    const rows = text.split("\n").filter((line) => line.startsWith("| ")).slice(1);
    const [, ...defended] = rows.map((line) => line.split("|").map((cell) => cell.trim()));
    assertGreater(defended.length, 10);
    for (const [, what, , shown = ""] of defended) {
      const named = [...shown.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
      assertEquals(named.filter((name) => !names.has(name)), [], what);
      assertGreater(shown.length, 0, what);
    }
    for (const [, path] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      await Deno.stat(new URL(path!, root));
    }
  },
);
