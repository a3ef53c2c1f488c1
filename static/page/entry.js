/// <reference lib="dom" />
/**
 * The form through which a person enters the chat.
 *
 * @module
 */
import { keyOf, ROOM_RULE, toRoom, toUsername, USERNAME_RULE } from "../names.js";
import { find, write } from "./dom.js";
import { recall, remember } from "./memory.js";
import { forget, holder, invitation } from "./pass.js";
import { listPeople } from "./server.js";

/** @typedef {{ name: string, room: string, beside?: string, readsOnly?: boolean }} Place Where to go as whom; `beside`: whom to talk to in private; `readsOnly`: may they say nothing? */

/** Milliseconds without a key after which the server is asked who is in the room. */
const PAUSE = 300;

const ROOT = document.documentElement;

/** What those may do who have no invitation: the server says so, where they may not do all. */
const GUESTS = ROOT.dataset.guests;

const DAMAGED = "This invitation is damaged. Open its link once more, or ask for a new one.";

/** How many pages of 1,000 people are looked through. */
const PAGES = 3;

/**
 * Asks for a name and a room, and says what is wrong with them. An address (`?room=lobby`, or with
 * `&with=Bob`) fills in the room; a `name` in it enters at once and is taken out of it, as whoever
 * gets the address is somebody else. So does the name of this tab: it goes on where it was. Whoever has
 * an invitation is asked for no name.
 */
export class Entry {
  #enter;
  /** @type {HTMLInputElement} */
  #name = find("name");
  /** @type {HTMLInputElement} */
  #room = find("room");
  /** @type {string | undefined} */
  #beside;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asking = new AbortController();

  /** @param {(place: Place) => void} enter */
  constructor(enter) {
    this.#enter = enter;
    find("entry-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    find("sign-out").addEventListener("click", () => {
      this.forget();
      this.show();
    });
    for (const box of [this.#name, this.#room]) {
      box.addEventListener("input", () => {
        explain(box, "");
        this.#look();
      });
    }
  }

  /** Enters at once by the address or the name of this tab; else shows the form. */
  begin() {
    const query = new URLSearchParams(location.search);
    const given = query.get("name");
    const name = recall("name", "sessionStorage");
    query.delete("name");
    if (given !== null) history.replaceState(history.state, "", `?${query}`);
    this.#name.value = given ?? (name || recall("name") || "");
    const { token = "" } = /** @type {any} */ (ROOT);
    if (token) remember("token", token);
    const left = name === "";
    const damaged = invitation() !== "" && !holder().username;
    if (damaged) forget("");
    this.show(damaged ? DAMAGED : "");
    this.read();
    const { beginning } = holder();
    if (beginning && !query.has("room")) {
      explain(this.#room, `Your rooms begin with ${beginning}: name one.`);
    } else if (invitation() ? !left : given !== null || name) this.#submit();
  }

  /** Shows the form. This tab is nobody's then. @param {string} [problem] what is wrong with the name */
  show(problem = "") {
    remember("name", "", "sessionStorage");
    if (!problem) this.#beside = undefined;
    find("chat").hidden = true;
    find("entry").hidden = false;
    const known = invitation() !== "";
    if (known) {
      const { username, name } = holder();
      this.#name.value = username ?? "";
      write(find("holder"), name);
    }
    ROOT.toggleAttribute("data-known", known);
    explain(this.#name, problem);
    this.#name.focus();
    this.#look();
  }

  /** Forgets who was here last. */
  forget() {
    remember("name", "");
    forget(this.#name.value);
    this.#name.value = "";
    this.#look();
  }

  /** Takes the room from the address. */
  read() {
    const query = new URLSearchParams(location.search);
    const { room, beginning } = holder();
    this.#room.value = query.get("room") ?? (room || beginning || "lobby");
    this.#beside = toUsername(query.get("with") ?? "");
    this.#look();
  }

  #submit() {
    const { name, room } = this.#place;
    explain(this.#room, room ? "" : `Choose another room: ${ROOM_RULE}.`);
    explain(this.#name, name ? "" : `Choose another name: ${USERNAME_RULE}.`);
    if (!name || !room) return;
    remember("name", name);
    remember("name", name, "sessionStorage");
    this.#rest();
    find("entry").hidden = true;
    find("chat").hidden = false;
    const readsOnly = GUESTS === "read" && !invitation();
    this.#enter({ name, room, beside: this.#beside, readsOnly });
  }

  get #place() {
    return { name: toUsername(this.#name.value), room: toRoom(this.#room.value.trim()) };
  }

  /** Looks, once nothing is typed for a moment, whether somebody in the room has the name. */
  #look() {
    this.#rest();
    const { name, room } = this.#place;
    // Nobody else has the name of an invitation, and without one nobody may ask.
    const asks = !invitation() && GUESTS !== "off";
    if (asks && name && room) this.#timer = setTimeout(() => this.#ask(name, room), PAUSE);
  }

  /** Ends looking, and what it found. */
  #rest() {
    clearTimeout(this.#timer);
    this.#asking.abort();
    write(find("name-warning"), "");
  }

  /** @param {string} name @param {string} room */
  async #ask(name, room) {
    const { signal } = this.#asking = new AbortController();
    // Where the server does not answer, nothing is known, and whoever it is may enter.
    const other = await findPerson(name, room, signal).catch(() => undefined);
    if (other === undefined || signal.aborted) return;
    const warning = `Somebody called ${other} is here. If that is you in another tab, enter; ` +
      "else choose another name.";
    write(find("name-warning"), warning);
  }
}

/**
 * The name of the person in a room who would be one with somebody of this name.
 *
 * @param {string} name
 * @param {string} room
 * @param {AbortSignal} signal ends it
 */
async function findPerson(name, room, signal) {
  /** @type {string | undefined} */
  let after = "";
  for (let page = 0; page < PAGES && after !== undefined; page++) {
    const { names, next } = await listPeople(room, { limit: 1_000, after, signal });
    const other = names.find((other) => keyOf(other) === keyOf(name));
    if (other !== undefined) return other;
    after = next;
  }
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
