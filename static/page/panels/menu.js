/// <reference lib="dom" />
/**
 * What can be done with a person: a menu that opens at every button with their name.
 *
 * @module
 */
import { avatar, find, h, type } from "../dom.js";
import { uncover } from "../trail.js";
import { visit } from "../visit.js";

/** Pixels from the menu to its button, and to the edges of the window at least. */
const APART = 6;

/** The menu of one person at a time. */
export class Menu {
  #session;
  #picture = h("span");
  #title = h("bdi", { id: "person-name" });
  #whisper = item("Message privately");
  #mention = item("Mention");
  #list = h(
    "div",
    { role: "menu", "aria-labelledby": "person-name" },
    this.#whisper,
    this.#mention,
  );
  #element = h(
    "div",
    { id: "person-menu", popover: "auto" },
    h("p", {}, this.#picture, this.#title),
    this.#list,
  );
  /** @type {{ button: HTMLElement, fits: (about: DOMStringMap) => boolean }[]} */
  #added = [];
  #isOpen = false;
  /** The button that it was opened with. @type {HTMLElement | undefined} */
  #opener;
  /** The button that the mouse was pressed on while the menu stood there. @type {HTMLElement | undefined} */
  #pressed;

  /** @param {import("../model/session.js").Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    const element = this.#element;
    addEventListener("pointerdown", ({ target }) => {
      this.#pressed = this.#isOpen ? openerAt(target) : undefined;
    }, { signal, capture: true });
    addEventListener("click", ({ target }) => {
      const button = openerAt(target);
      // Pressing the mouse has closed it there.
      const closed = button === this.#pressed && button === this.#opener;
      if (button && !closed) this.open(button);
      this.#pressed = undefined;
    }, { signal });
    addEventListener("resize", () => element.hidePopover(), { signal });
    element.addEventListener("beforetoggle", (event) => {
      this.#isOpen = /** @type {ToggleEvent} */ (event).newState === "open";
      if (!this.#isOpen) this.#giveBack();
    });
    element.addEventListener("focusout", ({ relatedTarget }) => {
      const inside = element.contains(/** @type {Node | null} */ (relatedTarget));
      if (this.#isOpen && relatedTarget && !inside) element.hidePopover();
    });
    element.addEventListener("keydown", (event) => this.#move(event));
    this.#whisper.addEventListener("click", () => {
      element.hidePopover();
      visit(session, "person", this.#name);
    });
    this.#mention.addEventListener("click", () => {
      element.hidePopover();
      uncover();
      mention(this.#name);
    });
    signal.addEventListener("abort", () => element.remove());
  }

  get #name() {
    return this.#opener?.dataset.person ?? "";
  }

  /**
   * Adds something that can be done.
   *
   * @param {string} words
   * @param {(about: DOMStringMap) => boolean} fits is it offered? It is asked with the data of the button
   * @param {(about: DOMStringMap) => void} act
   */
  add(words, fits, act) {
    const button = item(words);
    button.addEventListener("click", () => {
      this.#element.hidePopover();
      act(this.#opener?.dataset ?? {});
    });
    this.#list.append(button);
    this.#added.push({ button, fits });
  }

  /** Opens the menu of the person whose name is on a button. @param {HTMLElement} button */
  open(button) {
    const { current, conversations } = this.#session;
    const element = this.#element;
    this.#opener = button;
    const shown = conversations.shown(this.#name);
    this.#picture.replaceChildren(avatar(this.#name, shown));
    this.#title.textContent = shown;
    this.#title.title = this.#name;
    this.#mention.hidden = this.#session.isMe(this.#name);
    this.#whisper.hidden = this.#mention.hidden ||
      current === conversations.get("person", this.#name);
    for (const { button: each, fits } of this.#added) each.hidden = !fits(button.dataset);
    // In a panel that covers the page, or opening the menu would close it; else in the landmark.
    (button.closest("[popover], main") ?? find("chat")).append(element);
    if (!this.#isOpen) element.showPopover();
    this.#place(button.getBoundingClientRect());
    this.#items[0]?.focus();
  }

  /** Puts the menu below a button, or above it where that is too near to the edge of the window. @param {DOMRect} button */
  #place({ left, top, bottom }) {
    const { width, height } = this.#element.getBoundingClientRect();
    const fits = bottom + height + 2 * APART <= innerHeight;
    const down = fits ? bottom + APART : top - height - APART;
    this.#element.style.left = `${Math.max(APART, Math.min(left, innerWidth - width - APART))}px`;
    this.#element.style.top = `${Math.max(APART, down)}px`;
  }

  /** Gives the focus back to where it came from, unless it has gone on. */
  #giveBack() {
    if (!this.#element.contains(document.activeElement)) return;
    (this.#opener?.isConnected ? this.#opener : find("content")).focus();
  }

  get #items() {
    const items = /** @type {HTMLElement[]} */ ([...this.#list.children]);
    return items.filter(({ hidden }) => !hidden);
  }

  /** Moves with the arrow keys. @param {KeyboardEvent} event */
  #move(event) {
    const items = this.#items;
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    // The key that closes the menu does nothing else.
    if (event.key === "Escape") event.stopPropagation();
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items.at(step % items.length)?.focus();
  }
}

/** @param {string} text */
const item = (text) => h("button", { type: "button", role: "menuitem" }, text);

/** @param {EventTarget | null} target @returns {HTMLElement | undefined} */
const openerAt = (target) =>
  target instanceof Element && target.closest("[data-person]") || undefined;

/** Puts an @ and a name where the cursor is in the message box. @param {string} name */
function mention(name) {
  /** @type {HTMLTextAreaElement} */
  const box = find("content");
  const apart = /\S$/.test(box.value.slice(0, box.selectionStart)) ? " " : "";
  box.focus();
  type(box, `${apart}@${name} `);
}
