import type { Identifier } from "../hub/access/identifier.ts";
import { type Secret, sessionKey, tokenKey } from "../routes/identity/keys.ts";
import { ProviderKeys } from "../routes/identity/provider.ts";
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
