import type { Page } from "../hub/base/sorted.ts";
import { parseCount } from "../messages.ts";

/** Entries of a list that are told at once, where the query names no number. */
const USUAL = 200;
/** The most it can name. */
const MOST = 1_000;

/**
 * The part of a list that a query asks for: `limit` entries after the name in `after`.
 *
 * @param read gives a page of the list, sorted by name
 * @returns `next`: the name after which it goes on; none at the end
 * @throws {ChatError} `bad_message`
 */
export function listing<T>(
  query: URLSearchParams,
  read: (page: Page) => T[],
  nameOf: (entry: T) => string,
): { entries: T[]; next?: string } {
  const limit = query.get("limit");
  const most = limit === null ? USUAL : parseCount("limit", limit, 1, MOST);
  // One more than wanted: is there any?
  const entries = read({ after: query.get("after") ?? undefined, most: most + 1 });
  if (entries.length <= most) return { entries };
  entries.pop();
  return { entries, next: nameOf(entries.at(-1)!) };
}
