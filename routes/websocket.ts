import { clock } from "../hub/base/clock.ts";
import { type Soon, whenThere } from "../hub/base/soon.ts";
import type { Hub } from "../hub.ts";
import { Session, type Wishes } from "../hub/conversation/session.ts";
import { Socket } from "../hub/conversation/socket.ts";
import { ChatError, encode, parseId, parseResume, parseRoom, parseUsername } from "../messages.ts";
import type { Config } from "./config.ts";
import type { Context, State } from "./context.ts";
import { isWelcome } from "./forwarded.ts";
import { mistake } from "./handshake.ts";
import { optional } from "./query.ts";
import { problem, unavailable } from "./respond.ts";
import type { Visitor } from "./visitor.ts";

/** The subprotocol of the newer dialect. */
const V1 = "chat.v1";

/** What tells a client that the line is not dead: browsers hide pings from their pages. */
const ALIVE = encode({ type: "alive" });

/** `GET /ws`: turns the request into a conversation. All checks come first: nothing may fail after. */
export function websocket(context: Context): Soon<Response> {
  const { request, url, hub, config, state, visitor } = context;
  const query = url.searchParams;
  const username = query.get("username");
  if (username === null) return problem(400, "The query must name you: /ws?username=YourName");
  const wishes = {
    username: parseUsername(username),
    room: parseRoom(query.get("room") ?? "lobby"),
    ...parseResume({ since: query.get("since"), last: query.get("last") }),
    inbox: optional(query.get("inbox"), (id) => parseId("inbox", id)),
    v1: offers(request).includes(V1),
  };
  // Also where no WebSocket is asked for: of one that is refused, a page learns why in this way.
  if (state.draining || state.descriptors.full) {
    throw unavailable("The server takes no more connections now: try again later");
  }
  visitor.connect();
  visitor.enter(wishes.room);
  // Nothing can come between this and `talk`, which keeps the name.
  hub.here.check(wishes.username);
  const wrong = mistake(request);
  // Of a WebSocket, what others know is asked once there is one: see below.
  if (wrong) return whenThere(hub.everywhere.check(wishes.username), () => wrong);
  const welcome = isWelcome(context);

  const { signal } = request;

  // The last act: whatever else is returned or thrown after it ends the whole HTTP server. Nor may any
  // turn of the event loop come before it: who closes in between is lost to the runtime for ever.
  const { socket, response } = Deno.upgradeWebSocket(request, {
    protocol: wishes.v1 ? V1 : undefined,
    idleTimeout: config.idleTimeout,
  });
  const alive = wishes.v1 ? ALIVE : undefined;
  const conversation = new Socket(socket, config.socket, { signal, alive });
  state.descriptors.hold(conversation.gone);
  if (welcome) talk(conversation, hub, config, state, visitor, wishes).catch(() => {});
  else {
    hub.counts.reject("forbidden");
    // Of a refused upgrade a page would learn nothing, and try again.
    conversation.close(4403, "pages of this origin may not connect");
  }
  return response;
}

/** The subprotocols as the runtime sees them: split at a comma and a space, and not otherwise. */
function offers({ headers }: Request): string[] {
  return headers.get("sec-websocket-protocol")?.split(", ") ?? [];
}

/** What is made of a socket once it is open, unless it has ended by then. */
async function opened<T>(socket: Socket, make: () => Soon<T>): Promise<T | undefined> {
  await socket.opened;
  return socket.ending ? undefined : await make();
}

/** Holds a conversation and keeps the books about it. The request must not live as long as this. */
async function talk(
  socket: Socket,
  hub: Hub,
  config: Config,
  state: State,
  visitor: Visitor,
  wishes: Wishes,
) {
  const { username, room } = wishes;
  const began = clock.now();
  state.open.add(socket);
  try {
    config.log("info", "connect", { username, room });
    // Until there is a person of that name, who has it then.
    hub.people.looks.hold(username);
    const session = await opened(socket, () => Session.begin(hub, socket, config, visitor, wishes))
      .finally(() => hub.people.looks.release(username));
    await session?.run();
  } catch (fault) {
    if (fault instanceof ChatError) hub.counts.reject(fault.code);
    socket.fail(fault);
  }
  state.open.delete(socket);
  const { code, reason, fault } = socket.ending!;
  if (code === 4408) hub.counts.slow++;
  const level = fault ? "error" : code === 4408 || code === 4429 ? "warn" : "info";
  const error = fault && String(fault);
  config.log(level, "disconnect", {
    username,
    code,
    reason,
    duration: Math.round(clock.now() - began),
    error,
  });
}
