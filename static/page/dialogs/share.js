/// <reference lib="dom" />
/**
 * How others are asked in.
 *
 * @module
 */
import { find, write } from "../dom.js";

/** The buttons, and what they say. */
const BUTTONS = { share: "Copy link", invite: "Copy link to this room" };

/** What they say when it is done, and for how many milliseconds. */
const DONE = "Link copied";
const SHOWN = 3_000;

/** Copies a link to the room on screen, which makes nobody who gets it somebody else. */
export class Share {
  #session;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    for (const id of Object.keys(BUTTONS)) {
      find(id).addEventListener("click", () => this.#copy(), { signal });
    }
    signal.addEventListener("abort", () => this.#rest());
  }

  /** Brings the buttons up to date: there is nothing to share of what is private. */
  render() {
    const { kind, ready } = this.#session.current;
    find("share").hidden = kind !== "room";
    find("invite").hidden = kind !== "room" || !ready;
  }

  async #copy() {
    const { name, title } = this.#session.current;
    const link = new URL(`?${new URLSearchParams({ room: name })}`, location.href).href;
    try {
      // Browsers have it on https and on localhost only, and may forbid it there.
      await navigator.clipboard.writeText(link);
      this.#done();
    } catch {
      offer(link, title);
    }
  }

  #done() {
    this.#rest();
    this.#show(true);
    write(find("spoken"), DONE);
    this.#timer = setTimeout(() => this.#rest(), SHOWN);
  }

  /** Lets the buttons say what they do. */
  #rest() {
    clearTimeout(this.#timer);
    this.#show(false);
    // What is said again is spoken only if it was not there.
    if (find("spoken").textContent === DONE) write(find("spoken"), "");
  }

  /** @param {boolean} done */
  #show(done) {
    for (const [id, words] of Object.entries(BUTTONS)) {
      find(id).classList.toggle("done", done);
      write(find(`${id}-words`), done ? DONE : words);
    }
  }
}

/** Shows a link, for the person to copy. @param {string} link @param {string} title of the room */
function offer(link, title) {
  /** @type {HTMLInputElement} */
  const box = find("link-address");
  box.value = link;
  write(find("link-room"), title);
  /** @type {HTMLDialogElement} */ (find("link")).showModal();
  box.select();
}
