/**
 * What the server can be told of a service that is asked about messages.
 *
 * @module
 */
import type { FilterOptions } from "../hub/access/filter.ts";
import { type Call, FlagError, optional } from "./flags.ts";
import { service, whole, word } from "./values.ts";

/** The flags of the server about it. */
export const FILTER = {
  filter: optional(
    "URL",
    "service that is asked about each message before it is said",
    "none",
    service,
  ),
  "filter-timeout": optional(
    "MS",
    "with --filter: milliseconds that an answer may take",
    "1000",
    whole(1, 60_000),
  ),
  "filter-fail": optional(
    "HOW",
    "with --filter: where there is no answer, messages are said (open) or refused (closed)",
    "closed",
    word(["open", "closed"] as const),
  ),
};

/** How it is asked; nothing where none is. @throws {FlagError} */
export function readFilter({ given, nameOf }: Call<typeof FILTER>): FilterOptions | undefined {
  const { filter: url, "filter-timeout": timeout, "filter-fail": fail } = given;
  if (url !== undefined) return { url, timeout, fail };
  if (timeout !== undefined) throw new FlagError(`${nameOf("filter-timeout")} needs --filter URL`);
  if (fail !== undefined) throw new FlagError(`${nameOf("filter-fail")} needs --filter URL`);
}
