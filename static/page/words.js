/**
 * What is wrong, in words for a person: why there is no connection and what would help, and why
 * something was refused. Knows nothing of the page.
 *
 * @module
 */

/** @typedef {import("../chat.js").Ending} Ending */

/** What the close codes of the protocol mean, and statuses of a handshake that something refused. */
const ENDINGS = /** @type {Record<number, string>} */ ({
  401: "Your access has ended",
  403: "You are not allowed in here",
  404: "There is no chat at this address",
  429: "Too many connections are made from your network",
  500: "Something went wrong on the server",
  502: "The server is not there",
  504: "The server does not answer",
  1001: "The server has stopped",
  1002: "The server does not understand this page. Reload it to go on",
  1009: "A message was too big for the server",
  1011: "Something went wrong on the server",
  1013: "The server cannot read its messages at the moment",
  4400: "The server did not understand this page. Reload it to go on",
  4408: "The connection was too slow",
  4409: "You went on in another tab",
  4429: "Too much was sent at once",
});

/** What error codes mean where the server's own words are not for people. */
const ERRORS = /** @type {Record<string, string>} */ ({
  bad_json: "the server did not understand this page. Reload it to go on",
  bad_message: "the server did not understand this page. Reload it to go on",
  unknown_type: "the server did not understand this page. Reload it to go on",
  empty: "nothing in it can be seen",
  too_long: "it is too long",
  rate_limited: "it is too soon after the one before",
  unavailable: "the server can keep no messages at the moment",
  closed: "the connection was ended before",
});

/** What is said of an ending; nothing where all that is known is that it ended. @param {Ending} ending */
function wordsFor({ code, reason }) {
  const refused = code >= 400 && code < 600;
  const said = ENDINGS[code] ?? ENDINGS[code % 4_000];
  // Of who may be here only the server knows why not.
  // It was no tab of theirs, but somebody whose token says the name.
  if (code === 4409 && /proven/.test(reason)) return reason;
  if (code % 4_000 === 403 && reason) return `${said}: ${problem({ message: reason })}`;
  return said ?? (refused ? reason || `The server says ${code}` : "");
}

/**
 * Why there is no connection, in sentences.
 *
 * @param {Ending | null} latest why the last attempt failed
 * @param {Ending | null} [cut] why the last connection that there was ended
 */
export function explain(latest, cut) {
  const said = latest ? wordsFor(latest) : "";
  if (!cut) return said ? sentences("Cannot connect", said) : "Cannot connect to the server.";
  const lost = wordsFor(cut) || "The connection was lost";
  if (!said || said === lost) return sentences(lost);
  return sentences(lost, /^The server /.test(lost) ? said.replace(/^The server /, "It ") : said);
}

/** What is said to whom a token, or none, does not let in. @param {string} reason of the server @param {boolean} known had they one? */
export const uninvited = (reason, known) =>
  known
    ? `Your invitation does not let you in: ${problem({ message: reason })}. Ask for a new one.`
    : "You need an invitation to come in: open the link that you were given.";

/**
 * What a person can do about a connection that has ended for good: `join` again, `reload` the page,
 * or enter by another `name`. Nothing helps who may not be here.
 *
 * @param {Ending} ending
 * @returns {"join" | "reload" | "name" | undefined}
 */
export function remedy({ code }) {
  if (code === 4409) return "join";
  if (code === 400 || code === 409) return "name";
  if (code !== 403 && code !== 4403) return "reload";
}

/**
 * Why the server, or the client library, did not do something: what follows "Not sent: ".
 *
 * @param {{ code?: string, message: string }} error
 */
export const problem = ({ code = "", message }) =>
  ERRORS[code] ?? message.replace(/^Cannot [^:]*: /, "");

/** @param {...string} texts */
const sentences = (...texts) =>
  texts.map((text) => /[.!?]$/.test(text) ? text : `${text}.`).join(" ");
