import { LONGEST, revoked } from "../hub/access/access.ts";
import { clock } from "../hub/base/clock.ts";
import { parseRevocation, parseTokenId } from "../messages.ts";
import { bodyOf } from "./body.ts";
import type { Context } from "./context.ts";
import { refusePages } from "./forwarded.ts";
import { listingOf, partOf } from "./listing.ts";
import { json, problem, tooLarge } from "./respond.ts";

/** For how long a token is revoked where nobody says when it ends by itself, in milliseconds. */
const LONG = LONGEST * 86_400_000;
/**
 * For how much longer it is: tokens are taken for a while after they have ended (`--auth-leeway`), clocks
 * differ, and another server may give out a session before it hears of this. Whoever comes back by one of
 * these is given the next.
 */
const SPARE = 3_600_000;

/** `GET /api/revoked`: the ids of tokens that are good no more, a page at a time. */
export function listRevoked({ url: { searchParams }, hub, who }: Context): Response {
  hub.access.moderate(who);
  const part = partOf(searchParams);
  const beginning = revoked("");
  const all = hub.engine.facts.list(beginning)
    .map(([name, { value, until }]) => ({ id: name.slice(beginning.length), by: value, until }));
  const { entries, next } = listingOf(part, all, ({ id }) => id);
  const shown = entries.map(({ id, by, until }) => ({ id, by, until: timeOf(until!) }));
  return json({ revoked: shown, count: all.length, next });
}

/** `PUT /api/revoked/:id`: has a token, and all sessions that were given for it, good no more, anywhere. */
export async function revoke(context: Context): Promise<Response> {
  const { request, hub, config, who } = context;
  const id = change(context);
  const body = await bodyOf(request);
  if (body === undefined) return tooLarge();
  // A body can take its time.
  const { username: by } = hub.access.moderate(who);
  const { until: given = clock.date() + LONG } = parseRevocation(body);
  // A session may be good for longer than the token for which it was given.
  const until = Math.max(given, clock.date() + (config.sessions ?? 0)) + SPARE;
  await hub.engine.facts.set(revoked(id), { value: by, until });
  config.log("info", "revoke", { id, by, until: timeOf(until) });
  return json({ id, by, until: timeOf(until) });
}

/** `DELETE /api/revoked/:id`: has it good again. */
export async function restore(context: Context): Promise<Response> {
  const { hub, config, who } = context;
  const id = change(context);
  if (!hub.engine.facts.get(revoked(id))) return problem(404, "No token with this id is revoked");
  await hub.engine.facts.set(revoked(id), undefined);
  config.log("info", "restore", { id, by: who.username });
  return new Response(null, { status: 204 });
}

/** The token of which something is to be changed, by who may do so. @throws {ChatError} */
function change(context: Context): string {
  context.hub.access.moderate(context.who);
  refusePages(context, "do this");
  return parseTokenId(context.params.id ?? "");
}

const timeOf = (time: number) => new Date(time).toISOString();
