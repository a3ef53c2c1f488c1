import { HEAD, pairsOf, type Piece, piecesOf, termOf } from "./terms.ts";

/** A part of a text: where it begins and where it ends, in UTF-16 units. */
export type Span = [start: number, end: number];

/** A piece that must be in a text: a run as a part of one, and a word whole or as the beginning of one. */
type Wanted = Pick<Piece, "kind" | "text"> & { begins?: boolean };

/** Most terms that the index is asked for: each takes time, and who finds too much looks again. */
const ASKED = 16;

/**
 * What somebody looks for, from what they typed. None of it is an instruction: what is no word, run or
 * picture is passed over. All the rest must be in a text, in any order; the last word may go on there,
 * as it is perhaps not typed to its end, if it has two letters.
 */
export class Sought {
  readonly #wanted: Wanted[];
  /** Terms that the index has of each text in which all of it is. */
  readonly terms: string[];
  /** What some terms of each such text begin with. */
  readonly beginnings: string[];

  constructor(typed: string) {
    this.#wanted = [...piecesOf(typed)];
    const last = this.#wanted.at(-1);
    if (last?.kind === "word" && last.text.length >= HEAD) last.begins = true;
    const terms = new Set<string>();
    const beginnings = new Set<string>();
    for (const { kind, text, begins } of this.#wanted) {
      const pairs = pairsOf(text);
      if (kind !== "run") (begins ? beginnings : terms).add(termOf(text));
      else if (pairs.length === 1) beginnings.add(pairs[0]!);
      else for (const pair of pairs.slice(0, -1)) terms.add(pair);
    }
    this.terms = [...terms].slice(0, ASKED);
    this.beginnings = [...beginnings].slice(0, ASKED);
  }

  /** Is nothing looked for? */
  get empty(): boolean {
    return this.#wanted.length === 0;
  }

  /** Where all of it is in a text, in order; undefined where some of it is not. */
  find(text: string): Span[] | undefined {
    const missing = new Set(this.#wanted);
    const spans: Span[] = [];
    for (const piece of piecesOf(text)) {
      for (const wanted of this.#wanted) {
        const found = spansIn(piece, wanted);
        if (found.length > 0) missing.delete(wanted);
        spans.push(...found);
      }
    }
    if (missing.size === 0) return spans.sort(([a], [b]) => a - b);
  }
}

/** Where a piece is what is wanted, or a run has it. */
function spansIn({ kind, text, start, end }: Piece, wanted: Wanted): Span[] {
  if (kind !== wanted.kind) return [];
  if (kind !== "run") {
    const found = wanted.begins ? text.startsWith(wanted.text) : text === wanted.text;
    return found ? [[start, end]] : [];
  }
  const spans: Span[] = [];
  for (let at = text.indexOf(wanted.text); at >= 0; at = text.indexOf(wanted.text, at + 1)) {
    spans.push([start + at, start + at + wanted.text.length]);
  }
  // Where a character became two, or two one, nobody knows which they were.
  return spans.length > 0 && text.length !== end - start ? [[start, end]] : spans;
}
