/**
 * What is loaded when it is first used. Knows nothing of the page.
 *
 * @module
 */

/** How each of them is loaded. */
export const later = {
  acts: () => import("./model/acts.js"),
  attention: () => import("./attention/attention.js"),
  completion: () => import("./messages/completion.js"),
  directory: () => import("./panels/directory.js"),
  finder: () => import("./dialogs/finder.js"),
  help: () => import("./dialogs/help.js"),
  leaving: () => import("./dialogs/leaving.js"),
  menu: () => import("./panels/menu.js"),
  search: () => import("./dialogs/search.js"),
};

/**
 * Loads them once there is nothing else to do. What is typed right after Ctrl+K would come before the
 * dialog otherwise, who is offline can search what is here, and after an update of the server the
 * modules would be those of another page.
 */
export function load() {
  const idle = globalThis.requestIdleCallback ?? setTimeout;
  idle(async () => {
    for (const each of Object.values(later)) await each().catch(() => {});
  });
}
