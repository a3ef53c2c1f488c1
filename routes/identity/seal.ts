/**
 * What this server signs itself, for people to come back with: a token of a type of its own, by a key of
 * its own.
 *
 * @module
 */
import { decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { clock } from "../../hub/base/clock.ts";

const alg = "HS256";

/**
 * Signs something.
 *
 * @param typ what it is good for; {@linkcode unseal} takes no other
 * @param until when it ends, in milliseconds since the epoch
 */
export function seal(
  key: CryptoKey,
  typ: string,
  claims: JWTPayload,
  until: number,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, typ })
    .setExpirationTime(Math.ceil(until / 1_000)).sign(key);
}

/** What was sealed. @throws {Error} where it was not, or has ended */
export async function unseal(key: CryptoKey, typ: string, token: string): Promise<JWTPayload> {
  const options = { typ, algorithms: [alg], requiredClaims: ["exp"] };
  const currentDate = new Date(clock.date());
  return (await jwtVerify(token, key, { ...options, currentDate })).payload;
}

/** Does a token say that it is sealed as something? Whether that is true is not looked at. */
export function isSealed(token: string, typ: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === typ;
  } catch {
    return false;
  }
}
