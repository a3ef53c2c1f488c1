import { parseCount, parseId, parseRoom, parseWords } from "../messages.ts";
import type { Context } from "./context.ts";
import { optional } from "./query.ts";
import { json, problem } from "./respond.ts";

/** Messages that are found at once, where the query names no number; and the most it can name. */
const USUAL = 20;
const MOST = 100;

/** `GET /api/rooms/:room/search`: what was said in a room with some words in it, newest first. */
export async function search({ url, params, hub, visitor, who }: Context): Promise<Response> {
  const { searchParams } = url;
  const room = parseRoom(params.room ?? "");
  hub.access.read(who, room);
  const query = {
    words: parseWords(searchParams.get("q")),
    before: optional(searchParams.get("before"), (id) => parseId("before", id)),
    limit: optional(searchParams.get("limit"), (n) => parseCount("limit", n, 1, MOST)) ?? USUAL,
  };
  const { engine } = hub;
  if (!engine.search) {
    return problem(501, "This server keeps nothing to search in: it must be started with --data");
  }
  visitor.search();
  const { hits, whole, next } = await engine.search(`#${room}`, query);
  // What is kept is encoded already.
  const texts = hits.map(({ entry: { text }, snippet }) =>
    `{"message":${text},"snippet":${JSON.stringify(snippet)}}`
  );
  const more = next === undefined ? "" : `,"next":"${next}"`;
  return json(`{"hits":[${texts}],"complete":${whole}${more}}`);
}
