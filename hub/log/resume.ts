import type { Resume } from "../../messages.ts";
import type { Feed } from "./feed.ts";
import type { Ids } from "./ids.ts";
import type { Log } from "./log.ts";

/** Where a client stands in what it reads from now on. */
export interface Entered {
  /** Id of the newest entry it has read; what it is sent comes after it. */
  at: string;
  /** Is nothing lost of what it missed? Undefined where it did not ask for that. */
  resumed?: boolean;
}

/** Lets a feed read a log from where a client wants it: first what it missed, then what is live. */
export function follow(log: Log, feed: Feed, { since, last = 0 }: Resume, ids: Ids): Entered {
  const { heard } = log.end;
  if (since === undefined) {
    const at = last === 0 ? heard : log.before(last);
    feed.follow(log, { after: at, heard });
    return { at };
  }
  const resumed = holds(log, since, ids);
  const at = resumed ? since : log.floor;
  feed.follow(log, { after: at, heard });
  return { at, resumed };
}

/** Is everything after an id held? Nobody can say of an id that was never given out. */
export function holds({ floor }: { floor: string }, since: string, ids: Ids): boolean {
  return since >= floor && ids.gave(since);
}
