/// <reference lib="dom" />
/**
 * The state of the connection, in words.
 *
 * @module
 */
import { find, write } from "./dom.js";

/** What the protocol's close codes mean to a person. */
const REASONS = /** @type {Record<number, string>} */ ({
  1001: "The server is restarting",
  1009: "A message was too big for the server",
  1011: "Something went wrong on the server",
  4400: "The server did not understand this page. Reload it to go on",
  4401: "Your access has expired",
  4403: "You are not allowed in here",
  4408: "The connection was too slow",
  4409: "You are now connected in a newer window",
  4429: "Too much was sent at once",
});

/** Why a connection ended; what the server refuses it says itself. @param {import("../chat.js").Ending} ending */
const wordsFor = ({ code, reason }) =>
  (code >= 400 && code < 1_000 ? reason : REASONS[code]) || "The connection was lost";

/** How long, in milliseconds, the banner says that the connection is back. */
const WELCOME_BACK = 5_000;

/** The strip above the messages that says why the connection is down and when it is tried again. */
export class Banner {
  #session;
  #element = find("banner");
  /** Has the connection been lost and not come back since? */
  #lost = false;
  /** Until when to say that it is back. */
  #backUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("./session.js").Session} session
   * @param {AbortSignal} signal ends it
   */
  constructor(session, signal) {
    this.#session = session;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Brings the banner up to date. Besides the page's frames, its own timer calls this. */
  render() {
    clearTimeout(this.#timer);
    const now = performance.now();
    const { state, ending, retryAt } = this.#session.connection;
    if (state === "offline") this.#lost = true;
    if (state === "online" && this.#lost) {
      this.#lost = false;
      this.#backUntil = now + WELCOME_BACK;
    }
    const back = state === "online" && now < this.#backUntil;
    if (back) this.#timer = setTimeout(() => this.render(), this.#backUntil - now);
    if (state === "offline") this.#timer = setTimeout(() => this.render(), 1_000);

    const reason = navigator.onLine
      ? wordsFor(ending ?? { code: 0, reason: "" })
      : "This device is offline";
    const sentence = {
      connecting: this.#lost ? `${reason}. Connecting again…` : "Connecting…",
      offline: `${reason}.`,
      closed: `${reason}.`,
      online: "Connected again.",
    }[state];
    this.#element.className = back ? "online back" : state;
    this.#element.hidden = state === "online" && !back;
    write(find("banner-text"), sentence);
    // The countdown is outside the live region: a screen reader would read it out every second.
    const wait = Math.ceil(((retryAt ?? 0) - Date.now()) / 1_000);
    write(find("countdown"), state === "offline" && wait > 0 ? `Trying again in ${wait} s` : "");
    find("rejoin").hidden = state !== "closed";
  }
}
