/** Those by which a provider may sign: with a key that nobody else has, to be checked with a public one. */
export const PUBLIC = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const,
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"] as const,
] as const;
/** Those with one secret for both. No key is ever used with an algorithm of the other kind. */
export const SECRET = ["HS256"] as const;

/** The name of a way to sign (RFC 7518, 8037, 9864). */
export type Algorithm = typeof PUBLIC[number] | typeof SECRET[number];
