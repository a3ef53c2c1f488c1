import type { Resume } from "../messages.ts";
import type { Feed } from "./feed.ts";
import type { Ids } from "./ids.ts";
import type { Log } from "./log.ts";

/**
 * Lets a feed read a log from where a client wants it: first what it missed, then what is live.
 *
 * @returns is nothing lost of what it missed? Undefined where no `since` was given
 */
export function follow(
  log: Log,
  feed: Feed,
  { since, last = 0 }: Resume,
  ids: Ids,
): boolean | undefined {
  const live = log.end;
  if (since === undefined) {
    feed.follow(log, { after: last === 0 ? live : log.before(last), live });
    return undefined;
  }
  const resumed = holds(log, since, ids);
  feed.follow(log, { after: resumed ? since : log.lost, live });
  return resumed;
}

/** Is everything after an id held? Nobody can say of an id of the future: it was never given out. */
export function holds(log: Log, since: string, ids: Ids): boolean {
  return since >= log.floor && since <= ids.newest;
}
