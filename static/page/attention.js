/// <reference lib="dom" />
/**
 * How the page reaches somebody who is not looking at it, or cannot see it.
 *
 * @module
 */
import { find, write } from "./dom.js";
import { recall, remember } from "./memory.js";

/** For how many milliseconds messages are gathered before they are spoken: busy rooms chatter. */
const GATHERED = 1_500;

/** How many characters of a message are spoken, or shown in a notification. */
const EXCERPT = 200;

/** The count in the title, notifications, and what screen readers speak. */
export class Attention {
  #session;
  #button = find("notify");
  #unspoken = 0;
  #excerpt = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {import("./session.js").Session} session
   * @param {AbortSignal} signal ends it
   */
  constructor(session, signal) {
    this.#session = session;
    session.addEventListener("heard", (event) => {
      const { conversation, line } = /** @type {CustomEvent} */ (event).detail;
      if (conversation === session.current && !document.hidden) this.#speak(conversation, line);
      else this.#notify(conversation, line);
    }, { signal });
    // At once and not in the next animation frame: hidden pages have none.
    session.addEventListener("change", () => this.#badge(), { signal });
    this.#button.addEventListener("click", () => this.#toggle(), { signal });
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      document.title = "Parley";
    });
    this.#show();
  }

  #badge() {
    const { conversations, current, name } = this.#session;
    let unread = 0;
    for (const conversation of conversations.all) unread += conversation.unread;
    const title = `${unread > 0 ? `(${unread}) ` : ""}${current.title} · ${name} · Parley`;
    if (document.title !== title) document.title = title;
  }

  /**
   * @param {import("./conversation.js").Conversation} conversation
   * @param {import("./conversation.js").Line} line
   */
  #speak({ title }, { username, content }) {
    this.#unspoken++;
    const excerpt = `${username}: ${content.slice(0, EXCERPT)}`;
    this.#excerpt = this.#unspoken === 1
      ? excerpt
      : `${this.#unspoken} new messages in ${title}. ${excerpt}`;
    this.#timer ??= setTimeout(() => {
      write(find("spoken"), this.#excerpt);
      this.#unspoken = 0;
      this.#timer = undefined;
    }, GATHERED);
  }

  /**
   * Shows one notification per conversation: a new one replaces the one before.
   *
   * @param {import("./conversation.js").Conversation} conversation
   * @param {import("./conversation.js").Line} line
   */
  #notify({ kind, name, key, title }, line) {
    if (!this.#wanted || !document.hidden) return;
    const from = kind === "room" ? `${line.username} in ${title}` : line.username;
    try {
      const notification = new Notification(from, {
        body: line.content.slice(0, EXCERPT),
        tag: key,
      });
      notification.onclick = () => {
        globalThis.focus();
        this.#session.open(kind, name);
        notification.close();
      };
    } catch {
      // On Android only service workers may notify; the count in the title has to do.
    }
  }

  get #wanted() {
    return globalThis.Notification?.permission === "granted" &&
      recall("notify") === "on";
  }

  /** Browsers ask for permission; here that only ever happens at somebody's click. */
  async #toggle() {
    remember("notify", this.#wanted ? "off" : "on");
    if (Notification.permission === "default") await Notification.requestPermission();
    this.#show();
  }

  #show() {
    // Browsers offer notifications on https and on localhost only.
    this.#button.hidden = !("Notification" in globalThis);
    if (this.#button.hidden) return;
    const denied = Notification.permission === "denied";
    this.#button.setAttribute("aria-pressed", String(this.#wanted));
    /** @type {HTMLButtonElement} */ (this.#button).disabled = denied;
    this.#button.title = denied
      ? "Notifications from this page are blocked in the browser's settings"
      : "Tell me about new messages while this page is hidden";
  }
}
