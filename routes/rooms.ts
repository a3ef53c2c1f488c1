import { ChatError, parseCount, parseId, parsePost, parseRoom } from "../messages.ts";
import { type Identity, isKnown, type Rights } from "../hub/access/identity.ts";
import type { Hub } from "../hub.ts";
import { keyOf } from "../static/names.js";
import { costOf } from "../hub/conversation/rate.ts";
import type { Context } from "./context.ts";
import { refusePages } from "./forwarded.ts";
import { listing, partOf, scopeOf } from "./listing.ts";
import { optional } from "./query.ts";
import { bodyOf } from "./body.ts";
import { json, tooLarge } from "./respond.ts";

/** `GET /api/rooms`: the rooms there are, but for those that a token does not grant. */
export async function rooms({ url: { searchParams }, hub, who }: Context): Promise<Response> {
  hub.access.look(who);
  const part = partOf(searchParams);
  const { rooms, count } = await scopeOf(searchParams, hub).rooms(part);
  const { entries, next } = listing(part, rooms, ({ room }) => room);
  const listed = entries.filter(({ room }) => hub.access.knows(who, room)).map((each) => ({
    ...each,
    topic: topicOf(each.room, hub, who),
  }));
  return json({ rooms: listed, count, next });
}

/** What a room is about, for those who may read it. */
function topicOf(room: string, { access }: Hub, who: Rights): string | undefined {
  const { topic } = access.rulings.settings(room);
  return topic !== undefined && access.reads(who, room) ? topic : undefined;
}

/** `GET /api/rooms/:room/messages`: what was said, oldest first. */
export async function history({ url, params, hub, who }: Context): Promise<Response> {
  const query = url.searchParams;
  const room = parseRoom(params.room ?? "");
  hub.access.read(who, room);
  const { entries, complete } = await hub.rooms.history(room, {
    since: optional(query.get("since"), (id) => parseId("since", id)),
    before: optional(query.get("before"), (id) => parseId("before", id)),
    limit: optional(query.get("limit"), (n) => parseCount("limit", n, 1, 200)) ?? 50,
  });
  // What is in the log is encoded already.
  const messages = entries.map(({ text }) => text).join(",");
  return json(`{"messages":[${messages}],"complete":${complete}}`);
}

/** `POST /api/rooms/:room/messages`: says something, under the rules of a `chat` frame. */
export async function post(context: Context): Promise<Response> {
  const { request, params, hub, visitor, who } = context;
  const room = parseRoom(params.room ?? "");
  // Who may not come in is not listened to.
  hub.access.enter(who);
  refusePages(context, "speak here");
  const body = await bodyOf(request);
  if (body === undefined) return tooLarge();
  const { username, content, ref } = parsePost(body, who.username);
  const speaker = speakerOf(context, username);
  hub.access.speak(speaker, room);
  await visitor.speak(username, costOf(body));
  visitor.enter(room);
  await hub.everywhere.check(speaker);
  await hub.takeName(speaker);
  const name = await hub.everywhere.spelling(speaker);
  const asked = hub.approval.ask(speaker, { room }, { content, ref });
  const approved = await asked;
  // Much may have changed meanwhile: the name may be somebody's.
  if (asked instanceof Promise) await hub.everywhere.check(speaker);
  hub.access.speak(speaker, room);
  const { entry } = await hub.say(name, room, approved, ref, speaker.name);
  return json(entry.text, 201);
}

/** Who posts in a name. @throws {ChatError} `forbidden` where they are somebody else */
function speakerOf({ who, hub }: Context, username: string): Identity {
  if (!isKnown(who)) return { ...hub.access.guest(username), address: who.address };
  if (keyOf(username) === keyOf(who.username)) return who;
  throw new ChatError("forbidden", `You may not speak as ${username}: you are ${who.username}`);
}
