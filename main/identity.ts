import type { Identifier } from "../hub/access/identifier.ts";
import type { Hub } from "../hub.ts";
import { keptSecret, type Secret, sessionKey, tokenKey } from "../routes/identity/keys.ts";
import { ProviderKeys } from "../routes/identity/provider.ts";
import { Sessions } from "../routes/identity/sessions.ts";
import { Tokens } from "../routes/identity/tokens.ts";
import type { Config } from "../routes.ts";
import type { Auth } from "./access.ts";

/**
 * Who knows people here; nobody, where they cannot prove who they are.
 *
 * @param secret is there where it is needed
 */
export async function identifierOf(
  auth: Auth | undefined,
  secret: Secret | undefined,
  log: Config["log"],
): Promise<Identifier | undefined> {
  if (!auth) return undefined;
  const { way, sessions: age, ...rules } = auth;
  const sessions = age === undefined ? undefined : { age, key: await sessionKey(secret!) };
  if (way !== "secret") return new Tokens(new ProviderKeys(way, log), { ...rules, sessions });
  const key = await tokenKey(secret!);
  return new Tokens({ of: () => key }, { ...rules, sessions });
}

/**
 * Who knows guests by the sessions that they were given.
 *
 * @param secret where there is none, the engine keeps one @param tokens knows all others
 */
export function sessionsOf(
  { access, engine: { facts } }: Hub,
  secret: Secret | undefined,
  tokens: Identifier | undefined,
): Sessions {
  return new Sessions(access, () => secret ?? keptSecret(facts), tokens);
}
