import { errors } from "jose";
import { ChatError } from "../../messages.ts";
import { refused } from "./claims.ts";
import type { TokenRules } from "./tokens.ts";

/** In which words somebody is told what is wrong with a token: which claim, and what would be right. */
export function refusalOf(error: unknown, { issuer, audience }: TokenRules): unknown {
  if (error instanceof errors.JWTExpired) {
    return new ChatError("unauthorized", "Cannot use this token: it has expired");
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const rules: Record<string, string> = {
      exp: "must say when it ends, in seconds since 1970",
      iat: "must say when it was issued, in seconds since 1970",
      nbf: "must say from when on it is good, in seconds since 1970, and that must be over",
      iss: `must be ${issuer}`,
      aud: `must be ${audience}, or have it`,
    };
    return refused(error.claim, rules[error.claim]!);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return new ChatError("unauthorized", "Cannot use this token: its signature is wrong");
  }
  // A key that is too weak, or of another kind than the algorithm says, is told by a TypeError.
  if (error instanceof errors.JOSEError || error instanceof TypeError) {
    return new ChatError(
      "unauthorized",
      "Cannot use this token: it is no token, or of no good key",
    );
  }
  return error;
}
