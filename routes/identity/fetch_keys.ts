import type { JWK } from "jose";
import { textOf } from "../../hub/base/text.ts";

/** Bytes of all keys of a provider. */
const BYTES = 1024 * 1024;
/** How many of them there may be. */
const KEYS = 100;
/** Milliseconds in which they must have come. */
const PATIENCE = 5_000;

/**
 * What is at the address of a provider's keys. Where it says that they are elsewhere nobody goes there:
 * whom the operator trusts is for the operator to say.
 *
 * @param stop ends it early
 * @throws {Error} which says in a line why nothing can be read
 */
export async function fetchKeys(url: URL, stop: AbortSignal): Promise<string> {
  const ending = new AbortController();
  const { signal } = ending;
  const end = () => ending.abort();
  const timer = setTimeout(end, PATIENCE);
  stop.addEventListener("abort", end);
  try {
    const headers = { accept: "application/jwk-set+json, application/json" };
    const answer = await fetch(url, { redirect: "manual", headers, signal });
    if (answer.status === 200) {
      const text = await textOf(answer.body, BYTES);
      if (text !== undefined) return text;
      throw new Error(`they are over ${BYTES} bytes`);
    }
    const location = answer.headers.get("location");
    const place = location === null ? null : URL.parse(location, url);
    const there = place ? `, they are at ${place.origin}${place.pathname}` : "";
    throw new Error(`the answer is ${answer.status}${there}`);
  } catch (error) {
    const why = signal.aborted ? `it takes over ${PATIENCE / 1_000} s` : reasonOf(error as Error);
    throw new Error(`Cannot read the keys of the provider: ${why}`);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener("abort", end);
    // What was not read of the answer is let go.
    end();
  }
}

/** Why something failed, without the address: there may be more in it than everybody should know. */
function reasonOf({ message, cause }: Error): string {
  const why = cause instanceof Error ? cause.message : message;
  return why.replace(/ for url \(\S*\)/, "");
}

/** The keys of a JSON Web Key Set (RFC 7517) by which signatures can be checked. @throws {Error} as {@linkcode fetchKeys} */
export function publicKeys(text: string): JWK[] {
  const keys = listOf(text).filter((key): key is JWK => {
    const { kty, use = "sig", key_ops = ["verify"], d } = Object(key) as JWK;
    const checks = use === "sig" && Array.isArray(key_ops) && key_ops.includes("verify");
    return ["RSA", "EC", "OKP"].includes(kty as string) && checks && d === undefined;
  });
  if (keys.length > 0 && keys.length <= KEYS) return keys;
  throw new Error(
    `Cannot use the keys of the provider: there are ${keys.length} public ones to check signatures ` +
      `with, and should be 1 to ${KEYS}`,
  );
}

function listOf(text: string): unknown[] {
  try {
    const { keys } = JSON.parse(text);
    if (Array.isArray(keys)) return keys;
  } catch {
    // It is no JSON, or null.
  }
  throw new Error('Cannot use the keys of the provider: they are not written as {"keys":[…]}');
}
