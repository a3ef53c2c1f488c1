import type { Resume } from "../../messages.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Place } from "./batch.ts";
import type { Feed } from "./feed.ts";
import type { Log } from "./log.ts";

/** Where a client stands in what it reads from now on. */
export interface Entered {
  /** Id of the newest entry it has read; what it is sent comes after it. */
  at: string;
  /** Is nothing lost of what it missed? Undefined where it did not ask for that. */
  resumed?: boolean;
}

/** Where a client begins to read. */
export interface Beginning extends Omit<Entered, "at"> {
  /** @default from now on */
  at?: string;
}

/** Says of a place whether it is known what came after it. */
export type Knows = (place: string) => boolean;

/** Chat messages that are not held and are brought nevertheless to who comes back. */
const NEAR = 10_000;

/** Finds where a client is to begin: with what it missed, or with the newest messages. */
export function beginning(
  log: Log,
  { since, last = 0 }: Resume,
  knows: Knows,
): Soon<Beginning> {
  if (since === undefined) return last === 0 ? {} : whenThere(log.before(last), (at) => ({ at }));
  const anew = () => whenThere(log.before(log.history), (at) => ({ at, resumed: false }));
  if (!holds(log, since, knows)) return anew();
  const isNear = log.isNear(since, NEAR);
  return whenThere(isNear, (isNear) => isNear ? { at: since, resumed: true } : anew());
}

/**
 * Lets a feed read a log from a beginning on, through what is live.
 *
 * @param end what came after it is live
 */
export function follow(
  log: Log,
  feed: Feed,
  { at, resumed }: Beginning,
  { heard }: Place = log.end,
): Entered {
  const after = at ?? heard;
  feed.follow(log, { after, heard });
  return { at: after, resumed };
}

/** Is everything after an id kept? Nobody can say of an id that was never given out. */
export function holds({ floor }: { floor: string }, since: string, knows: Knows): boolean {
  return since >= floor && knows(since);
}
