/// <reference lib="dom" />
/**
 * Where messages are written.
 *
 * @module
 */
import { find, write } from "./dom.js";

/** With this many characters left or fewer, the page says how many. */
const COUNTED = 200;

/** The message box, with one draft per conversation, and who else is typing. */
export class Composer {
  #session;
  /** @type {HTMLTextAreaElement} */
  #content = find("content");
  /** @type {import("./conversation.js").Conversation | undefined} */
  #conversation;

  /**
   * @param {import("./session.js").Session} session
   * @param {() => void} sent called after each message
   * @param {AbortSignal} signal ends it
   */
  constructor(session, sent, signal) {
    this.#session = session;
    const submit = () => {
      const content = this.#content.value.trim();
      if (content === "" || this.#left() < 0) return;
      this.#content.value = "";
      this.#session.say(content);
      this.#typed();
      sent();
    };
    find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
      this.#content.focus();
    }, { signal });
    this.#content.addEventListener("keydown", (event) => {
      // In an input method, Enter picks a word.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    }, { signal });
    this.#content.addEventListener("input", () => {
      this.#typed();
      if (this.#content.value.trim() !== "") this.#session.typing();
    }, { signal });
    // Not only with the next frame: what is typed until then must neither be lost nor go elsewhere.
    session.addEventListener("change", () => this.#turn(), { signal });
  }

  /** Brings the box up to date; called at most once per animation frame. */
  render() {
    this.#turn();
    const { current } = this.#session;
    const [one, two, ...more] = current.writers;
    if (one === undefined) write(find("typing"), "");
    else if (two === undefined) write(find("typing"), `${one} is typing…`);
    else if (more.length === 0) write(find("typing"), `${one} and ${two} are typing…`);
    else write(find("typing"), "Several people are typing…");
  }

  /** Turns to the conversation that is open now. */
  #turn() {
    const { current } = this.#session;
    if (current === this.#conversation) return;
    this.#conversation = current;
    this.#content.value = current.draft;
    this.#content.placeholder = `Message ${current.title}`;
    write(find("content-label"), `Message ${current.title}`);
    this.#typed();
  }

  #left() {
    return this.#session.longest - [...this.#content.value.trim()].length;
  }

  #typed() {
    if (this.#conversation) this.#conversation.draft = this.#content.value;
    const left = this.#left();
    const counter = find("counter");
    counter.hidden = left > COUNTED;
    counter.classList.toggle("over", left < 0);
    write(counter, left < 0 ? `${-left} characters too many` : `${left} characters left`);
  }
}
