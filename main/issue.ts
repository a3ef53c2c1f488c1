import { type JWTPayload, SignJWT } from "jose";
import { identityOf } from "../routes/identity/claims.ts";
import { tokenKey } from "../routes/identity/keys.ts";
import { ChatError, LIMITS } from "../messages.ts";
import { SECRET_VARIABLE, type SecretSource } from "./access.ts";
import { environment } from "./environment.ts";
import { FlagError } from "./flags.ts";
import { readSecret } from "./secret.ts";

/** What is said of whose tokens a server takes. */
export interface Issuer {
  "auth-issuer"?: string;
  "auth-audience"?: string;
  "secret-file"?: string;
}

/** A token, and how to end it before its time. */
export interface Issued {
  token: string;
  id: string;
  /** When it ends by itself. */
  until: Date;
}

/**
 * Signs a token as a server with `--auth secret` takes it.
 *
 * @param age milliseconds for which it is good
 * @throws {FlagError} where no server would take it, or there is no secret
 */
export async function issue(claims: JWTPayload, age: number, issuer: Issuer): Promise<Issued> {
  const key = await tokenKey(readSecret(sourceOf(issuer["secret-file"])));
  const id = crypto.randomUUID();
  const now = Math.floor(Date.now() / 1_000);
  const all = {
    ...claims,
    ...{ jti: id, iat: now, exp: now + age / 1_000 },
    ...{ iss: issuer["auth-issuer"], aud: issuer["auth-audience"] },
  };
  try {
    identityOf(all, 0);
  } catch (error) {
    if (error instanceof ChatError) throw new FlagError(error.message);
    throw error;
  }
  const token = await new SignJWT(all).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(key);
  if (token.length > LIMITS.token) throw new FlagError("These are too many rooms for one token");
  return { token, id, until: new Date(all.exp * 1_000) };
}

function sourceOf(file: string | undefined): SecretSource {
  if (file !== undefined) return { file, name: "--secret-file" };
  const { [SECRET_VARIABLE]: text } = environment([SECRET_VARIABLE]);
  if (text !== undefined) return { text };
  throw new FlagError(`needs ${SECRET_VARIABLE} or --secret-file FILE: that of the server`);
}
