/**
 * The front desk: which handler answers which request.
 *
 * @module
 */
import type { Hub } from "./hub.ts";
import { clock } from "./hub/clock.ts";
import { Tally } from "./hub/counts.ts";
import { ChatError } from "./messages.ts";
import type { Config, Handler, State } from "./routes/context.ts";
import { EventLoop } from "./routes/event_loop.ts";
import { events } from "./routes/events.ts";
import { instruments } from "./routes/instruments.ts";
import { metrics } from "./routes/metrics.ts";
import { assets } from "./routes/pages.ts";
import { problem, refusal } from "./routes/respond.ts";
import { history, post, rooms } from "./routes/rooms.ts";
import { health, home, stats, users } from "./routes/status.ts";
import { observe } from "./routes/telemetry.ts";
import { websocket } from "./routes/websocket.ts";

export type { Config } from "./routes/context.ts";

const DEFAULTS: Config = {
  version: "0.0.0",
  rate: 10,
  burst: 30,
  maxConnections: 10_000,
  origins: [],
  idleTimeout: 30,
  socket: {},
  log: () => {},
};

/**
 * The whole server as one function, for `Deno.serve` or for a server of your own.
 *
 * @returns `handle` answers requests and never throws; `drain` refuses newcomers and ends every
 * conversation with 1001
 */
export function routes(hub: Hub, options: Partial<Config> = {}) {
  const config = { ...DEFAULTS, ...options };
  const state: State = { open: new Set(), draining: false, started: clock.now() };
  const answers = new Tally([101, 200, 400, 404, 429, 500, 503]);
  const eventLoop = new EventLoop();
  const meters = instruments({ hub, config, state, answers, eventLoop });
  observe(meters);
  const table = new Map<string, Record<string, Handler>>([
    ["/", { GET: home }],
    ["/ws", { GET: websocket }],
    ["/healthz", { GET: health }],
    ["/metrics", { GET: metrics(meters) }],
    ["/api/users", { GET: users }],
    ["/api/stats", { GET: stats }],
    ["/api/rooms", { GET: rooms }],
    ["/api/rooms/:room/messages", { GET: history, POST: post(config) }],
    ["/api/rooms/:room/events", { GET: events }],
    ...assets.map(([path, handler]) => [path, { GET: handler }] as const),
  ]);
  const patterns = [...table].filter(([path]) => path.includes(":"))
    .map(([pathname, handlers]) => ({ pattern: new URLPattern({ pathname }), handlers }));

  /** The handlers at a path, by method, and the path's variable parts. */
  function find(url: URL) {
    const handlers = table.get(url.pathname);
    if (handlers) return { handlers, params: {} };
    // Only now: to try one pattern takes longer than all the rest of a request.
    for (const { pattern, handlers } of patterns) {
      const match = pattern.exec(url);
      if (match) return { handlers, params: match.pathname.groups };
    }
  }

  async function handle(request: Request): Promise<Response> {
    // A request that has become a WebSocket cannot be asked anything any more.
    const { method } = request;
    const origin = request.headers.get("origin");
    const response = await answer(request);
    answers.count(response.status);
    if (response.status === 101) return response;
    share(response.headers, origin);
    if (method !== "HEAD") return response;
    // A body that nobody will read must be told so: an event stream would go on for ever.
    await response.body?.cancel();
    return new Response(null, response);
  }

  async function answer(request: Request): Promise<Response> {
    try {
      const url = new URL(request.url);
      const found = find(url);
      if (!found) return problem(404, `There is nothing at ${url.pathname}`);
      const { handlers, params } = found;
      const { method } = request;
      const allow = allowed(handlers);
      if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
      const wanted = method === "HEAD" ? "GET" : method;
      if (!Object.hasOwn(handlers, wanted)) {
        const answer = problem(405, `${method} is not possible here: use one of ${allow}`);
        answer.headers.set("allow", allow);
        return answer;
      }
      return await handlers[wanted]!({ request, url, params, hub, config, state });
    } catch (error) {
      if (error instanceof ChatError) {
        hub.counts.reject(error.code);
        return refusal(error);
      }
      config.log("error", "handler failed", { error: String(error) });
      return problem(500, "The server could not answer; the fault is logged");
    }
  }

  /** Lets pages of other origins read an answer, and everybody only what it says it is. */
  function share(headers: Headers, origin: string | null) {
    const { origins } = config;
    headers.set("x-content-type-options", "nosniff");
    headers.set("access-control-allow-methods", "GET, HEAD, POST, OPTIONS");
    headers.set("access-control-allow-headers", "content-type, last-event-id");
    headers.set("access-control-max-age", "86400");
    if (origins.length === 0) return headers.set("access-control-allow-origin", "*");
    headers.append("vary", "origin");
    const known = origin !== null && origins.includes(origin) ? origin : origins[0]!;
    headers.set("access-control-allow-origin", known);
  }

  function drain() {
    state.draining = true;
    eventLoop.close();
    for (const each of [...state.open]) each.close(1001, "the server is shutting down");
  }

  return { handle, drain };
}

function allowed(handlers: Record<string, Handler>): string {
  const methods = Object.keys(handlers);
  return [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}
