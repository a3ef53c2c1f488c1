import { accepts } from "@std/http/negotiation";
import { clock } from "../hub/base/clock.ts";
import type { Deeds, Totals } from "../hub/engine/company.ts";
import type { Channel } from "../hub/engine/engine.ts";
import type { Hub } from "../hub.ts";
import { parseRoom } from "../messages.ts";
import type { Context, State } from "./context.ts";
import { siteOf } from "./forwarded.ts";
import { listing, partOf, scopeOf } from "./listing.ts";
import { optional } from "./query.ts";
import { page } from "./pages.ts";
import { json, shortHeader } from "./respond.ts";

/** `GET /`: the chat page for browsers, status and connection info for everyone else. */
export async function home(context: Context): Promise<Response> {
  const wanted = shortHeader(context.request, "accept") &&
    accepts(context.request, "application/json", "text/html");
  const answer = wanted === "text/html" ? await page(context) : json(await statusOf(context));
  answer.headers.append("vary", "accept");
  return answer;
}

async function statusOf(context: Context) {
  const { hub, config, state } = context;
  const { connections, users, rooms } = await totalsOf(hub);
  const { host, secure } = siteOf(context);
  return {
    name: "Parley",
    version: config.version,
    status: state.draining ? "draining" : "ok",
    note: config.note,
    uptime: uptime(state),
    connections,
    users,
    rooms,
    access: accessOf(hub),
    websocket: `${secure ? "wss" : "ws"}://${host}/ws?username=YourName`,
  };
}

/** Who may come in, where that is not simply everybody by any name. */
function accessOf({ access: { policy } }: Hub) {
  const { tokens, guests, names } = policy;
  const isUsual = !tokens && guests === "on" && names === "open";
  return isUsual ? undefined : { tokens, guests, names };
}

/** Milliseconds for which a server is of use to those who are on it, though it can read nothing. */
const AWAY = 60_000;

/**
 * `GET /healthz`: may this server be sent newcomers? Where only nothing can be kept they can read; and
 * where nothing can be read either, those who are on it do not have to move for a moment of that.
 */
export function health({ hub, state }: Context): Response {
  if (state.draining) return json({ status: "draining" }, 503);
  const { name, trouble, awaySince } = hub.engine.health;
  const away = awaySince !== undefined && clock.now() - awaySince >= AWAY;
  const status = trouble ? "degraded" : "ok";
  const engine = trouble === undefined ? undefined : name;
  return json({ status, engine, trouble }, away ? 503 : 200);
}

/** `GET /api/users`: who is connected, anywhere or in one room. */
export async function users({ url: { searchParams }, hub, who }: Context): Promise<Response> {
  const name = optional(searchParams.get("room"), parseRoom);
  if (name === undefined) hub.access.look(who);
  else hub.access.read(who, name);
  const room: Channel | undefined = name === undefined ? undefined : `#${name}`;
  const part = partOf(searchParams);
  const { users: some, count } = await scopeOf(searchParams, hub).users(part, room);
  const { entries, next } = listing(part, some, ({ username }) => username);
  const users = entries.map((user) => ({
    ...user,
    rooms: user.rooms.filter((room) => hub.access.knows(who, room)),
  }));
  return json({ users, count, next });
}

/** `GET /api/stats`: what has been done since the start. */
export async function stats(
  { url: { searchParams }, hub, state, who }: Context,
): Promise<Response> {
  hub.access.look(who);
  const { connections, users, rooms, nodes, ...deeds } = await scopeOf(searchParams, hub).totals();
  const engine = hub.engine.health.name;
  return json({ uptime: uptime(state), nodes, connections, users, rooms, engine, ...deeds });
}

/** What this process has done. */
export function deedsOf({ counts }: Hub, { descriptors }: State): Deeds {
  const { messages, delivered, rejected, slow } = counts;
  return {
    connections: descriptors.held,
    messages,
    delivered,
    rejected: [...rejected.values()].reduce((sum, count) => sum + count, 0),
    slow,
    memory: Deno.memoryUsage().rss,
  };
}

/** What all have done; or this process, where nobody knows of the others. */
async function totalsOf({ here, everywhere }: Hub): Promise<Totals> {
  try {
    return await everywhere.totals();
  } catch {
    return await here.totals();
  }
}

/** Whole seconds since the server started. */
const uptime = ({ started }: State) => Math.floor((clock.now() - started) / 1_000);
