/**
 * What moderators do, as far as a person sees it: what was taken back goes, what they did is told, and
 * who may not speak learns why, and for how long. Loaded when a moderator does something. Knows nothing
 * of the page.
 *
 * @module
 */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("../../chat.js").Message} Message */
/** What a moderator did, or what follows from it: an error may be about a room, or about a private message. @typedef {Message | { type: "error", code?: string, message: string, room?: string, person?: string, retryAfter?: number }} Act */

/** Why nothing may be said, in words; `closed`: nothing at all, or else only not yet. @typedef {{ words: string, closed: boolean }} Hush */

/** That somebody may not speak until then, in ms since the epoch; `refused`: as they may not, or not be there; `unsure`: it may be that another was muted, with all who come from there. @typedef {{ words: string, until: number, refused?: boolean, unsure?: boolean }} Silence */

/** What holds in a room. @typedef {{ topic?: string, slow?: number, closed?: boolean }} Rules */

/** Where a silence is that is everywhere. */
const EVERYWHERE = "";

const READS_ONLY = "Guests only read here. To speak, open the invitation that you were given.";
const CLOSED = "This room is closed: only moderators can speak here.";
const MUTED = "A moderator has muted you";
const BACK = "To go back in, choose the room in the list.";

/** What one person sees of moderators. */
export class Acts {
  #session;
  #changed;
  /** By room. @type {Map<string, { slow?: number, closed?: boolean }>} */
  #rules = new Map();
  /** By room, or everywhere. @type {Map<string, Silence>} */
  #silences = new Map();
  /** Looks again when time has passed. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Pick<import("./session.js").Session, "admin" | "readsOnly" | "isMe" | "conversations" | "current">} session
   * @param {() => void} changed called when there is something new to show
   */
  constructor(session, changed) {
    this.#session = session;
    this.#changed = changed;
  }

  /** Takes note of what was done. @param {Act} act */
  take(act) {
    switch (act.type) {
      case "delete":
        return this.#delete(act);
      case "clear":
        return this.#clear(act);
      case "moderated":
        return this.#tell(act);
      case "room":
        this.#rule(act.room, act);
        // Whoever comes in may be there.
        if (this.#silences.get(act.room)?.refused) this.#silences.delete(act.room);
        return;
      case "leave":
        return this.#sentAway(act.room);
      case "error":
        return this.#refused(act);
    }
  }

  /** Why nothing may be said in a conversation, or not yet. @param {Conversation} conversation @returns {Hush | undefined} */
  hush({ kind, name, lines }) {
    clearTimeout(this.#timer);
    const { admin, readsOnly } = this.#session;
    if (readsOnly && kind === "room") return { words: READS_ONLY, closed: true };
    const { slow = 0, closed = false } = kind === "room" ? this.#rules.get(name) ?? {} : {};
    const silence = this.#silenceOf(EVERYWHERE) ??
      (kind === "room" ? this.#silenceOf(name) : undefined);
    if (silence) return { words: this.#wordsOf(silence), closed: true };
    if (admin) return;
    if (closed) return { words: CLOSED, closed: true };
    if (slow === 0) return;
    const last = lines.findLast(({ kind, username }) =>
      kind === "chat" && this.#session.isMe(username)
    );
    // The server's clock may be another one: nobody waits longer than the room asks for.
    const left = Math.min(slow * 1_000, (last?.time ?? 0) + slow * 1_000 - Date.now());
    const words = `Slow mode: one message of each in ${span(slow * 1_000)}.`;
    return { words: left > 0 ? `${words} ${this.#left(left)}` : words, closed: false };
  }

  /** @param {import("../../chat.js").TakenBack} message */
  #delete({ room, re = "", by, why }) {
    const conversation = this.#session.conversations.get("room", room);
    const [line] = conversation?.takeBack(({ id }) => id === re) ?? [];
    if (!line) return;
    const whose = this.#session.isMe(line.username)
      ? "Your message"
      : `A message of ${line.name ?? line.username}`;
    conversation?.note(
      "note",
      `${whose} was deleted by ${this.#nameOf(by)}${because(why)}`,
      line.order,
    );
  }

  /** @param {import("../../chat.js").TakenBack} message */
  #clear({ room, id, by, why }) {
    const conversation = this.#session.conversations.get("room", room);
    if (!conversation) return;
    conversation.takeBack((line) => line.kind === "chat" && line.order < id);
    conversation.held.start = "nothing";
    // More may have been said since.
    conversation.note("note", begun(`${this.#nameOf(by)} cleared the room${because(why)}`), id);
  }

  /** @param {import("../../chat.js").ModeratedMessage} message */
  #tell(message) {
    const { act, room, username = "", until, why } = message;
    const { conversations, current } = this.#session;
    const conversation = room === undefined ? current : conversations.get("room", room);
    const before = { topic: conversation?.topic, ...this.#rules.get(room ?? "") };
    conversation?.note("note", this.#told(message, before));
    if (act === "set" && room !== undefined) {
      this.#rule(room, message);
      // Whoever is told of it is there; it may have been closed.
      if (this.#silences.get(room)?.refused) this.#silences.delete(room);
    }
    const where = room ?? EVERYWHERE;
    const isMe = this.#session.isMe(username);
    if (act === "unmute" && (isMe || this.#silences.get(where)?.unsure)) {
      this.#silences.delete(where);
    }
    if (!isMe) return;
    if (act === "mute") {
      const words = sentence(`${MUTED}${room === undefined ? "" : " here"}${because(why)}`);
      this.#silences.set(where, { words, until: until ? Date.parse(until) : Infinity });
    }
  }

  /** @param {Act & { type: "error" }} error */
  #refused(error) {
    const { code, room, person, retryAfter } = /** @type {any} */ (error);
    const content = "content" in error ? error.content : error.message;
    const where = room ?? EVERYWHERE;
    if (code === "forbidden" && room !== undefined) {
      this.#silences.set(room, { words: sentence(content), until: Infinity, refused: true });
    } else if (code === "muted" && person === undefined && !this.#silenceOf(where)) {
      const [, why] = content.match(/ muted you: (.*)/) ?? [];
      const until = retryAfter === undefined ? Infinity : Date.now() + retryAfter;
      const place = room === undefined ? "" : " here";
      const words = sentence(`${MUTED}${place}${because(why)}`);
      this.#silences.set(where, { words, until, unsure: true });
    }
  }

  /** @param {string} room */
  #sentAway(room) {
    const silence = this.#silences.get(room);
    if (silence?.refused) silence.words += ` ${BACK}`;
  }

  /** What was done, in words in which people are called as they are shown. @param {import("../../chat.js").ModeratedMessage} message @param {Rules} before what held in the room */
  #told(message, before) {
    const { act, username = "", by, content, room, why, until, timestamp } = message;
    const who = this.#nameOf(username);
    const time = until ? ` for ${span(Date.parse(until) - Date.parse(timestamp))}` : "";
    const end = `${room === undefined ? ", everywhere" : ""}${because(why)}`;
    const words = /** @type {Record<string, string>} */ ({
      kick: `sent ${who} away`,
      mute: `muted ${who}${time}`,
      unmute: `let ${who} speak again`,
      ban: `banned ${who}${time}`,
      unban: `let ${who} come back`,
      set: `changed the room: ${changes(before, message)}`,
    });
    return words[act] ? begun(`${this.#nameOf(by)} ${words[act]}${end}`) : content;
  }

  /** Takes note of what holds in a room. @param {string} room @param {Rules} rules */
  #rule(room, { topic = "", slow, closed }) {
    this.#rules.set(room, { slow, closed });
    const conversation = this.#session.conversations.get("room", room);
    if (conversation) conversation.topic = topic;
  }

  /** @param {string} where */
  #silenceOf(where) {
    const silence = this.#silences.get(where);
    return silence && silence.until > Date.now() ? silence : undefined;
  }

  /** @param {Silence} silence */
  #wordsOf({ words, until }) {
    return until === Infinity ? words : `${words} ${this.#left(until - Date.now())}`;
  }

  /** When one may speak again, in words that change with the time. @param {number} ms */
  #left(ms) {
    this.#timer = setTimeout(() => this.#changed(), Math.min(ms, ms > 120_000 ? 60_000 : 1_000));
    return `You can speak again in ${span(ms)}.`;
  }

  /** @param {string} username */
  #nameOf(username) {
    return this.#session.isMe(username) ? "you" : this.#session.conversations.shown(username);
  }
}

/** A sentence that may begin with "you". @param {string} text */
const begun = (text) => text.replace(/^you /, "You ");

/** What holds in a room by now and did not before, in words; all of it where nothing has changed. @param {Rules} before @param {Rules} now */
function changes(before, { topic, slow, closed }) {
  const rules = /** @type {[isNew: boolean, words: string][]} */ ([
    [(before.topic || "") !== (topic || ""), topic ? `“${topic}”` : "no topic"],
    [
      (before.slow || 0) !== (slow || 0),
      slow ? `one message in ${span(slow * 1_000)}` : "as many messages as one likes",
    ],
    [(before.closed || false) !== (closed || false), closed ? "closed" : "open"],
  ]);
  const some = rules.filter(([isNew]) => isNew);
  return (some.length > 0 ? some : rules).map(([, words]) => words).join(", ");
}

/** @param {string} text */
const sentence = (text) => /[.!?…]$/.test(text) ? text : `${text}.`;

/** @param {string} [why] */
const because = (why) => why ? `: ${why}` : "";

const UNITS = /** @type {const} */ ([[86_400_000, "day"], [3_600_000, "hour"], [60_000, "minute"]]);

/** A time in words, to the next whole unit. @param {number} ms */
export function span(ms) {
  const [unit, name] = UNITS.find(([unit]) => ms >= 2 * unit) ?? [1_000, "second"];
  const count = Math.max(1, Math.ceil(ms / unit));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
