/// <reference lib="dom" />
/**
 * What somebody wants to be told of while they do not look at the page, and whether with a sound.
 *
 * @module
 */
import { find, write } from "../dom.js";
import { recall, remember } from "../memory.js";

/** @typedef {"all" | "calls" | "none"} Wish Everything, what calls this person, or nothing. */

/** What the setting was called where it was only on or off. */
const ONCE = /** @type {Record<string, Wish>} */ ({ on: "all", off: "none" });

/** What stands in the way of notifications, by what the browser says of them. */
const HINTS = /** @type {Record<string, string>} */ ({
  denied: "Your browser blocks notifications of this page. It lets you allow them beside the " +
    "address.",
  insecure: "Browsers show notifications of https pages only, and this one came by http.",
  missing: "This browser shows no notifications of pages.",
});

/** The settings in the sidebar. They say what the browser does not allow. */
export class Wishes {
  /** @type {HTMLSelectElement} */
  #choice = find("notify");
  /** @type {HTMLInputElement} */
  #sound = find("sound");
  #allow = find("notify-allow");
  #refused = false;

  /**
   * @param {() => void} turnedOn called when somebody turns the sound on
   * @param {AbortSignal} signal ends it
   */
  constructor(turnedOn, signal) {
    const known = recall("notify") ?? "calls";
    this.#choice.value = ONCE[known] ?? known;
    if (this.#choice.value === "") this.#choice.value = "calls";
    this.#sound.checked = recall("sound") === "on";
    this.#choice.addEventListener("change", () => {
      remember("notify", this.#choice.value);
      this.#ask();
    }, { signal });
    this.#allow.addEventListener("click", () => {
      this.#choice.focus();
      this.#ask();
    }, { signal });
    this.#sound.addEventListener("change", () => {
      remember("sound", this.#sound.checked ? "on" : "off");
      if (this.#sound.checked) turnedOn();
    }, { signal });
    // Whoever changed what the browser allows comes back from its settings.
    addEventListener("focus", () => this.#show(), { signal });
    this.#show();
  }

  /** @returns {Wish} */
  get wish() {
    return /** @type {Wish} */ (this.#choice.value);
  }

  /** Is a sound wanted? */
  get sound() {
    return this.#sound.checked;
  }

  /** May the page show notifications? */
  get allowed() {
    return this.#state === "granted";
  }

  /** Takes note that the browser shows no notifications, whatever it says. */
  refuse() {
    this.#refused = true;
    this.#show();
  }

  /** What the browser says of notifications of this page. */
  get #state() {
    if (!globalThis.isSecureContext) return "insecure";
    return !this.#refused && globalThis.Notification?.permission || "missing";
  }

  /** Browsers ask for permission; here that only ever happens at somebody's choice. */
  async #ask() {
    if (this.wish !== "none" && this.#state === "default") await Notification.requestPermission();
    this.#show();
  }

  #show() {
    const nothing = this.wish === "none";
    this.#sound.disabled = nothing;
    this.#allow.hidden = nothing || this.#state !== "default";
    write(find("notify-hint"), nothing ? "" : HINTS[this.#state] ?? "");
  }
}
