/**
 * The front desk: which handler answers which request.
 *
 * @module
 */
import { accepts } from "@std/http/negotiation";
import { eTag, ifNoneMatch } from "@std/http/etag";
import { STATUS_TEXT, type StatusCode } from "@std/http/status";
import type { Hub } from "./hub.ts";
import { converse, type Rate } from "./hub/session.ts";
import { Socket } from "./hub/socket.ts";
import { ChatError, parseRoom, parseUsername } from "./messages.ts";
import page from "./static/index.html" with { type: "text" };
import style from "./static/page.css" with { type: "text" };
import script from "./static/page.js" with { type: "text" };

/** What the handlers need to know. */
export interface Config extends Rate {
  version: string;
  maxConnections: number;
  /** Allowed origins of browsers; empty: any. */
  origins: string[];
  /** Writes one event to the log. */
  log(level: "debug" | "info" | "warn" | "error", event: string, fields?: object): void;
}

interface Context {
  request: Request;
  url: URL;
  hub: Hub;
  config: Config;
  state: { connections: Set<Socket>; draining: boolean; started: number };
}
type Handler = (context: Context) => Response | Promise<Response>;

const table: { method: string; path: string; handler: Handler }[] = [
  { method: "GET", path: "/", handler: home },
  { method: "GET", path: "/page.css", handler: asset(style, "text/css; charset=utf-8") },
  { method: "GET", path: "/page.js", handler: asset(script, "text/javascript; charset=utf-8") },
  { method: "GET", path: "/ws", handler: upgrade },
  { method: "GET", path: "/healthz", handler: health },
  { method: "GET", path: "/api/users", handler: users },
  { method: "GET", path: "/api/stats", handler: stats },
  { method: "GET", path: "/api/rooms", handler: rooms },
];

/** The whole server as one function, with a way to end its conversations. */
export function routes(hub: Hub, config: Config) {
  const state = { connections: new Set<Socket>(), draining: false, started: Date.now() };

  async function handle(request: Request): Promise<Response> {
    try {
      const url = new URL(request.url);
      const found = table.filter(({ path }) => path === url.pathname);
      if (found.length === 0) return problem(404, `There is nothing at ${url.pathname}`);
      const methods = found.map(({ method }) => method);
      const allow = [...methods, "HEAD", "OPTIONS"].join(", ");
      if (request.method === "OPTIONS") return cors(new Response(null, { status: 204 }), allow);
      const method = request.method === "HEAD" ? "GET" : request.method;
      const route = found.find((row) => row.method === method);
      if (!route) {
        const answer = problem(405, `${request.method} is not possible here: use ${allow}`);
        answer.headers.set("allow", allow);
        return answer;
      }
      return await route.handler({ request, url, hub, config, state });
    } catch (error) {
      if (error instanceof ChatError) return problem(400, error.message);
      config.log("error", "handler failed", { error: String(error) });
      return problem(500, "The server could not answer; the fault is logged");
    }
  }

  /** Refuses newcomers and ends every conversation with 1001. */
  function drain() {
    state.draining = true;
    for (const socket of state.connections) socket.close(1001, "the server is shutting down");
  }

  return { handle, drain };
}

function cors(response: Response, methods?: string): Response {
  response.headers.set("access-control-allow-origin", "*");
  if (methods) {
    response.headers.set("allow", methods);
    response.headers.set("access-control-allow-methods", methods);
    response.headers.set("access-control-allow-headers", "content-type, last-event-id");
    response.headers.set("access-control-max-age", "86400");
  }
  return response;
}

function json(value: unknown, status = 200, type = "application/json"): Response {
  const headers = { "content-type": type, "cache-control": "no-store" };
  return cors(new Response(JSON.stringify(value), { status, headers }));
}

/** An error as RFC 9457 has it. */
function problem(status: StatusCode, detail: string): Response {
  const body = { type: "about:blank", title: STATUS_TEXT[status], status, detail };
  return json(body, status, "application/problem+json");
}

function asset(text: string, type: string): Handler {
  const tag = eTag(text);
  return async ({ request }) => {
    const etag = await tag;
    const headers = {
      "content-type": type,
      etag,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
      "content-security-policy":
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      vary: "accept",
    };
    const fresh = !ifNoneMatch(request.headers.get("if-none-match"), etag);
    return cors(new Response(fresh ? null : text, { status: fresh ? 304 : 200, headers }));
  };
}

const showPage = asset(page, "text/html; charset=utf-8");

function home(context: Context): Response | Promise<Response> {
  const { request, url, hub, config, state } = context;
  const wanted = request.headers.has("accept") && accepts(request, "application/json", "text/html");
  if (wanted === "text/html") return showPage(context);
  const scheme = url.protocol === "https:" ? "wss" : "ws";
  return json({
    name: "Parley",
    version: config.version,
    status: "ok",
    uptime: uptime(state.started),
    connections: state.connections.size,
    users: hub.users().length,
    rooms: hub.rooms().length,
    websocket: `${scheme}://${url.host}/ws?username=YourName`,
  });
}

const uptime = (started: number) => Math.floor((Date.now() - started) / 1_000);

function health({ state }: Context): Response {
  return state.draining ? json({ status: "draining" }, 503) : json({ status: "ok" });
}

function users({ url, hub }: Context): Response {
  const room = url.searchParams.get("room");
  const users = hub.users(room === null ? undefined : parseRoom(room));
  return json({ users, count: users.length });
}

function rooms({ hub }: Context): Response {
  const rooms = hub.rooms();
  return json({ rooms, count: rooms.length });
}

function stats({ hub, state }: Context): Response {
  return json({
    uptime: uptime(state.started),
    connections: state.connections.size,
    users: hub.users().length,
    rooms: hub.rooms().length,
    messages: hub.messages,
    memory: Deno.memoryUsage().rss,
  });
}

function upgrade({ request, url, hub, config, state }: Context): Response {
  const given = url.searchParams.get("username");
  if (given === null) return problem(400, "The query must name you: /ws?username=YourName");
  const username = parseUsername(given);
  const room = parseRoom(url.searchParams.get("room") ?? "lobby");
  const origin = request.headers.get("origin");
  if (origin && config.origins.length > 0 && !config.origins.includes(origin)) {
    return problem(403, `Pages of ${origin} may not connect here`);
  }
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    const answer = problem(426, "This is a WebSocket endpoint: connect with ws:// or wss://");
    answer.headers.set("upgrade", "websocket");
    return answer;
  }
  if (state.draining || state.connections.size >= config.maxConnections) {
    const answer = problem(503, "The server takes no more connections now: try again later");
    answer.headers.set("retry-after", "5");
    return answer;
  }
  // The last act: whatever else is returned or thrown after it ends the whole HTTP server.
  const { socket, response } = Deno.upgradeWebSocket(request);
  talk(new Socket(socket), { username, room, hub, config, state });
  return response;
}

/** Holds a conversation and keeps the books about it; never rejects. */
async function talk(
  socket: Socket,
  { username, room, hub, config, state }:
    & { username: string; room: string }
    & Pick<Context, "hub" | "config" | "state">,
) {
  const began = Date.now();
  state.connections.add(socket);
  config.log("info", "connect", { username, room });
  try {
    const ending = await converse(hub, socket, { username, room, rate: config });
    config.log("info", "disconnect", { username, ...ending, duration: Date.now() - began });
  } catch (error) {
    config.log("error", "session failed", { username, error: String(error) });
  } finally {
    state.connections.delete(socket);
  }
}
