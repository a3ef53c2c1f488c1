/**
 * What comes out of the browser's storage, as far as it makes sense: an older version of the page may
 * have written it, or anything else of the site. Knows nothing of the page.
 *
 * @module
 */
import { keyOf, toRoom } from "../../names.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./lines.js").Line} Line */

/**
 * What is kept of a conversation. `index`: where it stands in the list; `lines`: of a private one;
 * `whole`: there were no others before these; `silent`: nothing was ever said in it.
 *
 * @typedef {Pick<Conversation, "kind" | "name" | "hidden" | "seen" | "lost" | "draft"> & { index: number,
 * lines: Line[], whole: boolean, silent: boolean, unsent: Line[] }} Kept
 */
/** @typedef {{ inbox?: string, time: number }} Place */

/** No name is longer, in UTF-16 units. */
const NAME = 128;

/** The last instant that there is, in milliseconds since the epoch. */
const LAST = 8.64e15;

/** @param {unknown} value @returns {value is string} */
const isText = (value) => typeof value === "string";

/** @param {unknown} value */
const isName = (value) => isText(value) && value !== "" && value.length <= NAME;

/** @param {unknown} value */
const isTime = (value) => typeof value === "number" && Math.abs(value) <= LAST;

/** The id of a message, or nothing. @param {unknown} value */
const idOf = (value) => isText(value) && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(value) ? value : "";

/** @param {any} line */
const isLine = (line) =>
  line?.kind === "chat" && isText(line.key) && isText(line.order) && isName(line.username) &&
  isText(line.content) && isTime(line.time) && isText(line.name ?? "");

/** @param {any} lines @param {(line: Line) => boolean} fits @returns {Line[]} */
const those = (lines, fits) =>
  Array.isArray(lines) ? lines.filter((line) => isLine(line) && fits(line)) : [];

/**
 * A conversation, if it is one.
 *
 * @param {any} record
 * @returns {Kept | undefined}
 */
export function toKept(record) {
  const { kind, name, hidden, seen, lost, draft, index, lines, whole, silent, unsent } = record ??
    {};
  if (kind !== "room" && kind !== "person") return undefined;
  if (!isName(name) || kind === "room" && toRoom(name) !== name) return undefined;
  return {
    kind,
    name,
    hidden: hidden === true,
    seen: idOf(seen),
    lost: idOf(lost),
    draft: isText(draft) ? draft : "",
    index: Number.isInteger(index) ? index : 0,
    lines: kind === "room" ? [] : those(lines, ({ id, order }) => idOf(id) !== "" && id === order),
    whole: whole !== false,
    silent: silent === true,
    unsent: those(unsent, ({ state }) => state === "pending" || state === "failed"),
  };
}

/** Where a person is, as far as that is known. @param {any} record @returns {Place} */
export function toPlace(record) {
  const { inbox, time } = record ?? {};
  return { inbox: idOf(inbox) || undefined, time: isTime(time) ? time : 0 };
}

/** What a conversation is known by. @param {Pick<Conversation, "kind" | "name">} conversation */
export const keyFor = ({ kind, name }) => `${kind}:${keyOf(name)}`;
