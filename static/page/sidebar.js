/// <reference lib="dom" />
/**
 * The lists beside the messages: rooms, private conversations, and the people in the room.
 *
 * @module
 */
import { arrange, avatar, find, h, write } from "./dom.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./session.js").Session} Session */

/** How many people are listed by name; of a bigger room, the rest are a number. */
const SHOWN = 200;

/** Lists of rooms and people; a click opens the conversation. */
export class Sidebar {
  #session;
  #rooms = find("rooms");
  #directs = find("directs");
  #people = find("people-list");
  /**
   * Elements by what they stand for. They are kept, and with them the focus.
   *
   * @type {Map<string, HTMLElement>}
   */
  #elements = new Map();

  /** @param {Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    for (const list of [this.#rooms, this.#directs, this.#people]) {
      list.addEventListener("click", (event) => this.#clicked(event), { signal });
    }
    signal.addEventListener("abort", () => {
      for (const list of [this.#rooms, this.#directs, this.#people]) list.replaceChildren();
    });
  }

  /** Brings the lists up to date; called at most once per animation frame. */
  render() {
    const { conversations, current } = this.#session;
    const { rooms, people: directs, all } = conversations;
    arrange(this.#rooms, rooms.map((room) => this.#entry(room, rooms.length > 1)));
    arrange(this.#directs, directs.map((person) => this.#entry(person, true)));
    find("directs-hint").hidden = directs.length > 0;
    // On a phone the lists are out of sight, and so are their counts.
    showUnread(find("elsewhere"), all.reduce((sum, { unread }) => sum + unread, 0));

    const isRoom = current.kind === "room";
    const people = isRoom ? current.people : [current.name, this.#session.name];
    arrange(
      this.#people,
      people.slice(0, SHOWN).map((name) =>
        this.#person(name, isRoom || conversations.isHere(name))
      ),
    );
    const unlisted = isRoom ? current.count - Math.min(people.length, SHOWN) : 0;
    find("people-more").hidden = unlisted <= 0;
    write(find("people-more"), people.length === 0 ? `${unlisted} people` : `and ${unlisted} more`);
    write(find("count"), isRoom ? `${current.count} here` : this.#presence(current.name));
    write(find("title"), current.title);
  }

  /** @param {string} name */
  #presence(name) {
    return this.#session.conversations.isHere(name) ? "here now" : "not in your rooms";
  }

  /**
   * The list item of a conversation, with its unread count and a button to leave it.
   *
   * @param {Conversation} conversation
   * @param {boolean} leavable
   */
  #entry(conversation, leavable) {
    const { key, kind, name, title, unread } = conversation;
    const element = this.#element(`entry ${key}`, () => {
      const open = h("button", { type: "button", class: "entry", "data-kind": kind });
      open.dataset.name = name;
      open.append(
        kind === "room" ? h("span", { class: "hash", "aria-hidden": "true" }, "#") : avatar(name),
        h("bdi", { class: "name" }, name),
        h("span", { class: "hidden presence" }),
        h("span", { class: "badge", role: "img" }),
      );
      const words = kind === "room" ? `Leave ${title}` : `Hide the conversation with ${name}`;
      const leave = h("button", {
        type: "button",
        class: "leave",
        title: words,
        "aria-label": words,
      }, "×");
      leave.dataset.leave = key;
      return h("li", {}, open, leave);
    });
    const [open, leave] = /** @type {[HTMLElement, HTMLElement]} */ ([...element.children]);
    const isCurrent = conversation === this.#session.current;
    if (isCurrent) open.setAttribute("aria-current", "page");
    else open.removeAttribute("aria-current");
    const here = kind === "person" && this.#session.conversations.isHere(name);
    open.classList.toggle("here", here);
    write(child(open, "presence"), here ? "here now" : "");
    open.classList.toggle("unread", unread > 0);
    showUnread(child(open, "badge"), unread);
    leave.hidden = !leavable;
    return element;
  }

  /** @param {string} name @param {boolean} here */
  #person(name, here) {
    const element = this.#element(`person ${name}`, () => {
      const me = this.#session.isMe(name);
      const open = h("button", { type: "button", class: "entry", disabled: me });
      if (!me) open.title = `Talk to ${name} in private`;
      Object.assign(open.dataset, { kind: "person", name });
      open.append(
        avatar(name),
        h("bdi", { class: "name" }, name),
        me ? h("span", { class: "you" }, "you") : "",
      );
      return h("li", {}, open);
    });
    element.firstElementChild?.classList.toggle("here", here);
    return element;
  }

  /** @param {string} key @param {() => HTMLElement} make */
  #element(key, make) {
    const known = this.#elements.get(key);
    if (known) return known;
    // People come and go. What is no longer on the page must not pile up.
    if (this.#elements.size > 4 * SHOWN) {
      for (const [key, element] of this.#elements) {
        if (!element.isConnected) this.#elements.delete(key);
      }
    }
    const element = make();
    this.#elements.set(key, element);
    return element;
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    if (!button) return;
    const { kind, name, leave } = button.dataset;
    const conversation = this.#session.conversations.all.find(({ key }) => key === leave);
    if (conversation) {
      if (conversation.kind === "room") this.#session.leave(conversation);
      else this.#session.hide(conversation);
      find("content").focus();
    } else if (name !== undefined) this.#open(kind === "person" ? "person" : "room", name);
  }

  /** @param {"room" | "person"} kind @param {string} name */
  #open(kind, name) {
    for (const panel of [find("sidebar"), find("people")]) panel.hidePopover();
    this.#session.open(kind, name);
    find("content").focus();
  }
}

/** @param {HTMLElement} element @param {string} name @returns {HTMLElement} its child of this class */
const child = (
  element,
  name,
) => /** @type {HTMLElement} */ (element.getElementsByClassName(name)[0]);

/** Shows a number of unread messages. @param {HTMLElement} badge @param {number} unread */
function showUnread(badge, unread) {
  badge.hidden = unread === 0;
  write(badge, unread === 0 ? "" : unread > 99 ? "99+" : String(unread));
  badge.setAttribute("aria-label", `${unread} unread`);
}
