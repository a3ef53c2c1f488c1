import type { Soon } from "../base/soon.ts";
import type { Entry } from "./batch.ts";

/** What is known of a channel. */
export interface Past {
  /** Id of the newest message there ever was; an empty text where there was none, or nothing is known. */
  newest: string;
  /** Id of the newest message that is not kept any more, or an empty text. */
  lost: string;
  /** Everything after this id is kept, or was never said. Before it nothing is known. */
  floor: string;
}

/** Where a window onto a channel begins. */
export interface Origin extends Past {
  /** Where messages are kept longer than windows hold them. */
  archive?: Archive;
}

/** Which messages of a channel: the oldest after `since` where that is given, else the newest before `before`. */
export interface Query {
  since?: string;
  before?: string;
  /** At most so many. */
  limit: number;
  /** At most about so many bytes of them, but one at least. @default any */
  bytes?: number;
}

/** Some messages of a channel, oldest first. */
export interface Page extends Past {
  entries: Entry[];
  /** Is this everything that is kept between `since` and `before`? */
  whole: boolean;
}

/** What is kept of a channel, back to the first message. */
export interface Archive {
  /** @throws {ChatError} `unavailable` */
  page(query: Query): Soon<Page>;
  /** How many messages came after an id; nobody counts beyond `most`. @throws {ChatError} `unavailable` */
  count(since: string, most: number): Soon<number>;
  /** The place before the newest `count` messages; the floor where there are no more. @throws {ChatError} `unavailable` */
  before(count: number): Soon<string>;
}
