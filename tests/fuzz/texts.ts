import type { Random } from "./random.ts";

/** What texts are made of: whatever some reader of texts, names, JSON, headers or URLs has to look at. */
export const ATOMS = [
  ..."aAz019 .,:;=/&+*-_@#%?|'\"\\{}[]()<>\t\n\r\0\x7f",
  ...'\\\\ \\" \\u0041 %20 %00 %E0 W/ q= ":" "," {} [] true 1e9 chat.v1 upgrade text/html'.split(
    " ",
  ),
  ...[", ", "; "],
  // White space, and what cannot be seen.
  ..."\u00a0\u3000\u2028\ufeff\u200b\u200c\u200d\u202e\ufe0f\u3164",
  // Marks of several classes, and two in an order that is not theirs.
  ..."\u0301\u0323\u0345\u3099\u0f39\u094d",
  "\u0301\u0323",
  // What NFKC and changes of case make longer or shorter.
  ..."ﷺİßΐΣﬃ가\u1100\u1161",
  ...["👩", "🏽", "ا", "क", "\ud800", "\udc00", "\u{e0041}", "\u{1d15f}", "\u0600", "\u0378"],
];

/** A kind of text that there is in every size. */
export interface Family {
  name: string;
  /** A text of about so many UTF-16 units. */
  make(size: number): string;
}

/** Long runs: of each atom, at the start and in between, and of what chance puts together. */
export function* families(random: Random, chances: number): Iterable<Family> {
  for (const atom of ATOMS) yield runs(atom, "a", atom, "b");
  // V8 gives short texts of digits a hash that anybody can work out.
  for (const step of [1, ...COLLIDING]) yield numbers(step);
  const some = (most: number) => random.some(ATOMS, most).join("");
  for (let i = 0; i < chances; i++) yield runs(some(4), some(2), some(4), some(2));
}

/** One thing again and again, and then another. */
export function runs(first: string, middle: string, second: string, end: string): Family {
  const run = (unit: string, size: number) => unit && unit.repeat(size / 2 / unit.length);
  return {
    name: [first, middle, second, end].map((text) => JSON.stringify(text)).join(" … "),
    make: (size) => run(first, size) + middle + run(second, size) + end,
  };
}

/** Which of these have multiples that are slow to tell apart depends on how many texts the runtime knows. */
export const COLLIDING = [65_536, 131_072, 262_144, 524_288];

/** A list of many different numbers in quotes. */
export function numbers(step: number): Family {
  return {
    name: `multiples of ${step}`,
    make: (size) => {
      let list = '"0"';
      for (let at = 1; list.length < size; at++) list += `,"${at * step}"`;
      return list;
    },
  };
}
