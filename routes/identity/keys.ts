/**
 * Keys that are made of a secret, each for one purpose: what is signed with one of them never passes for
 * something else.
 *
 * @module
 */
import { hkdfSync } from "node:crypto";
import { base64url } from "jose";
import { type Soon, whenThere } from "../../hub/base/soon.ts";
import type { Facts } from "../../hub/engine/facts.ts";

const HMAC = { name: "HMAC", hash: "SHA-256", length: 256 };
const USES: KeyUsage[] = ["sign", "verify"];

/** A secret, as bytes. */
export type Secret = Uint8Array<ArrayBuffer>;

/** Signs tokens, and invitations: whoever knows the secret can make some, with any library (HS256). */
export function tokenKey(secret: Secret): Promise<CryptoKey> {
  const { name, hash } = HMAC;
  return crypto.subtle.importKey("raw", secret, { name, hash }, false, USES);
}

/** Signs sessions, which only this server gives out. */
export async function sessionKey(secret: Secret): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const info = new TextEncoder().encode("parley session");
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return await crypto.subtle.deriveKey(hkdf, material, HMAC, false, USES);
}

/** Signs sessions of guests, which are looked at without a wait. */
export function guestKey(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, "", "parley session of a guest", 32));
}

/**
 * A secret that all servers of a chat share though nobody has told them one: the engine keeps it.
 *
 * @throws {ChatError} `unavailable`
 */
export function keptSecret(facts: Facts): Soon<Secret> {
  const value = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  return whenThere(
    facts.change("key session", (known) => known ?? { value }),
    (fact) => base64url.decode(fact!.value) as Secret,
  );
}
