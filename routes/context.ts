import type { Rights } from "../hub/access/identity.ts";
import type { Hub } from "../hub.ts";
import type { Turnstile } from "../hub/conversation/turnstile.ts";
import type { Config, Info } from "./config.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Open } from "./rounds.ts";
import type { Visitor } from "./visitor.ts";

/** What goes on at this moment. */
export interface State {
  /** Everything that goes on until it is closed: conversations and event streams. */
  readonly open: Set<Open>;
  /** What the runtime holds of these, and of those that are over at our end only. */
  readonly descriptors: Descriptors;
  /** Through which conversations come and go. */
  readonly turnstile: Turnstile;
  draining: boolean;
  /** When it began, by `clock.now`. */
  readonly started: number;
}

/** What a handler gets. */
export interface Context {
  request: Request;
  url: URL;
  /** The variable parts of the path. */
  params: Record<string, string | undefined>;
  hub: Hub;
  config: Config;
  state: State;
  visitor: Visitor;
  /** What they may do; of a WebSocket it is not known yet. */
  who: Rights;
  info: Partial<Info>;
}

/** Answers a request. */
export type Handler = (context: Context) => Response | Promise<Response>;
