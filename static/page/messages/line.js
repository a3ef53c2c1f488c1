/// <reference lib="dom" />
/**
 * What one line of a conversation looks like.
 *
 * @module
 */
import { keyOf } from "../../names.js";
import { avatar, h, hue, opensMenu } from "../dom.js";
import { render } from "../text/render.js";
import { mentions } from "../text/text.js";

/** @typedef {import("../model/lines.js").Line} Line */

/** Messages that one person sends within this many milliseconds of the first share one name. */
export const TOGETHER = 5 * 60_000;

// Times come from the server and are shown in the reader's time zone and format.
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const names = new Intl.ListFormat("en", { type: "conjunction" });

/**
 * The day of an instant, in words: today, yesterday, or the date.
 *
 * @param {number} time milliseconds since the epoch
 */
export function dayOf(time) {
  const then = new Date(time);
  const day = new Date();
  if (then.toDateString() === day.toDateString()) return "Today";
  day.setDate(day.getDate() - 1);
  if (then.toDateString() === day.toDateString()) return "Yesterday";
  return (then.getFullYear() === day.getFullYear() ? weekday : date).format(then);
}

/** When the day of an instant began. @param {number} time milliseconds since the epoch, as is the answer */
export const dawnOf = (time) => new Date(time).setHours(0, 0, 0, 0);

/** Do two lines, one after the other, come from the same person? @param {Line} [line] @param {Line} [above] */
export const isRun = (line, above) =>
  line?.kind === "chat" && above?.kind === "chat" && line.username === above.username;

/**
 * A line between others that says what follows.
 *
 * @param {string} kind
 * @param {string} text
 */
export const separator = (kind, text) =>
  h("li", { class: `separator ${kind}` }, h("span", {}, text));

/** How a line looks: to whom, how people are shown, and does it go on under the name above? @typedef {{ me: string, shown: (name: string) => string, compact: boolean }} How */

/**
 * The element of a line.
 *
 * @param {Line} line
 * @param {How} how
 */
export function show(line, how) {
  if (line.kind === "chat") return message(line, how);
  if (line.kind === "gap") return separator("gap", line.content);
  if (line.kind === "error") return h("li", { class: "notice error", dir: "auto" }, line.content);
  const words = line.kind === "note" ? line.content : movesOf(line, how);
  return h("li", { class: "notice", dir: "auto", title: exact.format(line.time) }, words);
}

/** Who came and went, in words. @param {Line} line @param {How} how */
function movesOf({ moves = new Map() }, { shown }) {
  /** @type {Record<string, string[]>} */
  const who = { joined: [], left: [], "came and went": [], "left and came back": [] };
  for (const [name, turns] of moves) {
    const [first, last] = [turns[0], turns.at(-1)];
    const both = first ? "came and went" : "left and came back";
    who[first !== last ? both : last ? "joined" : "left"]?.push(shown(name));
  }
  return Object.entries(who).filter(([, people]) => people.length > 0)
    .map(([verb, people]) => `${names.format(few(people))} ${verb}`).join(" · ");
}

/** @param {string[]} people */
const few = (people) =>
  people.length > 6 ? [...people.slice(0, 5), `${people.length - 5} others`] : people;

/**
 * @param {Line} line
 * @param {How} how
 */
function message(line, { me, compact }) {
  const own = line.state !== undefined || keyOf(line.username) === keyOf(me);
  const called = !own && mentions(line.content, me);
  const { username, name: shown = username } = line;
  const title = shown === username ? undefined : username;
  const properties = { class: "name", title, "data-hue": hue(username) };
  // Nobody could see the focus on the names of further messages.
  const name = own || compact ? h("bdi", properties, own ? "You" : shown) : h(
    "button",
    { ...properties, ...opensMenu(username), tabIndex: -1 },
    h("bdi", {}, shown),
  );
  const time = h(
    "time",
    { dateTime: new Date(line.time).toISOString(), title: exact.format(line.time) },
    clock.format(line.time),
  );
  const classes = ["message", own && "own", compact && "compact", called && "called", line.state];
  const element = h(
    "li",
    { class: classes.filter(Boolean).join(" ") },
    own ? "" : avatar(username, shown),
    h("div", { class: "who" }, name, " ", time),
    h("div", { class: "bubble", dir: "auto" }, ...render(line.content)),
  );
  if (own) element.append(mark(line.state));
  if (line.state === "failed" || line.problem) element.append(failure(line));
  return element;
}

/** @param {Line["state"]} state */
function mark(state = "sent") {
  const words = { pending: "Sending", sent: "Sent", failed: "Not sent" }[state];
  const sign = { pending: "◷", sent: "✓", failed: "!" }[state];
  return h("span", { class: "mark", role: "img", "aria-label": words, title: words }, sign);
}

/**
 * Why a message was not sent, and what can be done about it; or why it is not sent yet. The timeline
 * handles the buttons.
 *
 * @param {Line} line
 */
function failure(line) {
  /** @param {string} act @param {string} text */
  const button = (act, text) =>
    h("button", { type: "button", class: "plain", "data-act": act }, text);
  if (line.state === "pending") {
    const words = `Not sent yet, it is tried again: ${line.problem}`;
    return h("p", { class: "hint", role: "status" }, words);
  }
  return h(
    "p",
    { class: "failure", role: "alert" },
    `Not sent: ${line.problem || "unknown reason"} `,
    button("retry", "Try again"),
    button("discard", "Discard"),
  );
}
