/// <reference lib="dom" />
/**
 * How much is unread, where it is seen from outside of the page: in its title, and on its icon where
 * it is installed.
 *
 * @module
 */

/** @typedef {{ unread: number, calls: number }} Counts Unread messages, and those of them that call this person. */

/** The counts in the title of the page and on its icon. */
export class Tally {
  #badge = "";

  /** @param {string} place what is on screen @param {Iterable<Counts>} conversations */
  show(place, conversations) {
    const counts = sum(conversations);
    const title = titleOf(place, counts);
    if (document.title !== title) document.title = title;
    this.#mark(counts);
  }

  /** Shows nothing any more. */
  clear() {
    document.title = "Parley";
    this.#mark({ unread: 0, calls: 0 });
  }

  /** A number on the icon says that somebody is called, a dot that there is news. @param {Counts} counts */
  async #mark({ unread, calls }) {
    const badge = calls > 0 ? `${calls}` : unread > 0 ? "•" : "";
    if (badge === this.#badge || !("setAppBadge" in navigator)) return;
    this.#badge = badge;
    try {
      if (badge === "") await navigator.clearAppBadge();
      else await navigator.setAppBadge(calls || undefined);
    } catch {
      // The page is not installed.
    }
  }
}

/** All counts together. @param {Iterable<Counts>} all @returns {Counts} */
export function sum(all) {
  const counts = { unread: 0, calls: 0 };
  for (const { unread, calls } of all) {
    counts.unread += unread;
    counts.calls += calls;
  }
  return counts;
}

/** The title of the page: first whether somebody is called, as tabs show little of it. @param {string} place @param {Counts} counts */
export function titleOf(place, { unread, calls }) {
  if (calls > 0) return `(${calls} for you) ${place}`;
  return unread > 0 ? `(${unread}) ${place}` : place;
}
