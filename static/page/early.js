/// <reference lib="dom" />
/**
 * What has to be known before anything is drawn: light or dark, and whether this tab is in the chat;
 * and what a person does before the modules are there. The page waits for this script, so it imports
 * nothing, and reads what `memory.js` has written by itself.
 */
{
  const root = document.documentElement;
  const prefix = `parley${new URL(".", location.href).pathname}`;
  /** @type {NodeListOf<HTMLMetaElement>} The colours of what a browser draws around the page. */
  const around = document.querySelectorAll("meta[name=theme-color]");

  /** @param {"localStorage" | "sessionStorage"} where @param {string} name */
  const recall = (where, name) => {
    try {
      return globalThis[where].getItem(prefix + name);
    } catch {
      return null;
    }
  };

  /** Takes an invitation out of the address, where others would see it; says whether there is one. */
  const invite = (/** @type {{ hash: string }} */ { hash } = location) => {
    const given = new URLSearchParams(hash.slice(1)).get("token");
    if (given === null) return false;
    history.replaceState(history.state, "", location.pathname + location.search);
    if (!/^[\w.~+-]+$/.test(given)) return false;
    try {
      localStorage.setItem(`${prefix}token`, given);
      sessionStorage.removeItem(`${prefix}name`);
    } catch {
      // Forbidden: it lasts until the page is closed.
      /** @type {any} */ (root).token = given;
    }
    return true;
  };
  const invited = invite();
  // Whoever opens a link in a tab where the page is already only changes its address.
  // By then its place may have been taken by that of the conversation.
  addEventListener("hashchange", ({ newURL }) => invite(new URL(newURL)) && location.reload());

  /** @param {string} theme `light`, `dark`, or what the system is set to */
  const show = (theme) => {
    root.dataset.theme = theme;
    for (const meta of around) {
      const { scheme } = meta.dataset;
      const wanted = theme === scheme ? "all" : "not all";
      meta.media = theme === "system" ? `(prefers-color-scheme: ${scheme})` : wanted;
    }
  };

  show(recall("localStorage", "theme") ?? "system");
  const named = new URLSearchParams(location.search).has("name");
  const name = recall("sessionStorage", "name");
  const known = invited || recall("localStorage", "token");
  if (known) root.dataset.known = "";
  if (named || (known ? name !== "" : name)) root.dataset.inside = "";

  /** @type {Map<HTMLInputElement, string>} */
  const typed = new Map();
  /** @type {HTMLFormElement | undefined} */
  let sent;
  const early = new AbortController();
  const { signal } = early;
  addEventListener("input", ({ target }) => {
    const box = /** @type {HTMLInputElement} */ (target);
    typed.set(box, box.value);
  }, { signal });
  addEventListener("submit", (event) => {
    event.preventDefault();
    sent = /** @type {HTMLFormElement} */ (event.target);
  }, { signal });

  // By then the modules have run, and can do what was asked for meanwhile.
  addEventListener("DOMContentLoaded", () => {
    early.abort();
    for (const [box, value] of typed) {
      box.value = value;
      box.dispatchEvent(new Event("input", { bubbles: true }));
      box.focus();
    }
    sent?.requestSubmit();
    delete root.dataset.inside;

    const select = /** @type {HTMLSelectElement} */ (document.getElementById("theme"));
    select.value = root.dataset.theme ?? "system";
    select.addEventListener("change", () => {
      show(select.value);
      try {
        localStorage.setItem(`${prefix}theme`, select.value);
      } catch {
        // Forbidden: the theme lasts until the page is closed.
      }
    });
  });
}
