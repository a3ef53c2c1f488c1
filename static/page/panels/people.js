/// <reference lib="dom" />
/**
 * Who is in the room: how many, and the list of their names.
 *
 * @module
 */
import { avatar, find, h, opensMenu, write } from "../dom.js";
import { later } from "../later.js";
import { matching } from "./matching.js";
import { Roll } from "./roll.js";

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/session.js").Session} Session */

/** With more people than this there is a box to find somebody by name. */
const MANY = 30;

/** The panel of people. Each name in it opens the menu of that person. */
export class People {
  #session;
  #list = find("people-list");
  /** @type {HTMLInputElement} */
  #filter = find("people-filter");
  #roll;
  /** @type {Conversation | undefined} */
  #conversation;
  /** Where the names of a big room come from. @type {import("./directory.js").Directory | undefined} */
  #directory;
  /** @type {typeof import("./directory.js").Directory | undefined} */
  #Directory;
  /** What the names in the panel were made from. */
  #source = /** @type {unknown[]} */ ([]);
  /** The names in the panel. @type {readonly string[]} */
  #names = [];

  /** @param {Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    const render = () => this.render();
    const make = (/** @type {string} */ name) => h("li", { "data-name": name });
    this.#roll = new Roll(find("people-scroller"), this.#list, make, render, signal);
    this.#filter.addEventListener("input", () => {
      this.#roll.rewind();
      render();
    }, { signal });
    signal.addEventListener("abort", () => this.#directory?.end());
  }

  /** Brings the panel up to date; called at most once per animation frame, and as it is scrolled. */
  render() {
    const { current, connection } = this.#session;
    const isOnline = connection.state === "online";
    if (current !== this.#conversation) this.#turn(current);
    this.#ask(current, isOnline);
    this.#gather(current);
    this.#roll.show(this.#names, this.#total(current));
    this.#mark(current, isOnline);
    this.#filter.hidden = current.count <= MANY && this.#text === "";
    const lost = this.#names.length > 0 ? "They were here when the connection was lost." : "";
    write(find("people-state"), isOnline ? this.#state(current) : lost);
    write(find("count"), isOnline ? this.#presence(current) : "");
  }

  /** What somebody looks for. */
  get #text() {
    return this.#filter.value.trim();
  }

  /** Turns to the conversation that is open now. @param {Conversation} conversation */
  #turn(conversation) {
    this.#conversation = conversation;
    this.#filter.value = "";
    this.#roll.rewind();
    this.#directory?.end();
    this.#directory = undefined;
  }

  /** Has the names of a big room fetched, as far as somebody looks at them. @param {Conversation} conversation @param {boolean} isOnline */
  #ask(conversation, isOnline) {
    if (
      conversation.kind === "person" || conversation.count === 0 || conversation.presence.listed
    ) {
      this.#directory?.end();
      this.#directory = undefined;
      return;
    }
    if (!this.#Directory) return void this.#load();
    this.#directory ??= new this.#Directory(conversation.name, () => this.render());
    const wanted = this.#text === "" ? this.#roll.end : Infinity;
    if (isOnline && this.#roll.inView) this.#directory.look(conversation.presence, wanted);
  }

  /** Loads what fetches names. */
  async #load() {
    try {
      ({ Directory: this.#Directory } = await later.directory());
      this.render();
    } catch {
      // Offline. What comes next tries again.
    }
  }

  /** Finds the names for the panel. @param {Conversation} conversation */
  #gather(conversation) {
    const fetched = this.#directory?.names;
    const source = [conversation, conversation.presence.turnover, fetched, this.#text];
    if (source.every((part, index) => part === this.#source[index])) return;
    this.#source = source;
    const { kind, name, people } = conversation;
    if (kind === "person") this.#names = [...new Set([name, this.#session.name])];
    // Those that the server told on entering stand there until the first page has come.
    else {
      const { conversations } = this.#session;
      const shown = (/** @type {string} */ name) => conversations.shown(name);
      this.#names = matching(fetched?.length ? fetched : people, this.#text, shown);
    }
  }

  /** Marks who is here. @param {Conversation} conversation @param {boolean} isOnline */
  #mark({ kind, name }, isOnline) {
    const isHere = kind === "room" || this.#session.conversations.isHere(name) === true;
    const items = /** @type {Iterable<HTMLElement>} */ (this.#list.children);
    for (const item of items) {
      const who = item.dataset.name ?? "";
      const isMe = this.#session.isMe(who);
      const shown = this.#session.conversations.shown(who);
      if (item.dataset.shown !== shown) item.replaceChildren(entry(who, shown, isMe));
      item.dataset.shown = shown;
      item.firstElementChild?.classList.toggle("here", isOnline && (isHere || isMe));
    }
  }

  /** How many names there are to be listed, known or not. @param {Conversation} conversation */
  #total({ count }) {
    const known = this.#names.length;
    return this.#directory && this.#text === "" ? Math.max(count, known) : known;
  }

  /** What is to be said about the list. @param {Conversation} conversation */
  #state(conversation) {
    const { problem, loading, whole, cut, names } = this.#directory ?? WHOLE;
    if (problem) return `${problem}. Trying again soon.`;
    const shown = this.#names.length;
    if (this.#text !== "") {
      if (!whole) return `Looking through ${number(conversation.count)} names…`;
      const among = cut ? ` among the first ${number(names.length)}` : "";
      return `${shown === 0 ? "Nobody" : number(shown)} found${among}`;
    }
    if (!whole) return loading && this.#roll.end > names.length ? "Loading names…" : "";
    const unlisted = this.#total(conversation) - shown;
    return unlisted > 0 ? `and ${number(unlisted)} more` : "";
  }

  /** How many are in the room, or whether somebody is here. @param {Conversation} conversation */
  #presence({ kind, name, count }) {
    if (kind === "room") return count > 0 ? `${number(count)} here` : "";
    const here = this.#session.conversations.isHere(name);
    // In a big room there may be anybody.
    return here === undefined ? "in private" : here ? "here now" : "not in your rooms";
  }
}

/** The list of a room of which everybody is known. */
const WHOLE = { problem: "", loading: false, whole: true, cut: false, names: [] };

/** @param {number} count */
const number = (count) => count.toLocaleString();

/** What is in the row of a person. @param {string} name @param {string} shown @param {boolean} isMe */
const entry = (name, shown, isMe) =>
  h(
    isMe ? "div" : "button",
    { class: "entry", title: shown === name ? undefined : name, ...(isMe ? {} : opensMenu(name)) },
    avatar(name, shown),
    h("bdi", { class: "name" }, shown),
    isMe ? h("span", { class: "you" }, "you") : "",
  );
