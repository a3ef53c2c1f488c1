/// <reference lib="dom" />
/**
 * The lists of rooms and private conversations.
 *
 * @module
 */
import { arrange, avatar, find, h, write } from "../dom.js";
import { sum } from "../attention/tally.js";
import { visit } from "../visit.js";

/** @typedef {import("../model/conversation.js").Conversation} Conversation */
/** @typedef {import("../model/session.js").Session} Session */

/** Lists of rooms and private conversations; a click opens one. */
export class Sidebar {
  #session;
  #rooms = find("rooms");
  #directs = find("directs");
  /**
   * Elements of conversations. They are kept, and with them the focus.
   *
   * @type {Map<Conversation, HTMLElement>}
   */
  #elements = new Map();

  /** @param {Session} session @param {AbortSignal} signal ends it */
  constructor(session, signal) {
    this.#session = session;
    for (const list of [this.#rooms, this.#directs]) {
      list.addEventListener("click", (event) => this.#clicked(event), { signal });
      signal.addEventListener("abort", () => list.replaceChildren());
    }
  }

  /** Brings the lists up to date; called at most once per animation frame. */
  render() {
    const { conversations, current } = this.#session;
    const { rooms, people, all } = conversations;
    const elements = new Map(all.map((each) => [each, this.#entry(each)]));
    this.#elements = elements;
    /** @param {Conversation[]} shown */
    const of = (shown) => shown.map((each) => /** @type {HTMLElement} */ (elements.get(each)));
    arrange(this.#rooms, of(rooms));
    arrange(this.#directs, of(people));
    find("directs-hint").hidden = people.length > 0;
    // On a phone the lists are out of sight, and so are their counts.
    showUnread(find("elsewhere"), all);
    write(find("title"), current.title);
    write(find("topic"), current.topic);
    this.#showMe();
  }

  /** Who this person is, and by what right. */
  #showMe() {
    const { name, shown, admin, isKnown } = this.#session;
    const right = admin ? "moderator" : isKnown ? "signed in" : "";
    const me = find("me");
    if (me.dataset.who === `${shown} ${right}`) return;
    me.dataset.who = `${shown} ${right}`;
    const tag = right ? h("span", { class: "you" }, right) : "";
    const words = h("span", {}, h("bdi", { title: name }, shown), tag);
    me.replaceChildren(avatar(name, shown), words);
  }

  /**
   * The list item of a conversation, with its unread count and a button to take it off the list.
   *
   * @param {Conversation} conversation
   */
  #entry(conversation) {
    const element = this.#elements.get(conversation) ?? entry(conversation);
    const [open, leave] = /** @type {[HTMLElement, HTMLElement]} */ ([...element.children]);
    const { conversations, current } = this.#session;
    const { kind, name, title, unread } = conversation;
    if (conversation === current) open.setAttribute("aria-current", "page");
    else open.removeAttribute("aria-current");
    const here = kind === "person" && conversations.isHere(name) === true;
    open.classList.toggle("here", here);
    if (kind === "person") write(child(open, "name"), title);
    write(child(open, "presence"), here ? "here now" : "");
    open.classList.toggle("unread", unread > 0);
    showUnread(child(open, "badge"), [conversation]);
    leave.hidden = kind === "room" && conversations.rooms.length === 1;
    return element;
  }

  /** @param {Event} event */
  #clicked({ target }) {
    const button = target instanceof Element ? target.closest("button") : null;
    const item = button?.closest("li");
    const [conversation] = [...this.#elements].find(([, element]) => element === item) ?? [];
    if (!button || !conversation) return;
    if (!button.classList.contains("leave")) {
      return visit(this.#session, conversation.kind, conversation.name);
    }
    if (conversation.kind === "room") this.#session.leave(conversation);
    else this.#session.hide(conversation);
    find("content").focus();
  }
}

/** The element of a conversation, as far as it stays the same. @param {Conversation} conversation */
function entry({ kind, name, title }) {
  const words = kind === "room" ? `Leave ${title}` : `Hide the conversation with ${title}`;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "entry", "data-name": name },
      kind === "room"
        ? h("span", { class: "hash", "aria-hidden": "true" }, "#")
        : avatar(name, title),
      h("bdi", { class: "name", title: kind === "person" ? name : undefined }, name),
      h("span", { class: "hidden presence" }),
      h("span", { class: "badge", role: "img" }),
    ),
    h("button", { type: "button", class: "leave", title: words, "aria-label": words }, "×"),
  );
}

/** @param {HTMLElement} element @param {string} name @returns {HTMLElement} its child of this class */
const child = (
  element,
  name,
) => /** @type {HTMLElement} */ (element.getElementsByClassName(name)[0]);

/**
 * Shows how much is unread in some conversations. Those who are called by it see that from afar.
 *
 * @param {HTMLElement} badge
 * @param {Conversation[]} conversations
 */
function showUnread(badge, conversations) {
  const { unread, calls } = sum(conversations);
  badge.hidden = unread === 0;
  badge.classList.toggle("calls", calls > 0);
  write(badge, unread === 0 ? "" : unread > 99 ? "99+" : String(unread));
  badge.setAttribute("aria-label", `${unread} unread${calls > 0 ? `, ${calls} for you` : ""}`);
}
