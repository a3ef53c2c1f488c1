import { ChatError } from "../../messages.ts";
import type { Soon } from "../base/soon.ts";
import type { Identity } from "./identity.ts";

/** Knows people by what they bring along: a token, or the session of a guest. */
export interface Identifier {
  /**
   * Looks at what can be seen of it at once, so that nobody is kept waiting for what is none.
   *
   * @returns who brings it, where that is enough
   * @throws {ChatError} `unauthorized`
   */
  inspect(token: string): Identity | void;

  /** Who brings it. @throws {ChatError} `unauthorized`; `unavailable` where it cannot be told for the moment */
  identify(token: string): Soon<Identity>;

  /**
   * With what somebody can come back as who they are, opaque to them; nothing where there is no need.
   *
   * @throws {ChatError} `unavailable`
   */
  session(who: Identity): Soon<string | undefined>;
}

/** What is told to who brings a token where nobody can prove anything by one. */
export function noTokens(): ChatError {
  return new ChatError("unauthorized", "Cannot use a token here: this server knows none");
}
