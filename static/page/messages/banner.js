/// <reference lib="dom" />
/**
 * The state of the connection, in words.
 *
 * @module
 */
import { find, write } from "../dom.js";
import { explain, remedy } from "../words.js";

/** @typedef {import("../../chat.js").Ending} Ending */

/** For how many milliseconds the banner says that the connection is back. */
const WELCOME_BACK = 5_000;

/** How many milliseconds connecting may take before the banner says so: mostly it is there at once. */
const SOON = 500;

/** The strip above the messages that says why there is no connection and when it is tried again. */
export class Banner {
  #session;
  #element = find("banner");
  #begun = performance.now();
  /** Has there been a connection? */
  #known = false;
  /** Why the last connection that there was ended; null while there is one. @type {Ending | null} */
  #cut = null;
  /** Did an attempt fail since there was a connection? */
  #failed = false;
  /** Was there a connection before this one? */
  #again = false;
  /** Until when to say that there is a connection. */
  #backUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("../model/session.js").Session} session
   * @param {AbortSignal} signal ends it
   */
  constructor(session, signal) {
    this.#session = session;
    // Not only with the next frame: hidden pages have none, and would take the first cut they
    // show for a server that was never there.
    session.addEventListener("change", () => this.#follow(), { signal });
    find("reload").addEventListener("click", () => location.reload(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#follow();
  }

  /** Takes note of how the connection has fared. */
  #follow() {
    const { state, ending } = this.#session.connection;
    if (state === "online") {
      if (this.#failed) {
        this.#again = this.#known;
        this.#backUntil = performance.now() + WELCOME_BACK;
      }
      this.#known = true;
      this.#failed = false;
      this.#cut = null;
    } else if (state !== "connecting") {
      this.#failed = true;
      if (this.#known) this.#cut ??= ending;
    }
  }

  /** Brings the banner up to date. Besides the page's frames, its own timer calls this. */
  render() {
    clearTimeout(this.#timer);
    const { state, ending, retryAt, forgotten } = this.#session.connection;
    const shown = this.#failed && state === "connecting" ? "offline" : state;
    const left = this.#left(shown);
    if (left > 0) this.#timer = setTimeout(() => this.render(), left);
    const back = state === "online" && left > 0;
    this.#element.className = back ? "online back" : shown;
    this.#element.hidden = !back && (state === "online" || shown === "connecting" && left > 0);
    const sentence = {
      connecting: "Connecting…",
      offline: navigator.onLine ? explain(ending, this.#cut) : "This device is offline.",
      closed: explain(ending, this.#cut),
      online: `Connected${this.#again ? " again" : ""}.` +
        (forgotten ? " The server was restarted." : ""),
    }[shown];
    write(find("banner-text"), sentence);
    // Outside the live region: a screen reader would read out every second, and every attempt.
    const wait = Math.ceil(((retryAt ?? 0) - Date.now()) / 1_000);
    const next = wait > 0 ? `Trying again in ${wait}\u00a0s` : "Trying again…";
    write(find("countdown"), shown === "offline" ? next : "");
    const helps = state === "closed" && ending ? remedy(ending) : undefined;
    find("rejoin").hidden = helps !== "join";
    find("reload").hidden = helps !== "reload";
  }

  /** Milliseconds until the banner has something else to say; 0: not by itself. @param {string} shown */
  #left(shown) {
    const now = performance.now();
    if (shown === "online") return Math.max(0, this.#backUntil - now);
    if (shown === "connecting") return Math.max(0, this.#begun + SOON - now);
    return shown === "offline" ? 1_000 : 0;
  }
}
