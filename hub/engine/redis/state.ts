import type { Entry } from "../../log/batch.ts";

/** How a channel stands in Redis. */
export interface State {
  /** Its newest id, of whatever was said or told; an empty text where nothing is known of it. */
  last: string;
  /** Its newest message, and the newest that is not kept any more; or an empty text. */
  newest: string;
  lost: string;
  /** Notices there have been that are missed where they are not told. */
  notices: number;
  /** Whoever knows of a message from before this place knows that it was forgotten since. */
  born: string;
}

/** How a channel stands, and what comes after a place: all of it, or the oldest of that. */
export interface Part extends State {
  entries: Entry[];
  whole: boolean;
}
