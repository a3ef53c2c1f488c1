/// <reference lib="dom" />
/**
 * The page: from the entry form, or a link with a name and a room, into the chat and out again.
 *
 * @module
 */
import { Attention } from "./attention.js";
import { Banner } from "./banner.js";
import { Composer } from "./composer.js";
import { avatar, find, write } from "./dom.js";
import { forgetPlace, recall, recallPlace, remember, rememberPlace } from "./memory.js";
import { Session } from "./session.js";
import { Sidebar } from "./sidebar.js";
import { Timeline } from "./timeline.js";

/** @type {HTMLInputElement} */
const nameBox = find("name");
/** @type {HTMLInputElement} */
const roomBox = find("room");

/**
 * What is wrong with a name by the server's rules; empty if nothing is. The page has to know the
 * rules: when a server refuses a WebSocket, browsers don't tell pages why.
 *
 * @param {string} name
 */
function nameProblem(name) {
  if (name === "") return "Choose a name.";
  if ([...name].length > 32) return "A name can have at most 32 characters.";
  if (/^[@#]/.test(name)) return "A name cannot begin with @ or #.";
  return /\p{C}/u.test(name) ? "A name cannot have invisible characters." : "";
}

/** @param {string} room */
const roomProblem = (room) =>
  /^[a-z0-9._-]{1,64}$/.test(room)
    ? ""
    : "A room name can have a–z, 0–9, dot, dash and underscore.";

/** Enters the chat, or says what is wrong with the name or the room. */
function enter() {
  const name = nameBox.value.normalize("NFKC").trim();
  const room = roomBox.value.trim().toLowerCase();
  nameBox.setAttribute("aria-invalid", String(nameProblem(name) !== ""));
  roomBox.setAttribute("aria-invalid", String(roomProblem(room) !== ""));
  write(find("name-problem"), nameProblem(name));
  write(find("room-problem"), roomProblem(room));
  if (nameProblem(name)) return nameBox.focus();
  if (roomProblem(room)) return roomBox.focus();
  remember("name", name);
  chat({ name, room });
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
  const kept = recallPlace(place.name);
  const url = `${location.origin.replace(/^http/, "ws")}/ws`;
  const session = new Session({ ...place, since: kept.since }, url);
  const timeline = new Timeline(session, signal);
  const composer = new Composer(session, () => timeline.newest(), signal);
  const views = [new Sidebar(session, signal), timeline, composer, new Banner(session, signal)];
  new Attention(session, signal);

  let frame = 0;
  const render = () => {
    frame = 0;
    for (const view of views) view.render();
    showPlace(session);
  };
  session.addEventListener("change", () => frame ||= requestAnimationFrame(render), { signal });
  document.addEventListener("visibilitychange", () => session.look(), { signal });
  addEventListener("pagehide", () => rememberPlace(session), { signal });
  const end = () => {
    ending.abort();
    cancelAnimationFrame(frame);
    session.end();
  };
  find("leave-chat").addEventListener("click", () => {
    end();
    forgetPlace();
    history.replaceState(null, "", location.pathname);
    showEntry();
  }, { signal });
  find("rejoin").addEventListener("click", () => {
    end();
    rememberPlace(session);
    chat({ name: session.name, room: roomOf(session)?.name ?? place.room });
  }, { signal });

  find("me").replaceChildren(avatar(place.name), place.name);
  find("entry").hidden = true;
  find("chat").hidden = false;
  session.restore(kept.conversations);
  const beside = new URLSearchParams(location.search).get("with");
  if (beside && nameProblem(beside) === "") session.open("person", beside);
  render();
  find("content").focus();
}

/** The room on screen, or behind the private conversation on screen. @param {Session} session */
const roomOf = ({ current, conversations }) =>
  current.kind === "room" ? current : conversations.rooms[0];

/**
 * Keeps name and place in the address, where a reload or a bookmark finds them.
 *
 * @param {Session} session
 */
function showPlace(session) {
  const { name, current } = session;
  const room = roomOf(session);
  const query = new URLSearchParams({ name });
  if (room) query.set("room", room.name);
  if (current.kind === "person") query.set("with", current.name);
  if (location.search !== `?${query}`) history.replaceState(null, "", `?${query}`);
}

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
