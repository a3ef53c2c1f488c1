import { keyOf } from "../../static/names.js";
import { type Entry, entryOf, entryOfText } from "../log/batch.ts";
import { ChatError, type Presence } from "../../messages.ts";
import type { Act, Channel, Draft, Notice, Stamp } from "./engine.ts";

/** A draft as the entry that it becomes. */
export function chatEntry(draft: Draft, stamp: Stamp): Entry {
  const { username, name, content, room, to, ref } = draft;
  return entryOf({ type: "chat", username, name, content, ...stamp, room, to, ref });
}

/** An act as the entry that it becomes. */
export function actEntry(act: Act, stamp: Stamp): Entry {
  const { room, by, why } = act;
  if (act.type === "clear") return entryOf({ type: act.type, room, by, why, ...stamp });
  return entryOf({ type: act.type, re: act.re, room, by, why, ...stamp });
}

/** That a message cannot be taken back, as there never was one of that id. */
export function noSuchMessage({ room }: Act): ChatError {
  return new ChatError(
    "no_such_message",
    `Cannot delete this: there is no such message in ${room}`,
    {
      room,
    },
  );
}

/** That something cannot be said again, as it was said and has been taken back. */
export function takenBack({ ref }: Omit<Draft, "content">): ChatError {
  const what = "Cannot say this again: it was said, and has been deleted";
  return new ChatError("forbidden", what, { ref });
}

/** A notice as the entry that it becomes. What has words is told with an id and a time. */
export function noticeEntry(notice: Notice, stamp: Stamp): Entry {
  if (notice.type === "taken") {
    return entryOfText(JSON.stringify(notice), { ...stamp, type: notice.type, username: "" });
  }
  if (!("content" in notice)) return entryOf(notice, stamp.id);
  if (notice.type === "moderated") return entryOf({ ...notice, ...stamp });
  const { type, username, name, content, room } = notice;
  return entryOf({ type, username, name, content, ...stamp, room });
}

/** What tells whether something was said before: who said it, where, and its `ref`; none without that. */
export function keyOfDraft(
  { username, key = keyOf(username), ref, room, to }: Omit<Draft, "content">,
): string | undefined {
  if (ref === undefined) return undefined;
  return `${key}\n${to === undefined ? room : `@${keyOf(to)}`}\n${ref}`;
}

/** That somebody comes into a room or leaves it. */
export function presenceOf(
  channel: Channel,
  type: Presence["type"],
  { username, name }: Pick<Presence, "username" | "name">,
): Omit<Presence, keyof Stamp> {
  const content = `${name ?? username} ${type === "join" ? "joined" : "left"} the chat`;
  return { type, username, name, content, room: channel.slice(1) };
}
