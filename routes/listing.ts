import type { Hub } from "../hub.ts";
import type { Part } from "../hub/base/sorted.ts";
import type { Company } from "../hub/engine/company.ts";
import { ChatError, parseCount } from "../messages.ts";
import { optional } from "./query.ts";

/** Entries of a list that are told at once, where the query names no number. */
const USUAL = 200;
/** The most it can name. */
const MOST = 1_000;

/**
 * The part of a list that a query asks for: `limit` entries after the name in `after`, and one more, which
 * shows whether there are any.
 *
 * @throws {ChatError} `bad_message`
 */
export function partOf(query: URLSearchParams): Part {
  const most = optional(query.get("limit"), (n) => parseCount("limit", n, 1, MOST)) ?? USUAL;
  return { after: query.get("after") ?? undefined, most: most + 1 };
}

/**
 * Of whom a query asks: of everybody, or with `scope=node` of those who are in this process.
 *
 * @throws {ChatError} `bad_message`
 */
export function scopeOf(query: URLSearchParams, { here, everywhere }: Hub): Company {
  const scope = query.get("scope");
  if (scope === null || scope === "all") return everywhere;
  if (scope === "node") return here;
  throw new ChatError("bad_message", `The scope must be node or all, not "${scope}"`);
}

/**
 * A part of a list without the entry that is one too many.
 *
 * @returns `next`: the name after which it goes on; none at the end
 */
export function listing<T>({ most }: Part, part: T[], nameOf: (entry: T) => string) {
  const entries = part.slice(0, most - 1);
  return { entries, next: part.length < most ? undefined : nameOf(entries.at(-1)!) };
}

/**
 * A part of a list that is there as a whole.
 *
 * @param all sorted by name
 */
export function listingOf<T>(part: Part, all: T[], nameOf: (entry: T) => string) {
  const { after, most } = part;
  const rest = after === undefined ? all : all.filter((entry) => nameOf(entry) > after);
  return listing(part, rest.slice(0, most), nameOf);
}
