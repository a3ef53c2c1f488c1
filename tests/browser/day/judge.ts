/**
 * Whether what a page shows of a conversation is what was said there.
 *
 * @module
 */
import type { Ledger, Said } from "./ledger.ts";
import type { Row, Scroll } from "./walk.ts";

/** What a conversation should be, as far as it is known. */
export interface Truth {
  place: string;
  ledger: Ledger;
  /** All of this must be there. */
  held: readonly Said[];
}

/**
 * What is wrong with what is shown; nothing, if nothing is.
 *
 * Nothing may be there twice, out of order, or without having been said. Where something is missing
 * in the middle, the page must say so.
 */
export function judge({ rows, start, fault }: Scroll, { place, ledger, held }: Truth): string[] {
  const faults: string[] = fault ? [fault] : [];
  const lasting = rows.filter(({ kind }) => kind !== "pending" && kind !== "failed");
  for (const [index, { order, text }] of lasting.entries()) {
    const above = lasting[index - 1];
    if (above && above.order >= order) faults.push(`out of order: ${text}`);
  }
  const texts = new Set<string>();
  for (const { text } of said(rows)) {
    if (texts.has(text)) faults.push(`twice: ${text}`);
    texts.add(text);
  }

  const shown = said(lasting);
  const ids = new Set(shown.map(({ order }) => order));
  const missing = held.filter(({ id }) => !ids.has(id));
  if (missing.length > 0) {
    const [first, last] = [missing[0]!, missing.at(-1)!].map(({ id }) => id);
    const all = `${held.length} from ${held[0]!.id} to ${held.at(-1)!.id}`;
    const between = `from ${shown[0]?.order} to ${shown.at(-1)?.order}`;
    faults.push(`missing: ${missing.length} from ${first} to ${last}, of ${all}`);
    faults.push(`though there are ${shown.length} ${between}, below: ${start}`);
  }
  for (const { order, text } of shown) {
    const content = ledger.get(place, order)?.content;
    if (content === text || (content === undefined && ledger.mayHave(order))) continue;
    faults.push(content ? `changed: ${content} to ${text}` : `never said: ${order} ${text}`);
  }
  if (place.startsWith("room:")) {
    faults.push(...holes(lasting, ledger.of(place)));
    if (shown.length > 0 && start === "") faults.push("nothing is said before the first line");
  }
  return faults.map((words) => `${place}: ${words}`);
}

/** Where lines are missing between others, and nothing says so. */
function* holes(rows: Row[], all: readonly Said[]): Generator<string> {
  let above: Row | undefined;
  let gap = false;
  for (const row of rows) {
    if (row.kind === "gap") gap = true;
    if (row.kind !== "said") continue;
    const missing = above ? all.filter(({ id }) => above!.order < id && id < row.order) : [];
    if (missing.length > 0 && !gap) {
      yield `a hole that is not told: ${missing.length} between ${above!.text} and ${row.text}`;
    }
    above = row;
    gap = false;
  }
}

const said = (rows: Row[]) => rows.filter(({ kind }) => kind === "said");
