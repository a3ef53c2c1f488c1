/// <reference lib="dom" />
/**
 * Closes dialogs for browsers that do not do it by themselves.
 *
 * @module
 */

/** Closes a dialog with `closedby="any"` when somebody clicks beside it. */
export function closeBeside() {
  // Who selects a text in the dialog may let go of the mouse beside it.
  let pressed = false;
  addEventListener("pointerdown", (event) => pressed = isBeside(event));
  addEventListener("click", (event) => {
    if (pressed && isBeside(event)) /** @type {HTMLDialogElement} */ (event.target).close();
  });
}

/** Is it on the backdrop of a dialog that such a click closes? @param {MouseEvent} event */
function isBeside({ target, clientX, clientY }) {
  if (!(target instanceof HTMLDialogElement) || target.getAttribute("closedby") !== "any") {
    return false;
  }
  const { left, right, top, bottom } = target.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
