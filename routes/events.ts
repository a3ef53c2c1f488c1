import type { Hub } from "../hub.ts";
import type { Attendant } from "../hub/access/doorkeeper.ts";
import type { Rights } from "../hub/access/identity.ts";
import type { Batch } from "../hub/log/batch.ts";
import { clock } from "../hub/base/clock.ts";
import { orElse } from "../hub/base/soon.ts";
import { Feed } from "../hub/log/feed.ts";
import type { Entered } from "../hub/log/resume.ts";
import type { Room } from "../hub/presence/room.ts";
import { patience, STALL } from "../hub/conversation/outbox.ts";
import { encode, gap, parseId, parseResume, parseRoom } from "../messages.ts";
import type { Config } from "./config.ts";
import type { Context } from "./context.ts";
import { unavailable } from "./respond.ts";

/** Milliseconds of silence after which a comment line comes: proxies close a stream that is quiet. */
const SILENCE = 15_000;
/** Milliseconds after which who lost the stream comes back: so many, and up to as many more. */
const RETRY = 2_000;

const encoder = new TextEncoder();
const SIGN_OF_LIFE = encoder.encode(":\n\n");

/** `GET /api/rooms/:room/events`: what goes on in a room, as Server-Sent Events. */
export function events(
  { request, url, params, hub, config, state, visitor, who, info }: Context,
): Response {
  const room = parseRoom(params.room ?? "");
  hub.access.read(who, room);
  const since = placeOf(request.headers, url.searchParams);
  if (state.draining || state.descriptors.full) {
    throw unavailable("The server takes no more readers now: try again later");
  }
  visitor.connect();
  visitor.enter(room);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const listener = new Listener(hub, who, room, since, config, () => {
    state.open.delete(listener);
    hub.doorkeeper.dismiss(listener);
    resolve();
  });
  // The runtime asks for more as soon as it has room: nothing is to be kept ready here.
  const stream = new ReadableStream(listener, { highWaterMark: 0 });
  state.open.add(listener);
  hub.doorkeeper.admit(listener);
  const freed = () => "freed" as const;
  // Our end is not all: until the last byte is sent the runtime holds the connection.
  state.descriptors.hold((info.completed ?? ended).then(freed, freed));
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** Where a reader was. An `EventSource` that comes back names its place itself, and knows best. */
function placeOf(headers: Headers, query: URLSearchParams): string | undefined {
  const header = headers.get("last-event-id");
  if (header) return parseId("Last-Event-ID", header);
  // Scripts that stand in for an `EventSource` may be unable to set a header.
  const parameter = query.get("lastEventId");
  if (parameter) return parseId("lastEventId", parameter);
  return parseResume({ since: query.get("since") }).since;
}

/** Somebody who listens to a room: the source of a stream. */
class Listener implements UnderlyingDefaultSource<Uint8Array>, Attendant {
  readonly who: Rights;
  #hub: Hub;
  #name: string;
  /** Once it is open. */
  #room?: Room;
  #since: string | undefined;
  #config: Config;
  #end: () => void;
  #feed = new Feed({ patient: true });
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  /** When the stream was last given something, and how many bytes so far. */
  #given = clock.now();
  #written = 0;
  /** Has the reader gone? And is nothing more told? */
  #gone = false;
  #left = false;
  /** Wakes who waits for room. */
  #asked?: () => void;

  /** @param end is called when nothing more will be told, at the latest when the reader has gone */
  constructor(
    hub: Hub,
    who: Rights,
    room: string,
    since: string | undefined,
    config: Config,
    end: () => void,
  ) {
    this.#hub = hub;
    this.who = who;
    this.#name = room;
    this.#since = since;
    this.#config = config;
    this.#end = end;
  }

  start(controller: ReadableStreamDefaultController<Uint8Array>) {
    this.#controller = controller;
    const { rooms } = this.#hub;
    const entered = orElse(
      () =>
        rooms.enter(this.#name, { since: this.#since }, (room, beginning) => {
          // The reader may have gone meanwhile, or been sent away.
          if (this.#left) {
            rooms.rest(room);
            this.#close();
          } else {
            this.#room = room;
            this.#begin(rooms.follow(room, this.#feed, beginning));
          }
        }),
      () => this.#leave(),
    );
    // What fails at once is told by a status.
    if (entered instanceof Promise) return entered.catch((fault) => this.#fail(fault));
  }

  #begin({ at, resumed }: Entered) {
    // Not all at once, and not while a server that is about to stop still refuses everybody.
    const retry = RETRY + Math.floor(Math.random() * RETRY);
    // An id without data is no event, but a place to come back to: an empty room has no other.
    this.#give(encoder.encode(`:here you are\nretry:${retry}\nid:${at}\n\n`));
    if (resumed === false) this.#tellGap();
    this.#tell().catch((fault) => this.#fail(fault));
  }

  /** Is called when there is room for more. */
  pull() {
    this.#asked?.();
  }

  /** Is called when the reader has gone. */
  cancel() {
    this.#gone = true;
    this.#leave();
  }

  /** Ends the stream, once what it was given is read. */
  close() {
    this.#leave();
  }

  /** Gives a sign of life after a silence, and gives up a reader who takes nothing of what waits, or may not read on. */
  visit() {
    this.review();
    if (this.#left) return;
    const quiet = clock.now() - this.#given;
    if (!this.#full) {
      if (quiet >= SILENCE) this.#give(SIGN_OF_LIFE);
    } else if (quiet >= patience(this.#config.socket.stall ?? STALL, this.#written)) {
      this.#hub.counts.slow++;
      this.close();
    }
  }

  /** Ends the stream where its reader may not read the room any more. */
  review() {
    try {
      this.#hub.access.read(this.who, this.#name);
    } catch {
      this.close();
    }
  }

  /** Is something still to be taken? Then the cursor stays where it is. */
  get #full(): boolean {
    return this.#controller.desiredSize! < 0;
  }

  async #tell() {
    for await (const unread of this.#feed) {
      for (const batch of unread) {
        this.#pass(batch);
        if (this.#full) await new Promise<void>((resolve) => this.#asked = resolve);
      }
    }
    this.#close();
  }

  #close() {
    if (!this.#gone) this.#controller.close();
  }

  #leave() {
    if (this.#left) return;
    this.#left = true;
    this.#end();
    this.#feed.close();
    if (this.#room) this.#hub.rooms.rest(this.#room);
  }

  #pass({ gap, plain, events }: Batch) {
    if (gap) this.#tellGap();
    // An empty piece must not pass for a sign of life.
    if (plain.length > 0) this.#give(events);
    this.#hub.counts.deliver(plain.length);
  }

  #tellGap() {
    this.#hub.counts.gaps++;
    this.#give(encoder.encode(`event:error\ndata:${encode(gap(this.#name))}\n\n`));
  }

  #give(bytes: Uint8Array) {
    this.#controller.enqueue(bytes);
    this.#given = clock.now();
    this.#written += bytes.length;
  }

  #fail(fault: unknown) {
    this.#config.log("error", "handler failed", { error: String(fault) });
    this.#leave();
    this.#close();
  }
}
