/**
 * `deno task invite ann --room dev`: writes a link by which somebody can come in. Nobody is asked and
 * nothing is kept: whoever knows the secret of a server can invite.
 *
 * @module
 */
import { LONGEST } from "../hub/access/access.ts";
import { AT, ISSUED } from "./access.ts";
import { flag, FlagError, helpOf, optional, readCall, repeated, yes } from "./flags.ts";
import { issue } from "./issue.ts";
import { refuse } from "./refuse.ts";
import { age, text } from "./values.ts";

const FLAGS = {
  room: repeated(
    "NAME",
    "room in which they may speak; team-* is all that begin so",
    "all",
    text("a room"),
  ),
  read: repeated("NAME", "room that they may only read", "none", text("a room")),
  for: flag("AGE", "for how long it is good", "30d", age(LONGEST)),
  admin: yes("they may moderate, and revoke tokens"),
  name: optional(
    "TEXT",
    "what the others are shown instead of the name",
    "the name",
    text("a text"),
  ),
  url: AT,
  ...ISSUED,
};

const HELP = `Writes a link by which somebody can come in:
deno task invite ann --room dev --for 30d

${helpOf(FLAGS)}

It is a secret between you and them: whoever has it comes in as they are called. What ends it is
deno task revoke, with its id.`;

async function main() {
  const call = readCall(FLAGS, Deno.args, {}, "the name of who is invited");
  // deno-lint-ignore no-console
  if (!call) return console.log(HELP);
  const { given, words: [username] } = call;
  const { room: write, read, name, admin, url } = given;
  const rooms = write.length + read.length > 0 ? { read, write } : undefined;
  const claims = { username, name, rooms, admin: admin || undefined };
  const { token, id, until } = await issue(claims, given.for, given);
  const { "auth-issuer": issuer, "auth-audience": audience } = given;
  const flags = { url: url.href, "auth-issuer": issuer, "auth-audience": audience };
  const ending = ["deno task revoke", id, ...wordsOf(flags)].join(" ");
  const first = [...write, ...read].find((room) => !room.endsWith("*"));
  if (first !== undefined) url.searchParams.set("room", first);
  url.hash = `token=${token}`;
  // deno-lint-ignore no-console
  console.log(url.href);
  // deno-lint-ignore no-console
  console.error(`For ${username}, until ${until.toISOString()}. Ended by: ${ending}`);
}

/** Flags that are given, as a shell takes them. */
function wordsOf(flags: Record<string, string | undefined>): string[] {
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, `'${value.replaceAll("'", `'\\''`)}'`]
  );
}

if (import.meta.main) {
  main().catch((error) => {
    if (!(error instanceof FlagError)) throw error;
    refuse(error.message);
  });
}
