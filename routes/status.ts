import { accepts } from "@std/http/negotiation";
import { clock } from "../hub/base/clock.ts";
import { parseRoom } from "../messages.ts";
import type { Context, State } from "./context.ts";
import { siteOf } from "./forwarded.ts";
import { listing, partOf } from "./listing.ts";
import { page } from "./pages.ts";
import { json, shortHeader } from "./respond.ts";

/** `GET /`: the chat page for browsers, status and connection info for everyone else. */
export async function home(context: Context): Promise<Response> {
  const { request, hub, config, state } = context;
  const wanted = shortHeader(request, "accept") &&
    accepts(request, "application/json", "text/html");
  const { host, secure } = siteOf(context);
  const answer = wanted === "text/html" ? await page(context) : json({
    name: "Parley",
    version: config.version,
    status: state.draining ? "draining" : "ok",
    uptime: uptime(state),
    connections: state.descriptors.held,
    users: hub.people.online,
    rooms: hub.rooms.size,
    websocket: `${secure ? "wss" : "ws"}://${host}/ws?username=YourName`,
  });
  answer.headers.append("vary", "accept");
  return answer;
}

/** `GET /healthz`: may this server be sent newcomers? They can read, also while nothing can be kept. */
export function health({ hub, state }: Context): Response {
  if (state.draining) return json({ status: "draining" }, 503);
  const { name, trouble } = hub.engine.health;
  return json({ status: "ok", engine: trouble === undefined ? undefined : name, trouble });
}

/** `GET /api/users`: who is connected, anywhere or in one room. */
export function users({ url: { searchParams }, hub }: Context): Response {
  const name = searchParams.get("room");
  const among = name === null ? hub.people.everybody : hub.rooms.get(parseRoom(name))?.people;
  const part = partOf(searchParams);
  const some = among ? hub.people.users(part, among) : [];
  const { entries: users, next } = listing(part, some, ({ username }) => username);
  return json({ users, count: among?.size ?? 0, next });
}

/** `GET /api/stats`: what the server has done since it started. */
export function stats({ hub, state }: Context): Response {
  const { messages, delivered, rejected, slow } = hub.counts;
  return json({
    uptime: uptime(state),
    connections: state.descriptors.held,
    users: hub.people.online,
    rooms: hub.rooms.size,
    engine: hub.engine.health.name,
    messages,
    delivered,
    rejected: [...rejected.values()].reduce((sum, count) => sum + count, 0),
    slow,
    memory: Deno.memoryUsage().rss,
  });
}

/** Whole seconds since the server started. */
const uptime = ({ started }: State) => Math.floor((clock.now() - started) / 1_000);
