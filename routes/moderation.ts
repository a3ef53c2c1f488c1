import {
  type Measure,
  parseId,
  parseRoom,
  parseSettings,
  parseTerms,
  parseUsername,
} from "../messages.ts";
import type { Kind, Ruling } from "../hub/access/rulings.ts";
import { bodyOf } from "./body.ts";
import type { Context, Handler } from "./context.ts";
import { refusePages } from "./forwarded.ts";
import { listingOf, partOf } from "./listing.ts";
import { json, tooLarge } from "./respond.ts";

/** `GET /api/rooms/:room`: what is known of a room. */
export async function roomState({ params, hub, who }: Context): Promise<Response> {
  const room = parseRoom(params.room ?? "");
  hub.access.read(who, room);
  const [{ count: users }, { entries: [newest] }] = await Promise.all([
    hub.everywhere.roster(`#${room}`),
    hub.rooms.history(room, { limit: 1 }),
  ]);
  const head = newest?.id ?? null;
  return json({ room, users, head, ...hub.access.rulings.settings(room) });
}

/** `GET …/bans` and `…/mutes`: about whom something holds, in a room or everywhere. */
export function listOf(kind: Kind): Handler {
  return ({ url: { searchParams }, params, hub, who }) => {
    const room = roomOf(params);
    const part = partOf(searchParams);
    const all = hub.moderator.list(who, kind, room).map((ruling) => shown(ruling, room))
      .sort((a, b) => a.username < b.username ? -1 : 1);
    const { entries, next } = listingOf(part, all, ({ username }) => username);
    return json({ [`${kind}s`]: entries, count: all.length, next });
  };
}

/** What moderators do: each with a body that may say for how long and why. */
export const acts = {
  kick: measure("kick"),
  mute: measure("mute"),
  unmute: measure("unmute"),
  ban: measure("ban"),
  unban: measure("unban"),

  /** `PATCH /api/rooms/:room`: changes what holds there. */
  set: act(async ({ params, hub, who }, body) => {
    const room = parseRoom(params.room ?? "");
    const { settings } = await hub.moderator.set(who, room, parseSettings(body));
    return json({ room, ...settings });
  }),

  /** `DELETE /api/rooms/:room/messages/:id`: takes back a message. */
  delete: act(async ({ params, hub, who }, body) => {
    const [room, id] = [parseRoom(params.room ?? ""), parseId("id", params.id)];
    const entry = await hub.moderator.delete(who, room, id, parseTerms(body).why);
    return json(entry.text);
  }),

  /** `DELETE /api/rooms/:room/messages`: takes back all that was said. */
  clear: act(async ({ params, hub, who }, body) => {
    const room = parseRoom(params.room ?? "");
    return json((await hub.moderator.clear(who, room, parseTerms(body).why)).text);
  }),
};

/** Does something about somebody, in the room of the path or everywhere. */
function measure(type: Measure): Handler {
  return act(async ({ params, hub, who }, body) => {
    const username = parseUsername(params.username ?? "");
    const room = roomOf(params);
    const { ruling } = await hub.moderator.act(who, { type, username, room, ...parseTerms(body) });
    if (!ruling) return new Response(null, { status: 204 });
    return json(shown(ruling, room));
  });
}

/** A handler that changes something: not for pages of other sites, and not before it is known that somebody may. */
function act(go: (context: Context, body: string) => Promise<Response>): Handler {
  return async (context) => {
    const { request, hub, who } = context;
    hub.access.moderate(who);
    refusePages(context, "moderate here");
    const body = await bodyOf(request);
    return body === undefined ? tooLarge() : await go(context, body);
  };
}

const roomOf = ({ room }: Context["params"]) => room === undefined ? undefined : parseRoom(room);

/** A ruling as it is told. */
function shown({ username, until, why, by, at, address }: Ruling, room?: string) {
  const end = until === undefined ? undefined : new Date(until).toISOString();
  return { username, room, until: end, why, by, at, address };
}
