/// <reference lib="dom" />
/**
 * Where one can go: rooms, people, and which of them somebody means. Knows nothing of the page.
 *
 * @module
 */
import { fold, keyOf, ROOM_RULE, toRoom } from "../../names.js";

/** The most that are offered at once. */
export const OFFERED = 100;

/**
 * A room or a person.
 *
 * @typedef {object} Choice
 * @property {"room" | "person"} kind
 * @property {string} name
 * @property {string} key what it is compared by
 * @property {"current" | "open" | "other" | "new"} state is it on screen, one of the
 * conversations, neither, or not there yet?
 * @property {number} unread
 * @property {number} [users] how many are in the room
 * @property {boolean} [here] is the person in one of the rooms?
 */

/**
 * Everything there is to choose from: first the conversations, those with news before the others and
 * hidden ones after them, then the people here, then the rooms of the server by how many are in them.
 *
 * @param {import("../model/session.js").Session} session
 * @param {{ room: string, users: number }[]} rooms those that the server tells
 * @returns {Choice[]}
 */
export function gather({ conversations, current, name: me }, rooms) {
  const users = new Map(rooms.map(({ room, users }) => [room, users]));
  /** @type {Map<string, Choice>} */
  const choices = new Map();
  /** @param {Choice["kind"]} kind @param {string} name @param {Partial<Choice>} more */
  const add = (kind, name, more) => {
    const id = `${kind}:${keyOf(name)}`;
    if (choices.has(id)) return;
    choices.set(id, { kind, name, key: fold(name), state: "other", unread: 0, ...more });
  };
  /** @param {import("../model/conversation.js").Conversation} conversation */
  const order = (conversation) => {
    if (conversation === current) return 3;
    return conversation.hidden ? 2 : conversation.unread > 0 ? 0 : 1;
  };
  for (const each of conversations.every.sort((a, b) => order(a) - order(b))) {
    const { kind, name, unread } = each;
    const state = each === current ? "current" : "open";
    if (kind === "room") add(kind, name, { state, unread, users: users.get(name) });
    else add(kind, name, { state, unread, here: conversations.isHere(name) });
  }
  for (const { people } of conversations.rooms) {
    for (const name of people) {
      if (keyOf(name) !== keyOf(me)) add("person", name, { here: conversations.isHere(name) });
    }
  }
  for (const { room, users } of [...rooms].sort((a, b) => b.users - a.users)) {
    add("room", room, { users });
  }
  return [...choices.values()];
}

/**
 * Those that a text fits, the best first. With # before it only rooms do, with @ only people. A room
 * that is not there yet comes last.
 *
 * @param {Choice[]} choices
 * @param {string} text
 * @returns {{ found: Choice[], count: number, problem: string }} the first of them, how many there
 * are, and why there are none
 */
export function pick(choices, text) {
  const kind = { "#": "room", "@": "person" }[text[0] ?? ""];
  const name = kind ? text.slice(1).trim() : text;
  const key = fold(name);
  const ranked = choices.map((choice) => ({ choice, rank: rank(choice.key, key) }))
    .filter(({ choice, rank }) => rank < Infinity && (!kind || choice.kind === kind))
    .sort((a, b) => a.rank - b.rank)
    .map(({ choice }) => choice);
  const found = ranked.slice(0, OFFERED);
  const room = kind === "person" ? undefined : toRoom(name);
  if (room && !choices.some((choice) => choice.kind === "room" && choice.name === room)) {
    found.splice(OFFERED - 1);
    found.push({ kind: "room", name: room, key: room, state: "new", unread: 0 });
  }
  const isFound = found.length > 0 || name === "";
  return { found, count: ranked.length, problem: isFound ? "" : problemOf(kind) };
}

/** @param {string} [kind] */
function problemOf(kind) {
  if (kind === "person") return "Nobody in your rooms is called so.";
  return `There is nothing of this name, and no room can have it: ${ROOM_RULE}.`;
}

/**
 * How well a name fits: 0 is best, `Infinity` not at all.
 *
 * @param {string} name folded, as is `wanted`
 * @param {string} wanted
 */
export function rank(name, wanted) {
  if (name === wanted) return 0;
  const at = name.indexOf(wanted);
  if (at <= 0) return at < 0 ? Infinity : 1;
  return [" ", "-", "_", "."].some((before) => name.includes(before + wanted)) ? 2 : 3;
}
