/**
 * The front desk: which handler answers which request.
 *
 * @module
 */
import type { Hub } from "./hub.ts";
import { clock } from "./hub/base/clock.ts";
import { Tally } from "./hub/base/counts.ts";
import { Turnstile } from "./hub/conversation/turnstile.ts";
import { ChatError } from "./messages.ts";
import { ANYBODY } from "./hub/access/identity.ts";
import { rightsOf } from "./routes/bearer.ts";
import type { Config, Info } from "./routes/config.ts";
import type { Context, Handler, State } from "./routes/context.ts";
import { Descriptors } from "./routes/descriptors.ts";
import { EventLoop } from "./routes/event_loop.ts";
import { events } from "./routes/events.ts";
import { instruments } from "./routes/instruments.ts";
import { clientOf } from "./routes/forwarded.ts";
import { metrics } from "./routes/metrics.ts";
import { acts, listOf, roomState } from "./routes/moderation.ts";
import { pages } from "./routes/pages.ts";
import { problem, refusal } from "./routes/respond.ts";
import { history, post, rooms } from "./routes/rooms.ts";
import { listRevoked, restore, revoke } from "./routes/revoked.ts";
import { Rounds } from "./routes/rounds.ts";
import { search } from "./routes/search.ts";
import { deedsOf, health, home, stats, users } from "./routes/status.ts";
import { observe } from "./routes/telemetry.ts";
import { share } from "./routes/share.ts";
import { Gate, Visitor } from "./routes/visitor.ts";
import { websocket } from "./routes/websocket.ts";

export type { Config } from "./routes/config.ts";

const DEFAULTS: Omit<Config, "rateAddress"> = {
  version: "0.0.0",
  rate: 10,
  burst: 30,
  maxConnections: 10_000,
  origins: [],
  trustProxy: 0,
  idleTimeout: 30,
  socket: {},
  log: () => {},
};

/**
 * The whole server as one function, for `Deno.serve` or for a server of your own.
 *
 * @returns `handle` answers requests and never throws. It wants to be told where they come from, as
 * `Deno.serve` tells its handlers; otherwise there are no limits by address. `drain` refuses newcomers
 * and ends every conversation with 1001; `exhausted` resolves once the process should be replaced by a
 * new one, as it has lost too many file descriptors for ever. `paths` are all there are, with their methods
 */
export function routes(hub: Hub, options: Partial<Config> = {}) {
  const settings = { ...DEFAULTS, ...options };
  // Who lifts the limit of a connection would only meet the next one.
  const config = { ...settings, rateAddress: options.rateAddress ?? (settings.rate && 200) };
  const state: State = {
    open: new Set(),
    descriptors: new Descriptors(config),
    turnstile: new Turnstile(),
    draining: false,
    started: clock.now(),
  };
  const gate = new Gate(hub, config.rateAddress, config);
  const answers = new Tally([101, 200, 400, 404, 429, 500, 503]);
  const eventLoop = new EventLoop();
  const rounds = new Rounds(state.open, config.socket);
  const meters = instruments({ hub, config, state, answers, eventLoop });
  observe(meters);
  const deeds = () => deedsOf(hub, state);
  hub.here.describe(deeds);
  hub.everywhere.describe(deeds);
  const table = new Map<string, Record<string, Handler>>([
    ["/", { GET: home }],
    ["/ws", { GET: websocket }],
    ["/healthz", { GET: health }],
    ["/metrics", { GET: metrics(meters) }],
    ["/api/users", { GET: users }],
    ["/api/stats", { GET: stats }],
    ["/api/revoked", { GET: listRevoked }],
    ["/api/revoked/:id", { PUT: revoke, DELETE: restore }],
    ["/api/rooms", { GET: rooms }],
    ["/api/rooms/:room", { GET: roomState, PATCH: acts.set }],
    ["/api/rooms/:room/messages", { GET: history, POST: post, DELETE: acts.clear }],
    ["/api/rooms/:room/messages/:id", { DELETE: acts.delete }],
    ["/api/rooms/:room/users/:username", { DELETE: acts.kick }],
    ["/api/rooms/:room/bans", { GET: listOf("ban") }],
    ["/api/rooms/:room/bans/:username", { PUT: acts.ban, DELETE: acts.unban }],
    ["/api/rooms/:room/mutes", { GET: listOf("mute") }],
    ["/api/rooms/:room/mutes/:username", { PUT: acts.mute, DELETE: acts.unmute }],
    ["/api/users/:username", { DELETE: acts.kick }],
    ["/api/bans", { GET: listOf("ban") }],
    ["/api/bans/:username", { PUT: acts.ban, DELETE: acts.unban }],
    ["/api/mutes", { GET: listOf("mute") }],
    ["/api/mutes/:username", { PUT: acts.mute, DELETE: acts.unmute }],
    ["/api/rooms/:room/search", { GET: search }],
    ["/api/rooms/:room/events", { GET: events }],
    ...pages.map(([path, handler]) => [path, { GET: handler }] as const),
  ]);
  // These are for everybody, whatever else is sent along; and of a WebSocket it is asked once there is one:
  // no turn of the event loop may come before.
  const open = new Set<Handler>([home, websocket, health, ...pages.map(([, handler]) => handler)]);
  const patterns = [...table].filter(([path]) => path.includes(":"))
    .map(([pathname, handlers]) => ({ pattern: new URLPattern({ pathname }), handlers }));

  /** The handlers at a path, by method, and the path's variable parts. */
  function find(url: URL) {
    const handlers = table.get(url.pathname);
    if (handlers) return { handlers, params: {} };
    // Only now: to try one pattern takes longer than all the rest of a request.
    for (const { pattern, handlers } of patterns) {
      const match = pattern.exec(url);
      if (match) return { handlers, params: decoded(match.pathname.groups) };
    }
  }

  async function handle(request: Request, info: Partial<Info> = {}): Promise<Response> {
    // A request that has become a WebSocket cannot be asked anything any more.
    const origin = request.headers.get("origin");
    const response = await answer(request, info);
    answers.count(response.status);
    // The body of an answer to HEAD is for the runtime: it tells its length, and cancels it.
    if (response.status !== 101) share(response.headers, config.origins, origin);
    return response;
  }

  async function answer(request: Request, info: Partial<Info>): Promise<Response> {
    try {
      const { method, headers } = request;
      const url = addressOf(request);
      const address = clientOf(info, headers, config);
      const visitor = new Visitor(gate, address);
      // A probe is answered whatever else comes from its address.
      if (url?.pathname !== "/healthz") visitor.request(method);
      if (!url) return problem(400, "Cannot read the address: the header Host must be a host");
      if (!asWritten(request, url)) {
        return problem(400, `Cannot read the path: it must be written as ${url.pathname}`);
      }
      const found = find(url);
      if (!found) return problem(404, `There is nothing at ${url.pathname}`);
      const { handlers, params } = found;
      const allow = allowed(handlers);
      if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
      const wanted = method === "HEAD" ? "GET" : method;
      if (!Object.hasOwn(handlers, wanted)) {
        const answer = problem(405, `${method} is not possible here: use one of ${allow}`);
        answer.headers.set("allow", allow);
        return answer;
      }
      const handler = handlers[wanted]!;
      const known = open.has(handler) ? ANYBODY : rightsOf(headers, config.identifier);
      const who = { ...known instanceof Promise ? await known : known, address };
      const context = { request, url, params, hub, config, state, visitor, who, info };
      return await handler(context);
    } catch (error) {
      if (error instanceof ChatError) {
        hub.counts.reject(error.code);
        return refusal(error);
      }
      config.log("error", "handler failed", { error: String(error) });
      return problem(500, "The server could not answer; the fault is logged");
    }
  }

  function drain() {
    state.draining = true;
    state.turnstile.open();
    eventLoop.close();
    rounds.close();
    for (const each of [...state.open]) each.close(1001, "the server is shutting down");
  }

  const paths = [...table].map(([path, handlers]) => ({ path, methods: Object.keys(handlers) }));
  return { handle, drain, exhausted: state.descriptors.exhausted, paths };
}

/** What is asked for, unless `Host` is none: what would end it in an address would begin a path. */
function addressOf({ url, headers }: Request): URL | null {
  return /[/\\?#@]/.test(headers.get("host") ?? "") ? null : URL.parse(url);
}

/** Is the path what was written? Else a proxy would not know which one it lets through: `/.\metrics`. */
function asWritten(request: Request, url: URL): boolean {
  const [, path] = request.url.match(/^[^:]+:\/\/[^/?#]*([^?#]*)/)!;
  return (path || "/") === url.pathname;
}

/**
 * The variable parts of a path as they are meant: `%6cobby` is `lobby`.
 *
 * @throws {ChatError} `bad_message`
 */
function decoded(groups: Context["params"]): Context["params"] {
  try {
    return Object.fromEntries(
      Object.entries(groups).map(([name, part]) => [name, decodeURIComponent(part ?? "")]),
    );
  } catch {
    throw new ChatError(
      "bad_message",
      "Cannot read the path: a % must be followed by UTF-8 in hex",
    );
  }
}

function allowed(handlers: Record<string, Handler>): string {
  const methods = Object.keys(handlers);
  return [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
}
