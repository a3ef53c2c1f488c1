import type { Family } from "./texts.ts";

/** Something that reads a text. */
export interface Target {
  name: string;
  /** Makes ready what the text stands in, and gives what reads it. */
  reading(text: string): () => unknown;
}

/** UTF-16 units of the longest text: less than a frame may have, so that many can be tried. */
const LONG = 16_384;
/** How many times shorter the short text is that the long one is compared with. */
const SHORTER = 8;
/** Times as long as reading nothing, and writing the text as JSON, that are suspicious. */
const SUSPICIOUS = 30;
/** Where the time grows with the text it takes 8 times as long for the long one, with its square 64 times. */
const GROWTH = 20;
/** A slow or busy machine can only make times longer: the least of so many is near the truth. */
const RUNS = 5;

/**
 * Looks for a target and texts that slow it down more than their length does. Times are only compared
 * with times of the same moment.
 *
 * @returns what was found, in words
 */
export async function overgrown(
  targets: Target[],
  families: Iterable<Family>,
): Promise<string | undefined> {
  const idle = new Map<Target, number>();
  for (const target of targets) idle.set(target, await least(target, ""));
  for (const family of families) {
    const text = family.make(LONG);
    const once = await least(WRITER, text);
    for (const target of targets) {
      const limit = (once + idle.get(target)!) * SUSPICIOUS;
      if (await least(target, text, 1) < limit || await least(target, text) < limit) continue;
      // Bad luck does not come again and again.
      const found = await growth(target, family) && await growth(target, family) &&
        await growth(target, family);
      if (found) return found;
    }
  }
}

/** Writes a text as JSON: a fast way to go through it once, without anything to warm up. */
const WRITER: Target = { name: "JSON", reading: (text) => () => JSON.stringify(text) };

async function growth(target: Target, family: Family): Promise<string | undefined> {
  const short = await least(target, family.make(LONG / SHORTER));
  const long = await least(target, family.make(LONG));
  if (long < short * GROWTH) return undefined;
  const times = `${short.toFixed(2)} ms and, ${SHORTER} times as long, ${long.toFixed(2)} ms`;
  return `${target.name} takes ${times} for ${family.name}`;
}

/** The least time of some runs, in milliseconds. */
async function least({ reading }: Target, text: string, runs = RUNS): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < runs; i++) {
    const read = reading(text);
    const start = performance.now();
    await read();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
