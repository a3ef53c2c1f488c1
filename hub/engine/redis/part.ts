import type { Part } from "../../base/sorted.ts";
import { type Link, Script } from "./link.ts";
import partText from "./part.lua" with { type: "text" };

const PART = new Script(partText);
/** Names on one page. */
const PAGE = 1_001;

/** Some names of a sorted set, and how many all are. @throws {Error} */
export async function partOf(
  link: Link,
  key: string,
  { after = "", most }: Part,
  until: number,
): Promise<{ count: number; found: string[] }> {
  const answer = await link.run(PART, [key], [after, Math.min(most, PAGE)], until);
  const [count, ...found] = answer as [number, ...string[]];
  return { count, found };
}
