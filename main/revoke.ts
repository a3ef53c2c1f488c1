/**
 * `deno task revoke ID`: tells a running server, and by it all that are one chat with it, that a token is
 * good no more.
 *
 * @module
 */
import { AT, ISSUED } from "./access.ts";
import { FlagError, helpOf, readCall } from "./flags.ts";
import { issue } from "./issue.ts";
import { refuse } from "./refuse.ts";

const FLAGS = { url: AT, ...ISSUED };

const HELP = `Ends an invitation before its time, and all that goes on by it:
deno task revoke 0b6f5a4e-7d0f-4f2b-9a4e-7c9d1f0a2b3c

${helpOf(FLAGS)}

The id is written by deno task invite. With a provider (--auth jwks:URL) whoever has a token that
says admin does the same by PUT /api/revoked/ID.`;

/** Milliseconds for which the token is good by which this is asked for. */
const MOMENT = 60_000;

async function main() {
  const call = readCall(FLAGS, Deno.args, {}, "the id of an invitation");
  // deno-lint-ignore no-console
  if (!call) return console.log(HELP);
  const { given, words: [id] } = call;
  const { token } = await issue({ username: "operator", rooms: [], admin: true }, MOMENT, given);
  const url = new URL(`api/revoked/${encodeURIComponent(id!)}`, given.url);
  const answer = await ask(url, token);
  const said = await answer.json().catch(() => ({ detail: "that is no Parley" }));
  if (!said.until) {
    refuse(`Cannot revoke it: ${url.origin} answers ${answer.status}: ${said.detail}`, 1);
  }
  // deno-lint-ignore no-console
  console.log(`Revoked until ${said.until}: ${said.id}`);
}

async function ask(url: URL, token: string): Promise<Response> {
  try {
    return await fetch(url, { method: "PUT", headers: { authorization: `Bearer ${token}` } });
  } catch {
    refuse(`Cannot revoke it: there is no server at ${url.origin}; say where it is, with --url`, 1);
  }
}

if (import.meta.main) {
  main().catch((error) => {
    if (!(error instanceof FlagError)) throw error;
    refuse(error.message);
  });
}
