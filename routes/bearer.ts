import type { Identifier } from "../hub/access/identifier.ts";
import { ANYBODY, type Rights } from "../hub/access/identity.ts";
import type { Soon } from "../hub/base/soon.ts";
import { parseToken } from "../messages.ts";

/** With what a subprotocol begins that is none, but a token: pages can send it in no other way. */
const OFFER = "bearer.";

/** The subprotocols as the runtime sees them: split at a comma and a space, and not otherwise. */
export function offers(headers: Headers): string[] {
  return headers.get("sec-websocket-protocol")?.split(", ") ?? [];
}

/**
 * The token that a request brings along, in `Authorization` or among the subprotocols.
 *
 * @throws {ChatError} `unauthorized` where it cannot be one
 */
export function bearerOf(headers: Headers): string | undefined {
  const [, given] = headers.get("authorization")?.match(/^bearer +(.*)$/is) ?? [];
  const token = given ??
    offers(headers).find((offer) => offer.startsWith(OFFER))?.slice(OFFER.length);
  return token === undefined ? undefined : parseToken(token);
}

/**
 * What whoever sends a request may do.
 *
 * @param identifier where there is none, nobody can prove anything, and tokens mean nothing
 * @throws {ChatError} `unauthorized`, `unavailable`
 */
export function rightsOf(headers: Headers, identifier: Identifier | undefined): Soon<Rights> {
  const token = identifier && bearerOf(headers);
  if (token === undefined) return ANYBODY;
  return identifier!.inspect(token) ?? identifier!.identify(token);
}
