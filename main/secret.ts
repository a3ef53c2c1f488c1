import type { Secret } from "../routes/identity/keys.ts";
import { SECRET_VARIABLE, type SecretSource } from "./access.ts";
import { FlagError } from "./flags.ts";

/** Bytes of a secret, at least: as many as of what is signed with it (RFC 7518, 3.2). */
const LEAST = 32;

/** The secret, without the line break at its end. It is in no message. @throws {FlagError} */
export function readSecret(source: SecretSource): Secret {
  const name = "text" in source ? SECRET_VARIABLE : source.name;
  const text = "text" in source ? source.text : readFile(source.file, name);
  const bytes = new TextEncoder().encode(text.replace(/\r?\n$/, ""));
  if (bytes.length >= LEAST) return bytes;
  throw new FlagError(
    `${name} must be at least ${LEAST} bytes, such as openssl rand -base64 32 writes`,
  );
}

function readFile(path: string, name: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    const why = error instanceof Deno.errors.NotCapable
      ? `it may not be read: start with --allow-read=${path}`
      : error instanceof Deno.errors.NotFound
      ? "it is not there"
      : error instanceof Deno.errors.PermissionDenied
      ? "this user may not"
      : "it is no file with text";
    throw new FlagError(`${name} cannot read ${path}: ${why}`);
  }
}
