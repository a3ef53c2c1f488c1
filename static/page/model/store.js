/// <reference lib="dom" />
/**
 * What the browser keeps of one person's conversations, for another tab, a reload, or the day after a
 * tab was killed: where they are, drafts, what is not sent, and private messages, which the server
 * tells once. What was said in rooms is the server's to give.
 *
 * @module
 */
import { keyOf } from "../../names.js";
import { PREFIX } from "../memory.js";
import { keyFor, toKept, toPlace } from "./kept.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./kept.js").Kept} Kept */
/** @typedef {import("./kept.js").Place} Place */
/** @typedef {import("./lines.js").Line} Line */

/** How many lines of a private conversation are kept, and how many characters of them. */
const LINES = 300;
const CHARACTERS = 60_000;

/** How many private conversations are kept, and conversations of how many names. */
const PEOPLE = 50;
const NAMES = 5;

/** One person's conversations in this browser. Any number of tabs may write to them. */
export class Store {
  #storage;
  #prefix;
  /**
   * What each record was made from when it was last written, by key of the conversation: a sign, and
   * what another tab may have changed since.
   *
   * @type {Map<string, { sign: string, seen: string, lost: string, draft: string }>}
   */
  #written = new Map();
  /** Keys of the messages on their way that this tab has or had: its own, and those of tabs before it. */
  #known = new Set();
  /**
   * Why something is not kept, if it is not: the browser forbids it, or has no room left.
   *
   * @type {"" | "forbidden" | "full"}
   */
  problem = "";

  /**
   * @param {string} name the person's
   * @param {Storage} [storage] by default, the browser's for all tabs
   */
  constructor(name, storage = usable()) {
    this.#storage = storage;
    this.#prefix = `${PREFIX}chat:${encodeURIComponent(keyOf(name))}:`;
    if (!storage) this.problem = "forbidden";
  }

  /**
   * What is kept.
   *
   * @returns {{ conversations: Kept[] } & Place} `inbox`: the place in the private messages; `time`:
   * when the server was last met, in milliseconds since the epoch; 0: never
   */
  load() {
    this.#makeRoom(NAMES - 1);
    const conversations = this.#keys(`${this.#prefix}at:`)
      .flatMap((key) => this.#read(key) ?? [])
      .sort((a, b) => a.index - b.index);
    for (const { kind, name, seen, lost, draft, unsent } of conversations) {
      for (const { key } of unsent) this.#known.add(key);
      this.#written.set(keyFor({ kind, name }), { sign: "", seen, lost, draft });
    }
    return { conversations, ...toPlace(this.#parse(`${this.#prefix}place`)) };
  }

  /**
   * Keeps what has changed.
   *
   * @param {Conversation[]} conversations
   * @param {Place} place as for {@linkcode Store.load}
   */
  save(conversations, place) {
    if (!this.#storage) return;
    const silent = leastOf(conversations.filter(({ kind }) => kind === "person"));
    for (const conversation of silent) this.remove(conversation);
    // Where one finds no room, a smaller one may.
    let whole = true;
    for (const [index, conversation] of conversations.entries()) {
      if (silent.includes(conversation)) continue;
      const sign = signOf(conversation, index);
      const { key, reached: seen, lost, draft } = conversation;
      if (this.#written.get(key)?.sign === sign) continue;
      if (this.#write(`at:${key}`, this.#merge(conversation, index))) {
        this.#written.set(key, { sign, seen, lost, draft });
      } else whole = false;
    }
    // The place goes last: a message that is lost with the tab before that will come once more.
    this.problem = whole && this.#write("place", place) ? "" : "full";
  }

  /** Keeps nothing more of a conversation. @param {Conversation} conversation */
  remove({ key }) {
    this.#written.delete(key);
    this.#storage?.removeItem(`${this.#prefix}at:${key}`);
  }

  /** Keeps nothing more of this person. */
  forget() {
    for (const key of this.#keys(this.#prefix)) this.#storage?.removeItem(key);
    this.#storage = undefined;
  }

  /**
   * What another tab has written, if an event of the storage tells of it.
   *
   * @param {StorageEvent} event
   * @returns {Kept | undefined}
   */
  heard({ key, newValue }) {
    // What is stored by now may be this tab's own again.
    return newValue && key ? this.#kept(key, newValue) : undefined;
  }

  /**
   * A conversation as it is kept, together with what other tabs know of it.
   *
   * @param {Conversation} conversation
   * @param {number} index
   * @returns {Kept}
   */
  #merge(conversation, index) {
    const { key, kind, name, hidden, reached: seen, lost, draft, held, lines, unsent } =
      conversation;
    const other = this.#read(`${this.#prefix}at:${key}`);
    for (const { key } of unsent) this.#known.add(key);
    const others = (other?.unsent ?? []).filter(({ key }) => !this.#known.has(key));
    const messages = kind === "room" ? [] : messagesOf([...other?.lines ?? [], ...lines]);
    const kept = newest(messages);
    const last = this.#written.get(key) ?? { seen: "", lost: "", draft: "" };
    return {
      kind,
      name,
      hidden,
      seen: farther(seen, last.seen, other?.seen),
      lost: farther(lost, last.lost, other?.lost),
      draft: other && draft === last.draft ? other.draft : draft,
      index,
      lines: kept,
      whole: other?.whole !== false && held.start !== "unknown" && kept.length === messages.length,
      silent: conversation.isSilent,
      unsent: [...others, ...unsent],
    };
  }

  /** The conversation that is stored under this key. @param {string} key */
  #read(key) {
    return this.#kept(key, this.#storage?.getItem(key) ?? "null");
  }

  /** The conversation that a text is, if it belongs under this key. @param {string} key @param {string} text */
  #kept(key, text) {
    const kept = toKept(parse(text));
    return kept && key === `${this.#prefix}at:${keyFor(kept)}` ? kept : undefined;
  }

  /** @param {string} key */
  #parse(key) {
    return parse(this.#storage?.getItem(key) ?? "null");
  }

  /** @param {string} name @param {object} value @returns {boolean} is it kept? */
  #write(name, value) {
    const text = JSON.stringify(value);
    // Where there is no room, what is oldest and whole makes some.
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        this.#storage?.setItem(this.#prefix + name, text);
        return true;
      } catch {
        if (!this.#makeRoom()) break;
      }
    }
    return false;
  }

  /**
   * Lets go of somebody else's conversations, the longest unused first.
   *
   * @param {number} [most] names that may stay
   * @returns {boolean} was there anything to let go of?
   */
  #makeRoom(most = 0) {
    const names = this.#keys(`${PREFIX}chat:`)
      .filter((key) => isPlace(key) && !key.startsWith(this.#prefix))
      .map((key) => ({
        prefix: key.slice(0, -"place".length),
        time: toPlace(this.#parse(key)).time,
      }))
      .sort((a, b) => a.time - b.time);
    const [oldest] = names;
    if (!oldest || names.length <= most) return false;
    for (const key of this.#keys(oldest.prefix)) this.#storage?.removeItem(key);
    return true;
  }

  /** Names of what is stored. @param {string} prefix */
  #keys(prefix) {
    const { length = 0 } = this.#storage ?? {};
    return Array.from({ length }, (_, index) => this.#storage?.key(index) ?? "")
      .filter((key) => key.startsWith(prefix));
  }
}

/** What was stored as a text, if it was by this page. @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    // By another one.
  }
}

/** Is this the name of a person's place, and not of a conversation that is called so? @param {string} key */
const isPlace = (key) => /^[^:]*:place$/.test(key.slice(`${PREFIX}chat:`.length));

/**
 * The farther of two places; but a tab's own where it went back, as the server's clock did.
 *
 * @param {string} own
 * @param {string} last its own when it was written last
 * @param {string} [other] another tab's
 */
const farther = (own, last, other = "") => own >= last && other > own ? other : own;

/**
 * The private conversations that are too many: of those in which this person has said nothing, the
 * longest silent. So nobody who writes to them under many names takes the others away.
 *
 * @param {Conversation[]} people
 */
function leastOf(people) {
  if (people.length <= PEOPLE) return [];
  return people
    .map((person) => ({ person, own: isOwn(person), newest: person.held.newest }))
    .sort((a, b) => Number(b.own) - Number(a.own) || (b.newest < a.newest ? -1 : 1))
    .slice(PEOPLE)
    .map(({ person }) => person);
}

/** Has this person a part in it? @param {Conversation} conversation */
const isOwn = ({ draft, unsent, lines }) =>
  draft !== "" || unsent.length > 0 || lines.some(({ state }) => state !== undefined);

/** Tells whether a conversation has to be written again. @param {Conversation} conversation @param {number} index */
function signOf({ hidden, reached, lost, draft, held, isSilent, unsent }, index) {
  const waiting = unsent.map(({ key, state }) => `${key} ${state}`);
  return JSON.stringify([index, hidden, reached, lost, draft, held.newest, isSilent, waiting]);
}

/** The messages among some lines, in order and each once. @param {Line[]} lines */
function messagesOf(lines) {
  const messages = new Map(
    lines.filter(({ kind }) => kind === "chat").map((line) => [line.order, line]),
  );
  return [...messages.values()].sort((a, b) => a.order < b.order ? -1 : 1);
}

/** The newest of some messages, as many as are kept. @param {Line[]} messages */
function newest(messages) {
  const last = messages.slice(-LINES);
  let characters = 0;
  const first = last.findLastIndex(({ content }) => (characters += content.length) > CHARACTERS);
  return last.slice(first + 1);
}

/** The browser's storage, if the page may use it. @returns {Storage | undefined} */
function usable() {
  try {
    const storage = globalThis.localStorage;
    try {
      storage.setItem(`${PREFIX}probe`, "");
      storage.removeItem(`${PREFIX}probe`);
      return storage;
    } catch {
      // What is full can still be read. What is empty is not full but forbidden.
      return storage.length > 0 ? storage : undefined;
    }
  } catch {
    // Forbidden.
  }
}
