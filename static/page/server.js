/// <reference lib="dom" />
/**
 * Where the page's server is, and what it answers. The page may be one path of a bigger site, so it
 * asks for nothing by a path from the root.
 *
 * @module
 */

import { recall } from "./memory.js";

/** Milliseconds within which an answer must be there. */
const PATIENCE = 15_000;

const NONSENSE = "the server's answer makes no sense";

/** What is wrong where there is no answer, by the name of the error. */
const FAULTS = /** @type {Record<string, string>} */ ({
  TimeoutError: "the server does not answer",
  SyntaxError: NONSENSE,
});

/** Where the server begins, seen from here: this is its `v/VERSION/page/server.js`. */
const ROOT = new URL("../../../", import.meta.url);

/** The address of a path on the server, such as `api/rooms`. @param {string} path */
export const address = (path) => new URL(path, ROOT).href;

/** Says to a person what could not be done, and why. */
export class Unanswered extends Error {
  /** @param {string} message @param {number} [retryAfter] milliseconds to wait, where the server says so @param {number} [status] what it answered, if it did */
  constructor(message, retryAfter = 0, status = 0) {
    super(message);
    this.name = "Unanswered";
    this.retryAfter = retryAfter;
    this.status = status;
  }
}

/**
 * What the server answers, by default to a `GET`.
 *
 * @param {string} what it is asked to do, such as "list the rooms"
 * @param {string} path
 * @param {object} [how]
 * @param {number} [how.patience] milliseconds to wait
 * @param {AbortSignal} [how.signal] gives up waiting
 * @param {(answer: any) => boolean} [how.fits] does an answer make sense?
 * @param {{ method: string, body?: string }} [how.order] what is asked for instead
 * @returns {Promise<any>} the answer, from JSON
 * @throws {Unanswered}
 */
export async function ask(
  what,
  path,
  { patience = PATIENCE, signal, fits = () => true, order } = {},
) {
  const deadline = AbortSignal.timeout(patience);
  const token = recall("token");
  let why, wait, status;
  try {
    const answer = await fetch(address(path), {
      ...order,
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
    });
    if (answer.ok) {
      const told = answer.status === 204 ? null : await answer.json();
      if (fits(told)) return told;
      why = NONSENSE;
    } else {
      const problem = await answer.json().catch(() => null);
      status = answer.status;
      why = status === 429
        ? "the server is asked for too much at the moment"
        : isText(problem?.detail)
        ? problem.detail
        : `the server says ${status}`;
      wait = 1_000 * Number(answer.headers.get("retry-after") ?? 0);
    }
  } catch (fault) {
    why = FAULTS[/** @type {Error} */ (fault).name] ?? "the server cannot be reached";
  }
  throw new Unanswered(`Cannot ${what}: ${why}`, wait, status);
}

/** @param {unknown} value */
export const isText = (value) => typeof value === "string";

/** Is it a list of which each fits? @param {any} list @param {(each: any) => boolean} fits */
export const isList = (list, fits) =>
  Array.isArray(list) && list.every((each) => each && fits(each));

/** Can one go on after a name with the next page, and get to the end? @param {string | undefined} next @param {string} after */
export const goesOn = (next, after) => next === undefined || isText(next) && next > after;

/**
 * Some of the people in a room, in the order of their names.
 *
 * @param {string} room
 * @param {{ limit: number, after?: string, signal?: AbortSignal }} page `limit`: how many, 1 to 1000;
 * `after`: the name after which they come
 * @returns {Promise<{ names: string[], next?: string }>} `next`: the name after which it goes on
 * @throws {Unanswered}
 */
export async function listPeople(room, { limit, after = "", signal }) {
  const query = new URLSearchParams({ room, limit: String(limit), after });
  const { users, next } = await ask("list the people", `api/users?${query}`, {
    signal,
    fits: (part) =>
      isList(part?.users, ({ username }) => isText(username)) && goesOn(part.next, after),
  });
  return { names: users.map((/** @type {{ username: string }} */ { username }) => username), next };
}

/** A part of a room's history, oldest first. @typedef {{ messages: import("../chat.js").ChatMessage[], complete: boolean }} Part */

/**
 * What was said in a room.
 *
 * @param {string} room
 * @param {{ limit: number, before?: string, since?: string }} where ids; with neither, the newest
 * @returns {Promise<Part>} `complete`: nothing else was said there
 */
export function readMessages(room, where) {
  const query = new URLSearchParams(
    Object.entries(where).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]]
    ),
  );
  return ask("read what was said", `api/rooms/${room}/messages?${query}`, {
    fits: (part) => isList(part?.messages, isMessage),
  });
}

/** @param {any} message */
export const isMessage = ({ id, username, content, timestamp }) =>
  [id, username, content].every(isText) && !Number.isNaN(Date.parse(timestamp));

/** How the server is. @returns {Promise<{ uptime: number, engine?: string }>} `uptime`: seconds since it was started */
export const readStats = () =>
  ask("ask the server", "api/stats", { fits: (stats) => typeof stats?.uptime === "number" });
