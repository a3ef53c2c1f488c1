/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import type { AxeResults } from "axe-core";
import type { Person } from "./support.ts";

/** What axe looks for: what the guidelines ask for, and what is good besides. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Has axe check the page as it is now, once everything that fades in is there. */
export async function inspect({ page }: Person, state: string) {
  const { default: axe } = await import("axe-core");
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
  await page.evaluate(axe.source);
  const { violations }: AxeResults = await page.evaluate(
    (rules) => Reflect.get(globalThis, "axe").run(document, { runOnly: rules }),
    RULES,
  );
  const faults = violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html }) => html).join(" ")}`
  );
  assertEquals(faults, [], state);
}
