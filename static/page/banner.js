/// <reference lib="dom" />
/**
 * How the connection is, in words.
 *
 * @module
 */
import { find, write } from "./dom.js";

/** What the close codes of the protocol mean to a person. */
const REASONS = /** @type {Record<number, string>} */ ({
  1001: "The server is restarting",
  1009: "A message was too big for the server",
  1011: "The server had a fault",
  4400: "The server did not understand this page. Reload it",
  4401: "Your access has expired",
  4403: "You are not allowed in here",
  4408: "The connection was too slow",
  4409: "You are connected in a newer window",
  4429: "Too much was sent at once",
});

/** Milliseconds for which the return of the connection is told. */
const WELCOME_BACK = 3_000;

/** The line above the messages that says why one is not connected and when that changes. */
export class Banner {
  #session;
  #element = find("banner");
  #state = "connecting";
  #lost = false;
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

  /** Brings the banner up to date; called at most once per animation frame, and every second. */
  render() {
    clearTimeout(this.#timer);
    const { state, ending, retryAt } = this.#session.connection;
    const back = state === "online" && this.#lost && this.#state !== "online";
    if (state === "offline") this.#lost = true;
    const reason = navigator.onLine
      ? REASONS[ending?.code ?? 0] ?? "The connection was lost"
      : "This device is offline";
    const wait = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1_000);

    if (back) {
      this.#timer = setTimeout(() => this.render(), WELCOME_BACK);
      this.#lost = false;
    }
    this.#state = state;
    this.#element.className = back ? "online back" : state;
    this.#element.hidden = state === "online" && !back;
    write(
      find("banner-text"),
      {
        connecting: this.#lost ? `${reason}. Connecting again…` : "Connecting…",
        offline: `${reason}.`,
        closed: `${reason}.`,
        online: "Connected again.",
      }[state],
    );
    // Beside the text, not in it: a live region would speak every second.
    write(find("countdown"), state === "offline" && wait > 0 ? `Trying again in ${wait} s` : "");
    find("rejoin").hidden = state !== "closed";
    if (state === "offline") this.#timer = setTimeout(() => this.render(), 1_000);
  }
}
