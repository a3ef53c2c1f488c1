/// <reference lib="dom" />
/**
 * The dialog that lists the keys, and the marks for writing.
 *
 * @module
 */
import { makeDialog } from "./dialog.js";
import { h } from "../dom.js";
import { isMac } from "../keys/keyboard.js";
import { recall, remember } from "../memory.js";

/** What one does, and the keys for it; `Mod` is Ctrl, or ⌘ on a Mac. */
const KEYS = [
  ["Go to a room or person", "Mod K"],
  ["Search messages", "Mod Shift F"],
  ["Previous or next conversation", "Alt ↑", "Alt ↓"],
  ["The same, with unread messages", "Alt Shift ↑", "Alt Shift ↓"],
  ["Scroll the messages, from the message box", "Page Up", "Page Down"],
  ["Go to the newest message and the message box", "Esc"],
  ["Send the message", "Enter"],
  ["Send it on a touch screen, where Enter begins a new line", "Mod Enter"],
  ["Begin a new line", "Shift Enter"],
  ["Write your last message again, as a new one, from an empty box", "↑"],
  ["This list", "Mod /", "?"],
];

/** What somebody writes, and what it becomes. */
const MARKS = [
  ["**bold**", "bold"],
  ["*italic*", "italic"],
  ["~~struck~~", "struck out"],
  ["`code`", "code, as it is"],
  ["```", "on a line of its own, before and after: a block of code"],
  ["> text", "a quote"],
  ["- text", "a list; with 1. before it, a numbered one"],
  ["[words](https://…)", "a link with words"],
  ["@name", "calls somebody; a few letters offer the names"],
  [":smile", "two letters or more offer emoji"],
];

/** Lists keys and marks. Loaded when first used. */
export class Help {
  #dialog;

  /** @param {import("../model/session.js").Session} _session @param {AbortSignal} signal ends it */
  constructor(_session, signal) {
    const mac = isMac();
    const box = /** @type {HTMLInputElement} */ (h("input", {
      type: "checkbox",
      checked: recall("keys") !== "off",
    }));
    box.addEventListener("change", () => remember("keys", box.checked ? "on" : "off"));
    this.#dialog = makeDialog(
      { id: "help", title: "Keys and marks" },
      signal,
      h("h3", {}, "Keys"),
      table(KEYS.map(([what = "", ...ways]) => [[what], ways.map((way) => keys(way, mac))])),
      h(
        "label",
        { class: "switch" },
        box,
        "Outside the message box, letters go into it and ? opens this list",
      ),
      h("h3", {}, "Marks in a message"),
      table(MARKS.map(([sign = "", what = ""]) => [[h("code", {}, sign)], [what]]), "marks"),
    );
  }

  open() {
    if (!this.#dialog.open) this.#dialog.showModal();
  }
}

/** @param {(Node | string)[][][]} rows two cells in each @param {string} [name] of its class */
const table = (rows, name) =>
  h(
    "dl",
    { class: name },
    ...rows.map(([term = [], text = []]) =>
      h("div", {}, h("dt", {}, ...term), h("dd", {}, ...text))
    ),
  );

/** @param {string} way such as "Mod K" @param {boolean} mac */
function keys(way, mac) {
  const names = way.replace("Mod", mac ? "⌘" : "Ctrl").replace("Page ", "Page\u00a0").split(" ");
  return h("span", { class: "keys" }, ...names.map((name) => h("kbd", {}, name)));
}
