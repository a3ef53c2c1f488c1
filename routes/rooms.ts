import { keyOf } from "../static/names.js";
import { Allowance, tooFast } from "../hub/rate.ts";
import { IdleMap } from "../hub/idle_map.ts";
import { ChatError, LIMITS, parseCount, parseId, parsePost, parseRoom } from "../messages.ts";
import { type Config, type Context, isWelcome } from "./context.ts";
import { json, problem } from "./respond.ts";

/** `GET /api/rooms`: the rooms there are. */
export function rooms({ hub }: Context): Response {
  const rooms = [...hub.rooms.entries()]
    .map(([room, { size, log }]) => ({ room, users: size, head: log.head || null }))
    .sort((a, b) => a.room < b.room ? -1 : 1);
  return json({ rooms, count: rooms.length });
}

/** `GET /api/rooms/:room/messages`: what was said, oldest first. */
export function history({ url, params, hub }: Context): Response {
  const query = url.searchParams;
  const { entries, complete } = hub.rooms.history(parseRoom(params.room ?? ""), {
    since: optional(query.get("since"), (id) => parseId("since", id)),
    before: optional(query.get("before"), (id) => parseId("before", id)),
    limit: optional(query.get("limit"), (n) => parseCount("limit", n, 1, 200)) ?? 50,
  });
  // What is in the log is encoded already.
  const messages = entries.map(({ text }) => text).join(",");
  return json(`{"messages":[${messages}],"complete":${complete}}`);
}

/** `POST /api/rooms/:room/messages`: says something, under the rules of a `chat` frame. */
export function post(config: Config) {
  const allowances = new IdleMap<Allowance>(() => "");

  return async ({ request, params, hub }: Context): Promise<Response> => {
    const room = parseRoom(params.room ?? "");
    if (!isWelcome(config, request)) {
      throw new ChatError("forbidden", "Pages of this origin may not speak here");
    }
    const body = await read(request);
    if (body === undefined) {
      return problem(413, `Cannot take this body: it is over ${LIMITS.frame} bytes`);
    }
    const { username, content, ref } = parsePost(body);
    const wait = allowances.use(keyOf(username), () => new Allowance(config)).take();
    allowances.rest(keyOf(username));
    if (wait > 0) throw tooFast(wait);
    hub.people.looks.check(username);
    return json(hub.say(username, room, content, ref).entry.text, 201);
  };
}

/**
 * The body as text, unless it is over the bound of a frame: no more than that is ever held.
 *
 * @throws {ChatError} `bad_message` when the client goes away in the middle of it
 */
async function read(request: Request): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > LIMITS.frame) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    throw new ChatError("bad_message", "Cannot read the body: it ended too early");
  }
  return text + decoder.decode();
}

function optional<T>(value: string | null, parse: (value: string) => T): T | undefined {
  return value === null ? undefined : parse(value);
}
