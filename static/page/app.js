/// <reference lib="dom" />
/**
 * The page: from the entry form, or a link with a name and a room, into the chat and out again.
 *
 * @module
 */
import { ROOM_RULE, toRoom, toUsername, USERNAME_RULE } from "../names.js";
import { Attention } from "./attention.js";
import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { avatar, find, write } from "./dom.js";
import { recall, remember } from "./memory.js";
import { address } from "./server.js";
import { Session } from "./session.js";
import { Sidebar } from "./sidebar.js";
import { Store } from "./store.js";
import { Timeline } from "./timeline.js";

/** What is said where the browser keeps nothing. */
const UNKEPT = {
  forbidden:
    "This browser keeps nothing: private messages and drafts last until the tab is closed.",
  full:
    "This browser has no room left: new private messages and drafts last until the tab is closed.",
};

/** Milliseconds within which what has changed is kept. */
const SAVED = 500;

/** @type {HTMLInputElement} */
const nameBox = find("name");
/** @type {HTMLInputElement} */
const roomBox = find("room");

/** Enters the chat, or says what is wrong with the name or the room. */
function enter() {
  const name = toUsername(nameBox.value);
  const room = toRoom(roomBox.value.trim());
  explain(roomBox, room ? "" : `Choose another room: ${ROOM_RULE}.`);
  explain(nameBox, name ? "" : `Choose another name: ${USERNAME_RULE}.`);
  if (!name || !room) return;
  remember("name", name);
  chat({ name, room });
}

/**
 * Says what is wrong with what was typed, if anything is, and leads there.
 *
 * @param {HTMLInputElement} box
 * @param {string} problem
 */
function explain(box, problem) {
  box.setAttribute("aria-invalid", String(problem !== ""));
  write(find(`${box.id}-problem`), problem);
  if (problem) box.focus();
}

function showEntry() {
  find("chat").hidden = true;
  find("entry").hidden = false;
  nameBox.focus();
}

/**
 * Runs the chat until the person leaves it.
 *
 * @param {{ name: string, room: string }} place
 */
function chat(place) {
  const ending = new AbortController();
  const { signal } = ending;
  const url = address("ws").replace(/^http/, "ws");
  const session = new Session(place, url, new Store(place.name));
  const timeline = new Timeline(session, signal);
  const composer = new Composer(session, () => timeline.newest(), signal);
  const views = [new Sidebar(session, signal), timeline, composer, new Banner(session, signal)];
  new Attention(session, signal);

  const room = () => session.conversations.room?.name ?? place.room;
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
  const render = () => {
    frame = 0;
    for (const view of views) view.render();
    write(find("unkept"), session.unkept && UNKEPT[session.unkept]);
    showPlace(session);
  };
  session.addEventListener("change", () => frame ||= requestAnimationFrame(render), { signal });
  session.addEventListener("change", saveSoon, { signal });
  find("content").addEventListener("input", saveSoon, { signal });
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
    cancelAnimationFrame(frame);
    clearTimeout(tomorrow);
    session.end();
  };
  find("leave-chat").addEventListener("click", () => {
    end();
    history.replaceState(null, "", location.pathname);
    showEntry();
  }, { signal });
  find("rejoin").addEventListener("click", () => {
    end();
    chat({ name: session.name, room: room() });
  }, { signal });

  find("me").replaceChildren(avatar(place.name), place.name);
  find("entry").hidden = true;
  find("chat").hidden = false;
  const beside = toUsername(new URLSearchParams(location.search).get("with") ?? "");
  if (beside) session.open("person", beside);
  render();
  find("content").focus();
}

/**
 * Keeps name and place in the address, where a reload or a bookmark finds them.
 *
 * @param {Session} session
 */
function showPlace(session) {
  const { name, current } = session;
  const { room } = session.conversations;
  const query = new URLSearchParams({ name });
  if (room) query.set("room", room.name);
  if (current.kind === "person") query.set("with", current.name);
  if (location.search !== `?${query}`) history.replaceState(null, "", `?${query}`);
}

/** Milliseconds until today is yesterday. */
const untilMidnight = () => new Date().setHours(24, 0, 0, 0) - Date.now();

const query = new URLSearchParams(location.search);
nameBox.value = query.get("name") ?? recall("name") ?? "";
roomBox.value = query.get("room") ?? "lobby";
find("entry-form").addEventListener("submit", (event) => {
  event.preventDefault();
  enter();
});
// On a phone the panels cover the messages; on wider screens they stand beside them.
for (const [id, width] of /** @type {const} */ ([["sidebar", "48rem"], ["people", "64rem"]])) {
  matchMedia(`(min-width: ${width})`).addEventListener("change", () => find(id).hidePopover());
}
showEntry();
if (query.has("name")) enter();
