/// <reference lib="dom" />
/**
 * Where messages are written.
 *
 * @module
 */
import { find, write } from "../dom.js";
import { fit } from "../fallbacks.js";
import { isComposing } from "../keys/keyboard.js";
import { later } from "../later.js";

/** With this many characters left or fewer, the page says how many. */
const COUNTED = 200;

/** Where nothing but Enter begins a new line: a keyboard on the screen, beside which is the button. */
const TOUCH = "(pointer: coarse) and (hover: none)";

/** The message box, with one draft per conversation, and who else is typing. */
export class Composer {
  #session;
  #sent;
  /** Offers names and emoji; loaded when one may be meant. @type {import("./completion.js").Completion | undefined} */
  #completion;
  #touch = matchMedia(TOUCH);
  /** @type {HTMLTextAreaElement} */
  #content = find("content");
  /** @type {import("../model/conversation.js").Conversation | undefined} */
  #conversation;

  /**
   * @param {import("../model/session.js").Session} session
   * @param {() => void} sent called after each message
   * @param {AbortSignal} signal ends it
   */
  constructor(session, sent, signal) {
    this.#session = session;
    this.#sent = sent;
    find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
      this.#content.focus();
    }, { signal });
    this.#content.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    this.#content.addEventListener("input", () => {
      if (/[@:]/.test(this.#content.value)) this.#complete(signal);
    }, { signal });
    this.#content.addEventListener("input", () => {
      this.#typed();
      if (this.#content.value.trim() !== "") this.#session.typing();
    }, { signal });
    const label = () => this.#content.enterKeyHint = this.#touch.matches ? "enter" : "send";
    this.#touch.addEventListener("change", label, { signal });
    label();
    addEventListener("resize", () => fit(this.#content), { signal });
    // Not only with the next frame: what is typed until then must neither be lost nor go elsewhere.
    session.addEventListener("change", () => this.#turn(), { signal });
  }

  /** Brings the box up to date; called at most once per animation frame. */
  render() {
    this.#turn();
    const { current, conversations, hush } = this.#session;
    const [one, two, ...more] = current.writers.map((name) => conversations.shown(name));
    write(find("hush"), hush?.words ?? "");
    const closed = hush?.closed === true;
    if (closed && document.activeElement === this.#content) find("timeline").focus();
    find("composer").classList.toggle("hushed", closed);
    if (one === undefined) write(find("typing"), "");
    else if (two === undefined) write(find("typing"), `${one} is typing…`);
    else if (more.length === 0) write(find("typing"), `${one} and ${two} are typing…`);
    else write(find("typing"), "Several people are typing…");
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (isComposing(event) || this.#completion?.key(event)) return;
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    // The keyboard of a tablet cannot be told from one on its screen; Ctrl can.
    const sends = ctrlKey || metaKey || !shiftKey && !this.#touch.matches;
    if (key === "Enter" && sends) {
      event.preventDefault();
      this.#submit();
    } else if (key === "ArrowUp" && !(altKey || ctrlKey || metaKey || shiftKey)) this.#reuse(event);
  }

  /** Has names and emoji offered from here on. @param {AbortSignal} signal ends it */
  async #complete(signal) {
    if (this.#completion) return;
    try {
      const { Completion } = await later.completion();
      if (!signal.aborted) {
        this.#completion ??= new Completion(this.#session, this.#content, signal);
      }
    } catch {
      // Offline. The next letter tries again.
    }
  }

  #submit() {
    const content = this.#content.value.trim();
    if (content === "" || this.#left() < 0) return;
    this.#content.value = "";
    this.#completion?.close();
    this.#session.say(content);
    this.#typed();
    this.#sent();
  }

  /** Brings the last own message into an empty box. @param {KeyboardEvent} event */
  #reuse(event) {
    if (this.#content.value !== "") return;
    const { lines, unsent } = this.#session.current;
    const last = [...lines, ...unsent].findLast(({ kind, username }) =>
      kind === "chat" && this.#session.isMe(username)
    );
    if (!last) return;
    event.preventDefault();
    this.#content.value = last.content;
    this.#typed();
  }

  /** Turns to the conversation that is open now. */
  #turn() {
    const { current } = this.#session;
    if (current === this.#conversation) return;
    this.#conversation = current;
    this.#completion?.close();
    this.#content.value = current.draft;
    this.#content.placeholder = `Message ${current.title}`;
    write(find("content-label"), `Message ${current.title}`);
    this.#typed();
  }

  #left() {
    return this.#session.longest - [...this.#content.value.trim()].length;
  }

  #typed() {
    fit(this.#content);
    if (this.#conversation) this.#conversation.draft = this.#content.value;
    const left = this.#left();
    const counter = find("counter");
    counter.hidden = left > COUNTED;
    counter.classList.toggle("over", left < 0);
    const count = Math.abs(left);
    const characters = `${count} character${count === 1 ? "" : "s"}`;
    write(counter, `${characters} ${left < 0 ? "too many" : "left"}`);
  }
}
