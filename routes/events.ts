import { ServerSentEventStream } from "@std/http/server-sent-event-stream";
import type { ServerSentEventMessage } from "@std/http/server-sent-event-stream";
import { Feed } from "../hub/feed.ts";
import type { Entry } from "../hub/batch.ts";
import type { Fate } from "../hub/socket.ts";
import { encode, gap, parseResume, parseRoom, PLAIN } from "../messages.ts";
import type { Context } from "./context.ts";
import { unavailable } from "./respond.ts";

/** Milliseconds between two comment lines, which keep proxies from closing a quiet stream. */
const HEARTBEAT = 15_000;
/** Heartbeats without any progress after which a reader is given up. */
const PATIENCE = 2;

/** `GET /api/rooms/:room/events`: what goes on in a room, as Server-Sent Events. */
export function events({ request, url, params, hub, state, visitor }: Context): Response {
  const room = parseRoom(params.room ?? "");
  const last = request.headers.get("last-event-id") || undefined;
  const { since } = parseResume({ since: last ?? url.searchParams.get("since") });
  if (state.draining || state.descriptors.full) {
    throw unavailable("The server takes no more readers now: try again later");
  }
  visitor.connect();
  visitor.enter(room);

  const feed = new Feed();
  const stream = { close: () => feed.close(), visit() {} };
  const { promise: gone, resolve: free } = Promise.withResolvers<Fate>();
  let heartbeat: ReturnType<typeof setInterval>;
  let stalled = 0;
  function end() {
    clearInterval(heartbeat);
    state.open.delete(stream);
    free("freed");
    hub.rooms.unfollow(room, feed);
    feed.close();
  }

  function tellGap(controller: ReadableStreamDefaultController<ServerSentEventMessage>) {
    hub.counts.gaps++;
    controller.enqueue({ event: "error", data: encode(gap(room)) });
  }

  const body = new ReadableStream<ServerSentEventMessage>({
    start(controller) {
      state.open.add(stream);
      state.descriptors.hold(gone);
      controller.enqueue({ comment: "here you are" });
      const { resumed } = hub.rooms.follow(room, feed, { since });
      if (resumed === false) tellGap(controller);
      heartbeat = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue({ comment: "" });
        else if (++stalled === PATIENCE) {
          hub.counts.slow++;
          end();
          controller.error(new Error("the reader stopped reading"));
        }
      }, HEARTBEAT);
    },
    // Called when the reader has room for more: until then its cursor stays where it is.
    async pull(controller) {
      stalled = 0;
      let told = false;
      // A stream that was given nothing does not ask again.
      while (!told) {
        const batch = feed.take();
        if (!batch) {
          if (!(await feed.next()).done) continue;
          end();
          return controller.close();
        }
        if (batch.gap) tellGap(controller);
        const entries = batch.entries.filter(({ type }) => PLAIN.has(type));
        for (const entry of entries) controller.enqueue(event(entry));
        hub.counts.deliver(entries.length);
        told = batch.gap || entries.length > 0;
      }
    },
    cancel: end,
  });
  return new Response(body.pipeThrough(new ServerSentEventStream()), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

const event = ({ id, type, text }: Entry) => ({ id, event: type, data: text });
