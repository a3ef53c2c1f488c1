import { fileURLToPath } from "node:url";

/** What tells strangers how a server is made: where a fault happened, which it was, where its files are. */
const TRACES = [
  /\n\s+at [^\n]{1,200}(:\d+:\d+|<anonymous>)/,
  /(file|ext|node|npm):\/{0,3}[\w./-]{1,100}:\d+/,
  /\b(Type|Range|Syntax|Reference|URI|Assertion)Error\b/,
  /\bBadResource\b|\bpanicked at\b|\bos error \d+/,
  /\/(home|tmp|root|usr)\/[\w.-]+/,
  /root:x:0:0:/,
];
/** Where this project lies. */
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What the page is made of tells all of that of itself. */
const SOURCE = /^content-type: (text\/(javascript|html|css)|image\/|application\/manifest)/im;

/**
 * What an answer, or all that came on a connection, tells that nobody should learn from it.
 *
 * @param secrets what must not be in it, beside traces of faults
 */
export function leakIn(text: string, secrets: readonly string[] = []): string | undefined {
  const secret = secrets.find((secret) => text.includes(secret));
  if (secret !== undefined) return "a secret";
  if (text.startsWith("HTTP/") && SOURCE.test(text.split("\r\n\r\n")[0]!)) return undefined;
  if (text.includes(ROOT)) return ROOT;
  for (const trace of TRACES) {
    const [found] = text.match(trace) ?? [];
    if (found !== undefined) return found.trim().slice(0, 80);
  }
}
