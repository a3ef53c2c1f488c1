import { parseCount, parseId, parseRoom, parseWords } from "../messages.ts";
import type { Context } from "./context.ts";
import { json, problem } from "./respond.ts";

/** Messages that are found at once, where the query names no number; and the most it can name. */
const USUAL = 20;
const MOST = 100;

/** `GET /api/rooms/:room/search`: what was said in a room with some words in it, newest first. */
export async function search({ url, params, hub, visitor }: Context): Promise<Response> {
  const { searchParams } = url;
  const room = parseRoom(params.room ?? "");
  const words = parseWords(searchParams.get("q"));
  const before = searchParams.get("before");
  const limit = searchParams.get("limit");
  const query = {
    words,
    before: before === null ? undefined : parseId("before", before),
    limit: limit === null ? USUAL : parseCount("limit", limit, 1, MOST),
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
