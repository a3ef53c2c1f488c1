/// <reference lib="dom" />
/**
 * Light, dark, or whatever the system is set to. Runs before the page is first drawn, so that it
 * does not flash in the other colours.
 *
 * @module
 */
import { recall, remember } from "./memory.js";

const root = document.documentElement;
root.dataset.theme = recall("theme") ?? "system";

addEventListener("DOMContentLoaded", () => {
  const select = /** @type {HTMLSelectElement} */ (document.getElementById("theme"));
  select.value = root.dataset.theme ?? "system";
  select.addEventListener("change", () => {
    root.dataset.theme = select.value;
    remember("theme", select.value);
  });
});
