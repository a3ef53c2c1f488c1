/// <reference lib="dom" />
/**
 * What is typed for a dialog that is still being loaded.
 *
 * @module
 */
import { isComposing, isMac, isWritten } from "./keyboard.js";

/** Keeps keys from what has the focus: they are meant for what is to have it. */
export class Ahead {
  #mac = isMac();
  #text = "";
  #ending = new AbortController();

  /** @param {AbortSignal} signal ends it */
  constructor(signal) {
    const ended = AbortSignal.any([signal, this.#ending.signal]);
    addEventListener("keydown", (event) => this.#keep(event), { capture: true, signal: ended });
  }

  /** Is the dialog not wanted any more? */
  get ended() {
    return this.#ending.signal.aborted;
  }

  /** Lets keys through again. */
  end() {
    this.#ending.abort();
  }

  /** Writes what was typed into the field that has the focus now, if any has. */
  write() {
    const { activeElement } = document;
    if (!this.#text || !(activeElement instanceof HTMLInputElement)) return;
    activeElement.value = this.#text;
    activeElement.dispatchEvent(new Event("input"));
  }

  /** @param {KeyboardEvent} event */
  #keep(event) {
    const { key, altKey, ctrlKey, metaKey } = event;
    const written = key === " " || isWritten(event, this.#mac);
    if (isComposing(event) || !written && (altKey || ctrlKey || metaKey)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (key === "Escape") this.end();
    else if (key === "Backspace") this.#text = this.#text.slice(0, -1);
    else if (written) this.#text += key;
  }
}
