/// <reference lib="dom" />
/**
 * Light, dark, or as the system has it. Loaded before the page is drawn, so that it does not flash.
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
