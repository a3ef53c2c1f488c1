/// <reference lib="dom" />
/**
 * How the page says that something has happened to somebody who does not look at it, or cannot.
 *
 * @module
 */
import { find, write } from "./dom.js";
import { recall, remember } from "./memory.js";

/** Milliseconds over which spoken messages are gathered, so that a busy room does not flood. */
const GATHERED = 1_500;

/** Characters of a message that are spoken or shown in a notification. */
const EXCERPT = 200;

/** Title badge, notifications, and what screen readers speak. */
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
    // Not left to the next animation frame: a hidden page has none.
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
   * One notification per conversation: a new one takes the place of the one before.
   *
   * @param {import("./conversation.js").Conversation} conversation
   * @param {import("./conversation.js").Line} line
   */
  #notify({ kind, name, key, title }, line) {
    if (!this.#wanted || !document.hidden) return;
    const notification = new Notification(
      kind === "room" ? `${line.username} in ${title}` : line.username,
      { body: line.content.slice(0, EXCERPT), tag: key },
    );
    notification.onclick = () => {
      globalThis.focus();
      this.#session.open(kind, name);
      notification.close();
    };
  }

  get #wanted() {
    return globalThis.Notification?.permission === "granted" &&
      recall("notify") === "on";
  }

  /** Asks the person, who has asked for it, and never by itself. */
  async #toggle() {
    remember("notify", this.#wanted ? "off" : "on");
    if (Notification.permission === "default") await Notification.requestPermission();
    this.#show();
  }

  #show() {
    // Browsers have notifications on https and localhost only.
    this.#button.hidden = !("Notification" in globalThis);
    if (this.#button.hidden) return;
    const denied = Notification.permission === "denied";
    this.#button.setAttribute("aria-pressed", String(this.#wanted));
    /** @type {HTMLButtonElement} */ (this.#button).disabled = denied;
    this.#button.title = denied
      ? "This browser is set to block notifications of this page"
      : "Tell me of messages while this page is hidden";
  }
}
