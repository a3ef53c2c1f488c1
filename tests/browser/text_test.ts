import { assert, assertEquals } from "@std/assert";
import type { AxeResults } from "axe-core";
import { Program } from "../program.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";

/** Everything that can be marked. */
const SAID = [
  "**Release** at _five_, ~~six~~ o'clock. Run `deno task ok` first, see " +
  "[the *whole* checklist](https://example.org/check?list=1).",
  "Steps:\n1. Write it\n2. Test it\n   - on the desktop\n   - on a phone, where lines are shorter\n3. Send it",
  "> Who tests?\n> > And who looks?\n\nI do, both.",
  "```ts\nconst message = await room.hear(frame); // and obey\n```",
  "```\nshort\n```",
  `https://example.org/${"long".repeat(40)}`,
  "🎉🎉",
  "مرحبا! هذا `رمز`\n- واحد\n- اثنان\n\nThis line is English.",
];

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(
    `page: marked text is shown as what it is, in ${colorScheme} colours`,
    inChromium,
    async () => {
      await using server = await Program.start(["--rate", "0"]);
      await using browser = await launch();
      const viewport = { width: 320, height: 800 };
      await using ann = await Person.enter(browser, server.url, "Ann", { colorScheme, viewport });
      await using bob = await Person.enter(browser, server.url, "Bob");
      const { page } = ann;
      for (const text of SAID) await bob.say(text);
      await bob.say("> @Ann `x`\n- a [b](https://x.org)\n- c\n```\ncode\n```");
      for (const text of SAID) await ann.say(text);
      const bubbles = page.locator(".bubble");
      await until("all are there", async () => await bubbles.count() === 2 * SAID.length + 1);

      // Nothing is wider than the window but long code, which scrolls.
      const widths = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assertEquals(await widths(), 0);
      for (const bubble of await bubbles.all()) {
        assert(await bubble.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
      }
      const long = page.locator(".own pre", { hasText: "await" });
      await long.scrollIntoViewIfNeeded();
      await page.locator(".own pre[tabindex]", { hasText: "await" }).waitFor();
      await page.locator(".own pre:not([tabindex])", { hasText: "short" }).waitFor();
      await long.focus();
      await page.keyboard.press("ArrowRight");
      await until("it scrolls", () => long.evaluate(({ scrollLeft }) => scrollLeft > 0));
      await inspect(ann);
      await picture(ann, `text-${colorScheme}-narrow`);

      await page.setViewportSize({ width: 390, height: 1700 });
      await picture(ann, `text-${colorScheme}-phone`);
      await page.setViewportSize({ width: 1280, height: 1300 });
      await picture(ann, `text-${colorScheme}-desktop`);
      // Where there is room for its lines, it is no stop for the keyboard.
      await page.locator(".own pre:not([tabindex], [role])", { hasText: "await" }).waitFor();
    },
  );
}

Deno.test(
  "page: a copy has names, times and words, and no pictures or signs",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob B.");
    await bob.say("One");
    await ann.sees("One");
    await bob.say("Two:\n1. **a**\n2. `b`\n\n```js\nc\n\nd\n```");
    await ann.sees("Two");
    await ann.say("Three");
    await ann.page.locator(".own.sent").waitFor();
    const copied = await ann.page.evaluate(() => {
      getSelection()!.selectAllChildren(document.getElementById("lines")!);
      return getSelection()!.toString();
    });
    const lines = copied.replace(/\d\d:\d\d/g, "12:34").split("\n").filter((line) => line.trim());
    assertEquals(lines.slice(lines.indexOf("Bob B. joined") + 1), [
      ...["Bob B. 12:34", "One", "Two:", "1. a", "2. b", "c", "d"],
      ...["You 12:34", "Three"],
    ]);
  },
);

/** Has axe check what was said. */
async function inspect({ page }: Person) {
  const { default: axe } = await import("axe-core");
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
  await page.evaluate(axe.source);
  const { violations }: AxeResults = await page.evaluate(() =>
    Reflect.get(globalThis, "axe").run("#timeline")
  );
  const faults = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  assertEquals(faults, []);
}
