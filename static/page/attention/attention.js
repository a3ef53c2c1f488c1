/// <reference lib="dom" />
/**
 * How the page reaches somebody who is not looking at it, or cannot see it.
 *
 * @module
 */
import { Notices } from "./notices.js";
import { Sound } from "./sound.js";
import { Speech } from "./speech.js";
import { Tally } from "./tally.js";
import { Wishes } from "./wishes.js";

/** @typedef {import("./gathering.js").Heard} Heard */

/** Decides who is told of a new message in which way. */
export class Attention {
  #session;
  #tally = new Tally();
  #sound = new Sound();
  #wishes;
  #speech;
  #notices;

  /**
   * @param {import("../model/session.js").Session} session
   * @param {AbortSignal} signal ends it
   */
  constructor(session, signal) {
    this.#session = session;
    this.#speech = new Speech(signal);
    this.#wishes = new Wishes(() => this.#try(), signal);
    this.#notices = new Notices({
      wanted: () => this.#wishes.allowed && !isLookedAt(),
      open: ({ kind, name }) => session.open(kind, name),
      refused: () => this.#wishes.refuse(),
    }, signal);
    session.addEventListener("heard", (event) => {
      this.#hear(/** @type {CustomEvent<Heard>} */ (event).detail);
    }, { signal });
    // At once and not in the next animation frame: hidden pages have none.
    session.addEventListener("change", () => this.#count(), { signal });
    addEventListener("focus", () => this.#count(), { signal });
    for (const gesture of ["pointerdown", "keydown"]) {
      addEventListener(gesture, () => this.#prepare(), { signal });
    }
    this.#prepare();
    signal.addEventListener("abort", () => {
      this.#tally.clear();
      this.#sound.close();
    });
  }

  /** @param {Heard} heard */
  #hear({ conversation, line, calls }) {
    const shown = conversation === this.#session.current && !document.hidden;
    const { wish, sound } = this.#wishes;
    const to = ways({ calls, shown, visible: !document.hidden, lookedAt: isLookedAt(), wish });
    if (to.speak) this.#speech.add({ conversation, line, calls: calls && !shown });
    if (to.notify) this.#notices.add({ conversation, line, calls });
    if (to.sound && sound) this.#sound.play();
  }

  #count() {
    const { conversations, current, shown } = this.#session;
    this.#tally.show(`${current.title} · ${shown} · Parley`, conversations.all);
    // A page on a second screen is not looked at, though what it shows counts as read.
    const beside = !document.hidden && !isLookedAt();
    this.#notices.clear((each) => each.unread === 0 && !(beside && each === current));
  }

  /** Sounds are allowed from somebody's first click or key on. */
  #prepare() {
    if (this.#wishes.sound && navigator.userActivation?.hasBeenActive) this.#sound.prepare();
  }

  /** Lets somebody hear what they have turned on. */
  #try() {
    this.#sound.prepare();
    this.#sound.play();
  }
}

/** Is the page looked at? It may be visible beside another that is. */
const isLookedAt = () => !document.hidden && document.hasFocus();

/**
 * The ways to tell somebody of a message.
 *
 * @param {object} about
 * @param {boolean} about.calls does it mention them, or is it private?
 * @param {boolean} about.shown is it on screen?
 * @param {boolean} about.visible is the page visible?
 * @param {boolean} about.lookedAt does the page have the focus, too?
 * @param {import("./wishes.js").Wish} about.wish what they want to be told of
 */
export function ways({ calls, shown, visible, lookedAt, wish }) {
  const wanted = wish === "all" || wish === "calls" && calls;
  return {
    // Chatter in other rooms would only disturb who is reading here.
    speak: shown || visible && calls,
    sound: wanted && (!lookedAt || calls && !shown),
    notify: wanted && !lookedAt,
  };
}
