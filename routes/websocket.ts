import type { Identity } from "../hub/access/identity.ts";
import { clock } from "../hub/base/clock.ts";
import { type Soon, whenThere } from "../hub/base/soon.ts";
import type { Hub } from "../hub.ts";
import type { Turnstile } from "../hub/conversation/turnstile.ts";
import { Session, type Wishes } from "../hub/conversation/session.ts";
import { Socket } from "../hub/conversation/socket.ts";
import { ChatError, encode, parseId, parseResume, parseRoom, parseUsername } from "../messages.ts";
import { Arrival } from "./arrival.ts";
import { bearerOf, offers } from "./bearer.ts";
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
  const username = optional(query.get("username"), parseUsername);
  const token = config.identifier && bearerOf(request.headers);
  if (token === undefined) hub.access.enter(context.who);
  if (username === undefined && token === undefined) {
    return problem(400, "The query must name you: /ws?username=YourName");
  }
  const wishes = {
    room: parseRoom(query.get("room") ?? "lobby"),
    ...parseResume({ since: query.get("since"), last: query.get("last") }),
    inbox: optional(query.get("inbox"), (id) => parseId("inbox", id)),
    v1: offers(request.headers).includes(V1),
  };
  // Also where no WebSocket is asked for: of one that is refused, a page learns why in this way.
  if (state.draining || state.descriptors.full) {
    throw unavailable("The server takes no more connections now: try again later");
  }
  visitor.connect();
  visitor.enter(wishes.room);
  const arrival = new Arrival(hub, config.identifier, {
    ...{ username, token, address: context.who.address },
    room: wishes.room,
  });
  // Nothing can come between this and `talk`, which keeps the name.
  arrival.inspect();
  const wrong = mistake(request);
  // Of a WebSocket, what takes its time is asked once there is one: see below.
  if (wrong) return whenThere(arrival.check(), () => wrong);
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
  if (welcome) talk(conversation, hub, config, state, visitor, arrival, wishes).catch(() => {});
  else {
    hub.counts.reject("forbidden");
    // Of a refused upgrade a page would learn nothing, and try again.
    conversation.close(4403, "pages of this origin may not connect");
  }
  return response;
}

/** What is made of a socket once it is open and its turn has come, unless it has ended by then. */
async function opened<T>(
  socket: Socket,
  turnstile: Turnstile,
  make: () => Soon<T>,
): Promise<T | undefined> {
  await socket.opened;
  await turnstile.pass();
  return socket.ending ? undefined : await make();
}

/** Holds a conversation and keeps the books about it. The request must not live as long as this. */
async function talk(
  socket: Socket,
  hub: Hub,
  config: Config,
  state: State,
  visitor: Visitor,
  arrival: Arrival,
  wishes: Wishes,
) {
  const { room } = wishes;
  const began = clock.now();
  state.open.add(socket);
  try {
    const begin = (who: Identity) => {
      // They may have gone while it was looked at who they are.
      if (socket.ending) return;
      config.log("info", "connect", { username: who.username, room });
      return Session.begin(hub, socket, config, visitor, wishes, who);
    };
    const session = await arrival.enter((known) =>
      opened(socket, state.turnstile, () => whenThere(known(), begin))
    );
    await session?.run(state.turnstile);
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
    username: arrival.who?.username,
    code,
    reason,
    duration: Math.round(clock.now() - began),
    error,
  });
}
