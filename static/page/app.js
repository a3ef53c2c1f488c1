/// <reference lib="dom" />
/**
 * The page: from the entry form, or a link with a name and a room, into the chat and out again.
 *
 * @module
 */
import { Authors } from "./messages/authors.js";
import { Banner } from "./messages/banner.js";
import { Composer } from "./messages/composer.js";
import { find, write } from "./dom.js";
import { Entry } from "./entry.js";
import { fallBack } from "./fallbacks.js";
import { Keys } from "./keys/keys.js";
import { later, load } from "./later.js";
import { invitation } from "./pass.js";
import { People } from "./panels/people.js";
import { address } from "./server.js";
import { Session } from "./model/session.js";
import { Share } from "./dialogs/share.js";
import { Sidebar } from "./panels/sidebar.js";
import { Store } from "./model/store.js";
import { Timeline } from "./messages/timeline.js";
import { uninvited } from "./words.js";
import { roomOf, Trail } from "./trail.js";

/** What is said where the browser keeps nothing. */
const UNKEPT = {
  forbidden:
    "This browser keeps nothing: private messages and drafts last until the tab is closed.",
  full:
    "This browser has no room left: new private messages and drafts last until the tab is closed.",
};

/** Milliseconds after which what has changed is drawn again at the earliest. */
const DRAWN = 50;

/** Milliseconds within which what has changed is kept. */
const SAVED = 500;

const entry = new Entry(chat);
const trail = new Trail(() => entry.read());

/**
 * Runs the chat until the person leaves it.
 *
 * @param {import("./entry.js").Place} place
 */
function chat(place) {
  const ending = new AbortController();
  const { signal } = ending;
  const url = address("ws").replace(/^http/, "ws");
  const session = new Session(place, url, new Store(place.name));
  const timeline = new Timeline(session, signal);
  const composer = new Composer(session, () => timeline.newest(), signal);
  const views = [
    new Sidebar(session, signal),
    new People(session, signal),
    timeline,
    new Authors(signal),
    composer,
    new Banner(session, signal),
    new Share(session, signal),
  ];
  new Keys(session, () => timeline.newest(), signal);
  let listens = false;
  const menu = once(later.menu, ({ Menu }) => {
    listens = true;
    return new Menu(session, signal);
  }, signal);
  addEventListener("click", async ({ target }) => {
    const button = target instanceof Element && target.closest("[data-person]");
    if (button && !listens) (await menu())?.open(/** @type {HTMLElement} */ (button));
  }, { signal });
  const moderation = once(
    () => import("./moderation/moderation.js"),
    async ({ Moderation }) => new Moderation(session, await menu(), signal),
    signal,
  );
  // Nobody has to be called before there is something to see.
  once(later.attention, ({ Attention }) => new Attention(session, signal), signal)();
  load();

  // Soon and not only at the end: phones end a page without telling it.
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saving;
  const save = () => {
    clearTimeout(saving);
    saving = undefined;
    session.save();
  };
  const saveSoon = () => saving ||= setTimeout(save, SAVED);
  let frame = 0;
  let drawnAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let drawing;
  const render = () => {
    frame = 0;
    drawing = undefined;
    drawnAt = performance.now();
    for (const view of views) view.render();
    write(find("unkept"), session.unkept && UNKEPT[session.unkept]);
    if (session.admin) moderation();
  };
  // In a busy room several lines are drawn at a time: it takes no longer than one.
  const renderSoon = () => {
    const wait = Math.max(0, drawnAt + DRAWN - performance.now());
    drawing ??= setTimeout(() => frame = requestAnimationFrame(render), wait);
  };
  session.addEventListener("change", renderSoon, { signal });
  session.addEventListener("change", saveSoon, { signal });
  find("content").addEventListener("input", saveSoon, { signal });
  find("timeline").addEventListener("scroll", saveSoon, { signal, passive: true });
  addEventListener("pagehide", save, { signal });
  addEventListener("storage", (event) => session.heed(event), { signal });
  document.addEventListener("visibilitychange", () => {
    session.look();
    save();
  }, { signal });
  const midnight = () => {
    session.look();
    tomorrow = setTimeout(midnight, untilMidnight());
  };
  let tomorrow = setTimeout(midnight, untilMidnight());
  const end = () => {
    save();
    ending.abort();
    clearTimeout(drawing);
    cancelAnimationFrame(frame);
    clearTimeout(tomorrow);
    session.end();
  };
  /** @param {string} [problem] what is wrong with the name */
  const leave = (problem) => {
    end();
    trail.leave();
    entry.show(problem);
  };
  const rejoin = () => {
    end();
    const { kind, name } = session.current;
    const beside = kind === "person" ? name : undefined;
    chat({ ...place, room: roomOf(session)?.name ?? place.room, beside });
  };
  /** Where they were when they were told that they may not be there. @type {unknown} */
  let forbidden;
  session.addEventListener("change", () => {
    const { state, ending } = session.connection;
    if (state !== "closed") return;
    // The name is refused: it looks like that of somebody else. Or the invitation is.
    if (ending?.code === 409) leave(ending.reason);
    if (ending?.code === 401) leave(uninvited(ending.reason, invitation() !== ""));
    // It may be one room, and who goes to another asks again.
    if (ending && ending.code % 4_000 === 403) {
      const { current } = session;
      forbidden ??= current;
      if (current !== forbidden && current.kind === "room") rejoin();
    }
  }, { signal });
  const leaving = once(later.leaving, ({ Leaving }) =>
    new Leaving(session, ({ out, all }) => {
      if (out || all) entry.forget();
      leave();
      if (all) session.forget();
    }, signal), signal);
  // Then it is there at once.
  leaving();
  find("leave-chat").addEventListener("click", async () => {
    const asked = await leaving();
    if (asked) asked.ask();
    // Nobody is kept here by a server that is gone.
    else leave();
  }, { signal });
  find("rejoin").addEventListener("click", rejoin, { signal });

  const { beside } = place;
  if (beside && !session.isMe(beside)) session.open("person", beside);
  trail.follow(session, signal);
  render();
  find("content").focus();
}

/**
 * Makes something of a module that is loaded then, once; nothing where it cannot be loaded, or the chat
 * has ended by then.
 *
 * @template M, T
 * @param {() => Promise<M>} load
 * @param {(module: M) => T | Promise<T>} make
 * @param {AbortSignal} signal of the end
 */
function once(load, make, signal) {
  /** @type {Promise<T | undefined> | undefined} */
  let made;
  return () =>
    made ??= load().then((module) => signal.aborted ? undefined : make(module))
      .catch(() => made = undefined);
}

/** Milliseconds until today is yesterday. */
const untilMidnight = () => new Date().setHours(24, 0, 0, 0) - Date.now();

fallBack();
// On a phone the panels cover the messages; on wider screens they stand beside them.
for (const [id, width] of /** @type {const} */ ([["sidebar", "48rem"], ["people", "64rem"]])) {
  matchMedia(`(min-width: ${width})`).addEventListener("change", () => find(id).hidePopover());
}
entry.begin();
