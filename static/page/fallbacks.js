/// <reference lib="dom" />
/**
 * What the page does for browsers that do not do it by themselves.
 *
 * @module
 */

/** Pixels by which the view is lower than the page when a keyboard covers it, and no mere toolbar. */
const KEYBOARD = 100;

/** Does what this browser lacks; called once. */
export function fallBack() {
  if (!("closedBy" in HTMLDialogElement.prototype)) {
    import("./beside.js").then(({ closeBeside }) => closeBeside(), () => {});
  }
  if (visualViewport) stayAbove(visualViewport);
}

/**
 * Makes a box as high as what is written in it, within what its style allows; called whenever that
 * may have changed. Most browsers do it by `field-sizing`.
 *
 * @param {HTMLTextAreaElement} box
 */
export function fit(box) {
  if (CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
}

/**
 * Keeps the page in what is left of the window, where a keyboard on the screen lies over it (iOS).
 * Elsewhere the window gets lower: the page asks for that with `interactive-widget`.
 *
 * @param {VisualViewport} view
 */
function stayAbove(view) {
  const root = document.documentElement;
  const fit = () => {
    const covered = view.scale === 1 && root.clientHeight - view.height > KEYBOARD;
    root.style.setProperty("--height", covered ? `${view.height}px` : "");
    root.style.setProperty("--top", covered ? `${view.offsetTop}px` : "");
  };
  view.addEventListener("resize", fit);
  view.addEventListener("scroll", fit);
}
