/**
 * One room, or one person to talk to in private: what was said, what is not sent yet, and how far it
 * is read. Knows nothing of the page.
 *
 * @module
 */
import { keyFor } from "./kept.js";
import { Lines } from "./lines.js";
import { Presence } from "./presence.js";
import { Unread } from "./unread.js";

/** @typedef {import("./lines.js").Line} Line */

/** People who come or go within this many milliseconds of each other share one line. */
const TOGETHER = 10 * 60_000;
/** Acts of moderators that are remembered for pages that were asked for before them. */
const GONE = 100;

/** A key that nothing else has. (`crypto.randomUUID` exists on https pages only.) */
export function token() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}

/** A room, or a private conversation with one person. */
export class Conversation {
  /** What was said up to this id was said before the room was entered; empty: it was not yet. */
  #entered = "";
  #unread = new Unread();
  /**
   * How far the reader has got on the way from the first unread line to the end; undefined: they are
   * on no such way.
   *
   * @type {string | undefined}
   */
  #got;
  held = new Lines();
  presence = new Presence();
  /**
   * Own messages that are on their way or have failed, in the order they were written.
   *
   * @type {Line[]}
   */
  unsent = [];
  /** Everything up to this id is read; empty: not known. */
  seen = "";
  /** What was said up to this id is not to be had any more; empty: not known. */
  lost = "";
  /** Order of the line that was the first unread one when the conversation was looked at; or empty. */
  mark = "";
  /**
   * Where the reader is, unless at the end: a line, and how far below the top of the view it ends.
   *
   * @type {{ order: string, bottom: number } | undefined}
   */
  reading;
  /** Messages of others that came since the reader was last at the end. */
  news = 0;
  /** Order of a line that is to be brought into view. @type {string | undefined} */
  wanted;
  /** What the room is about. */
  topic = "";
  /** What is in the message box and not sent yet. */
  draft = "";
  /** Is it left out of the list until something is said, or it is opened? */
  hidden = false;
  /** Is the server known to have let this person in, and told all they missed? */
  ready = false;
  /** What was taken back lately: it may be in a page that is on its way. @type {((line: Line) => boolean)[]} */
  #gone = [];
  /** Why nothing more of it could be fetched; or empty. */
  trouble = "";

  /**
   * @param {"room" | "person"} kind
   * @param {string} name
   */
  constructor(kind, name) {
    this.kind = kind;
    this.name = name;
    this.key = keyFor(this);
    this.title = kind === "room" ? `#${name}` : name;
    if (kind === "person") this.held.start = "nothing";
  }

  /** The lines that are held, in order. */
  get lines() {
    return this.held.all;
  }

  /** The place from which it is to be read on; empty: not known. */
  get since() {
    return this.seen > this.lost ? this.seen : this.lost;
  }

  /** Up to where it is read, line by line: what is below the reader still is not. */
  get reached() {
    return this.#got !== undefined && this.#got < this.seen ? this.#got : this.seen;
  }

  /** Is nothing known to have been said, ever? */
  get isSilent() {
    return this.held.start === "nothing" && this.held.newest === "";
  }

  /** How many messages of others are not read yet. */
  get unread() {
    return this.#unread.count;
  }

  /** How many of them call this person: by their name, or because they are private. */
  get calls() {
    return this.#unread.calls;
  }

  /** Names of those who are known to be in the room, sorted. */
  get people() {
    return this.presence.people;
  }

  /** How many people are in the room; 0 as long as that is not known. */
  get count() {
    return this.presence.count;
  }

  /** Names of the people who are typing now. */
  get writers() {
    return this.presence.writers;
  }

  /** Is this person known to be in the room? @param {string} name */
  has(name) {
    return this.presence.has(name);
  }

  /**
   * Takes a line that has just come, unless it is there already; says whether it is new.
   *
   * @param {Line} line
   */
  hear(line) {
    const isNew = this.held.hear(line);
    this.#trim();
    return isNew;
  }

  /** Takes lines that were fetched, but for what was taken back meanwhile. @param {Line[]} lines */
  fetch(lines) {
    this.held.fetch(lines.filter((line) => !this.#gone.some((isGone) => isGone(line))));
    this.#trim();
  }

  /**
   * Adds a line that is not from the server's log.
   *
   * @param {"gap" | "error" | "note"} kind
   * @param {string} content
   * @param {string} [order] where it stands; by default, at the end
   */
  note(kind, content, order = this.held.after()) {
    this.held.note({ key: token(), order, kind, username: "", content, time: Date.now() });
    this.#trim();
  }

  /** Lets those lines go that were taken back. @param {(line: Line) => boolean} isGone @returns {Line[]} those */
  takeBack(isGone) {
    this.#gone.push(isGone);
    if (this.#gone.length > GONE) this.#gone.shift();
    const gone = this.held.remove(isGone);
    for (const { order } of gone) this.#unread.remove(order);
    return gone;
  }

  /**
   * Takes note of who came or went; several in a row become one line.
   *
   * @param {{ id: string, username: string, time: number }} line
   * @param {boolean} here
   */
  move({ id, username, time }, here) {
    const { last, atEnd } = this.held;
    const together = atEnd && last?.moves && time - last.time < TOGETHER ? last : undefined;
    /** @type {Line} */
    const line = { key: id, id, order: id, kind: "presence", username, content: "", time };
    const moves = (together ?? line).moves ??= new Map();
    moves.set(username, [...moves.get(username) ?? [], here]);
    if (!together) this.hear(line);
  }

  /**
   * Takes a message out of the unsent ones; says whether it was there.
   *
   * @param {string} key
   */
  settle(key) {
    const before = this.unsent.length;
    this.unsent = this.unsent.filter((line) => line.key !== key);
    return this.unsent.length < before;
  }

  /** Counts a line as not read. @param {Line} line @param {boolean} calls does it call this person? */
  miss({ order }, calls) {
    this.#unread.add(order, calls);
    this.news++;
  }

  /** Takes note that a line is read as it comes. @param {Line} line @param {boolean} [own] is it this person's? */
  notice({ order }, own = false) {
    if (!own) this.news++;
    if (this.unread === 0 && order > this.seen) this.seen = order;
  }

  /** Takes note that everything has been seen, and marks where the unread lines began. */
  read() {
    // Whoever is still on the way from a mark to the end keeps it.
    if (this.unread > 0) {
      if (!(this.mark && this.reading)) this.mark = this.#unread.first;
      this.#got ??= this.seen;
    }
    this.#unread.clear();
    if (this.held.newest > this.seen) this.seen = this.held.newest;
  }

  /** Takes note of where the reader is. */
  follow() {
    const { reading, held, lines } = this;
    if (!reading) {
      this.news = 0;
      this.#got = undefined;
    } else if (this.#got !== undefined) {
      const { id = "" } = lines[held.indexOf(reading.order) - 1] ?? {};
      if (id > this.#got) this.#got = id;
    }
  }

  /**
   * Takes note of who is in the room, and from where on it is told.
   *
   * @param {import("../../chat.js").RoomMessage} room
   */
  enter(room) {
    this.presence.present(room);
    const { head, at, resumed } = room;
    if (at === undefined) return;
    if (resumed === false) {
      // What follows was said since, whatever its ids: the server may have been started again.
      this.#entered = at;
      this.lost = at;
      this.rewind(at);
      if (at < (this.held.last?.order ?? "") || at < this.held.newest) this.held.reset();
    } else if (resumed === undefined && this.#entered === "") {
      this.#entered = head ?? at;
      this.seen ||= this.#entered;
      this.ready = true;
    }
    // Who is in it is told again at any time. What was said up to its head may still be to come.
    this.#entered ||= at;
    this.held.hearFrom(at);
  }

  /** Takes note that what is to come was said since, whatever its ids. @param {string} at the place before it */
  rewind(at) {
    if (at < this.seen) this.seen = at;
    if (this.#got !== undefined && at < this.#got) this.#got = at;
  }

  /** Takes back what is kept of it. @param {import("./kept.js").Kept} kept @param {(line: Line) => boolean} own */
  restore({ hidden, seen, lost, draft, lines, whole, silent }, own) {
    Object.assign(this, { hidden, seen, lost, draft });
    this.held.restore(lines);
    if (!whole) this.held.start = "unknown";
    if (silent) this.held.start = "nothing";
    for (const line of lines) if (line.order > seen && !own(line)) this.miss(line, true);
  }

  /** Takes note that it was read up to an id elsewhere. @param {string} seen */
  readTo(seen) {
    if (seen <= this.seen) return;
    this.seen = seen;
    this.#unread.readTo(seen);
  }

  /** Was it said before the room was entered, or is it read already? @param {Line} line */
  isHistory({ order }) {
    return order <= this.#entered || order <= this.seen;
  }

  #trim() {
    const unread = this.#unread.first || undefined;
    this.held.trim(this.kind === "room" ? this.reading?.order ?? unread : undefined);
  }
}
