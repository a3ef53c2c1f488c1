import type { Span } from "./sought.ts";

/** How much of a text is shown, in UTF-16 units. */
const SHOWN = 160;
/** How much of it before what was found first. */
const BEFORE = 40;

const segmenter = new Intl.Segmenter("en");

/**
 * A part of a text, about what was found first in it, as pieces: each second one, from the second on, is
 * what was found. No character is cut in two, and where the text goes on there are three dots.
 *
 * @param found where it is, in order; not empty
 */
export function snippetOf(text: string, found: Span[]): string[] {
  const characters = segmenter.segment(text);
  /** Where the character begins that is there. */
  const down = (at: number) => characters.containing(at)?.index ?? text.length;
  /** Where the next one begins, if none begins there. */
  const up = (at: number) => {
    const { index, segment } = characters.containing(at) ?? { index: text.length, segment: "" };
    return index === at ? index : index + segment.length;
  };

  const first = found[0]![0];
  const most = Math.max(0, Math.min(first - BEFORE, text.length - SHOWN));
  const begin = Math.min(up(most), down(first));
  const end = down(begin + SHOWN);
  const pieces: string[] = [];
  let at = begin;
  for (const [start, stop] of found) {
    const from = Math.max(at, down(start));
    const to = Math.min(end, up(stop));
    if (from >= to) continue;
    pieces.push(text.slice(at, from), text.slice(from, to));
    at = to;
  }
  pieces.push(text.slice(at, end));
  if (begin > 0) pieces[0] = `…${pieces[0]}`;
  if (end < text.length) pieces.push(`${pieces.pop()}…`);
  return pieces;
}
