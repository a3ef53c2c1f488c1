/**
 * The hall where everybody meets. It brings people, rooms and messages together, and knows no JSON,
 * no socket and no request.
 *
 * @module
 */
import { clock } from "./hub/base/clock.ts";
import { Counts } from "./hub/base/counts.ts";
import { between, type Feed } from "./hub/log/feed.ts";
import type { IdleOptions } from "./hub/presence/idle_map.ts";
import { Ids } from "./hub/log/ids.ts";
import { type Batch, type Entry, entryOf } from "./hub/log/batch.ts";
import type { Log, LogOptions } from "./hub/log/log.ts";
import { Holdings } from "./hub/log/holdings.ts";
import { type Member, People, type Person } from "./hub/presence/people.ts";
import { Recent } from "./hub/engine/recent.ts";
import type { Room } from "./hub/presence/room.ts";
import { Rooms } from "./hub/presence/rooms.ts";
import { Ticker } from "./hub/log/tick.ts";
import { keyOf } from "./static/names.js";
import { ChatError, LIMITS, type Message, type Resume, type RoomState } from "./messages.ts";

/** Bounds of what the hub holds and tells. */
export interface HubOptions extends Pick<LogOptions, "history" | "size">, IdleOptions {
  /** Most people in a room in which every arrival is told. @default 200 */
  announce?: number;
  /** Bytes of memory that all rooms and inboxes hold together. @default 268435456 */
  memory?: number;
}

/** A message that was accepted. */
export interface Said {
  entry: Entry;
  /** Had it been said before, with the same `ref`? Then it was not delivered again. */
  again: boolean;
}

/** What somebody who left a room is still to be told. */
export interface Departure {
  /** What was said until then and was not read yet. */
  unread: Iterable<Batch>;
  /** That they left. */
  entry: Entry;
}

/** At most one sign of writing per person and place is passed on in so many milliseconds. */
const TYPING = 3_000;

/** People, rooms, and what is said. */
export class Hub {
  readonly people: People;
  readonly rooms: Rooms;
  readonly counts = new Counts();
  readonly holdings: Holdings;
  /** Decides when the readers of its logs are woken. */
  readonly ticker = new Ticker();
  #ids = new Ids();
  #recent = new Recent();
  #announce: number;

  constructor({ announce = 200, memory, ...bounds }: HubOptions = {}) {
    this.#announce = announce;
    this.holdings = new Holdings(memory);
    const options = { ...bounds, ticker: this.ticker, holdings: this.holdings };
    this.people = new People(this.#ids, this.counts, options);
    this.rooms = new Rooms(this.#ids, this.counts, options);
  }

  /**
   * Takes in a connection of a person, who may have others.
   *
   * @param since their place in their private messages, to read on from there
   * @param elsewhere a place in another log, which stands for that one too where it can
   */
  connect(username: string, feed: Feed, since?: string, elsewhere?: string) {
    return this.people.connect(username, feed, since ?? this.#ids.here(elsewhere));
  }

  /** Takes a connection out of everything. Does nothing the second time. */
  dismiss(member: Member) {
    try {
      for (const name of [...member.rooms]) this.leave(name, member);
    } finally {
      this.people.disconnect(member);
      member.feed.close();
    }
  }

  /**
   * Takes a connection into a room. The others, and the newcomer, are told when it is a person's
   * first. In one step: nothing can come between the history it reads and what follows.
   *
   * @throws {ChatError} `too_many_rooms`
   */
  join(name: string, member: Member, resume: Resume = {}): RoomState {
    const here = member.rooms.has(name);
    if (!here && member.rooms.size >= LIMITS.rooms) {
      throw new ChatError(
        "too_many_rooms",
        `Cannot join ${name}: you are in ${LIMITS.rooms} rooms already, leave one first`,
        { room: name },
      );
    }
    const room = this.rooms.open(name);
    // Without a wish for history a second join must not move the cursor over what is unread.
    const entered = here && resume.since === undefined && !resume.last
      ? { at: member.feed.place(room.log).after }
      : this.rooms.follow(name, member.feed, resume);
    if (!here) {
      member.rooms.add(name);
      if (room.enter(member.person)) this.#tell(room, room.size, "join", member.person);
    }
    return room.state(entered);
  }

  /**
   * Takes a connection out of a room. The others are told when it was a person's last.
   *
   * @throws {ChatError} `not_in_room`
   */
  leave(name: string, member: Member): Departure {
    const room = this.room(name, member);
    const { person, feed } = member;
    const place = feed.place(room.log);
    member.rooms.delete(name);
    const entry = room.exit(person)
      ? this.#tell(room, room.size + 1, "leave", person)
      : entryOf(this.#presence(room, "leave", person));
    this.rooms.unfollow(name, feed);
    return { unread: between(room.log, place, entry.id), entry };
  }

  /**
   * A room that a connection is in.
   *
   * @throws {ChatError} `not_in_room`
   */
  room(name: string, member: Member): Room {
    if (member.rooms.has(name)) return this.rooms.open(name);
    throw new ChatError("not_in_room", `You are not in room ${name}: join it first`, {
      room: name,
    });
  }

  /** Says something in a room. */
  say(username: string, name: string, content: string, ref?: string): Said {
    return this.#once(username, name, ref, () => {
      const entry = entryOf({
        type: "chat",
        username,
        content,
        ...this.#ids.next(),
        room: name,
        ref,
      });
      const room = this.rooms.open(name);
      room.log.append(entry);
      this.rooms.rest(room);
      return entry;
    });
  }

  /**
   * Says something to one person. Both get it, on every connection.
   *
   * @throws {ChatError} `no_such_user` when the other is unknown, or gone for over ten minutes
   */
  whisper(person: Person, name: string, content: string, ref?: string): Said {
    const { username } = person;
    const other = this.people.find(name);
    const to = other.username;
    return this.#once(username, `@${keyOf(to)}`, ref, () => {
      const entry = entryOf({ type: "chat", username, content, ...this.#ids.next(), to, ref });
      for (const each of new Set([other, person])) this.people.inbox(each).append(entry);
      return entry;
    });
  }

  /**
   * Shows that somebody is writing, in a room or to a person.
   *
   * @throws {ChatError} `no_such_user`
   */
  typing(person: Person, target: { room: Room } | { to: string }) {
    if ("room" in target) {
      const { name: room, log } = target.room;
      return this.#typing(person, room, log, { room });
    }
    const other = this.people.find(target.to);
    const to = other.username;
    this.#typing(person, `@${keyOf(to)}`, this.people.inbox(other), { to });
  }

  #typing(person: Person, where: string, log: Log, target: { room: string } | { to: string }) {
    const { username } = person;
    const typed = person.typed ??= new Map<string, number>();
    const now = clock.now();
    if (now - (typed.get(where) ?? -Infinity) < TYPING) return;
    // Moved to the end, so that the first is the oldest.
    typed.delete(where);
    typed.set(where, now);
    if (typed.size > LIMITS.rooms) typed.delete(typed.keys().next().value!);
    log.append(entryOf({ type: "typing", ...target, username }, this.#ids.next().id));
  }

  /** Tells a room of so many people who came or went; a big one only how many there are. */
  #tell(room: Room, people: number, type: "join" | "leave", person: Person): Entry {
    const entry = entryOf(this.#presence(room, type, person));
    if (people <= this.#announce) room.log.append(entry);
    else {
      room.count(() => {
        const { size: count, names } = room;
        // Where arrivals are told again, who is counted on must be known by name again.
        const users = count <= this.#announce ? names : undefined;
        const message: Message = { type: "room", room: room.name, users, count };
        room.log.append(entryOf(message, this.#ids.next().id));
      });
    }
    return entry;
  }

  #presence({ name: room }: Room, type: "join" | "leave", { username }: Person) {
    const content = `${username} ${type === "join" ? "joined" : "left"} the chat`;
    return { type, username, content, ...this.#ids.next(), room };
  }

  #once(username: string, where: string, ref: string | undefined, say: () => Entry): Said {
    const key = ref === undefined ? undefined : `${keyOf(username)}\n${where}\n${ref}`;
    const first = key && this.#recent.get(key);
    if (first) return { entry: first, again: true };
    const entry = say();
    this.counts.messages++;
    if (key) this.#recent.add(key, entry);
    return { entry, again: false };
  }
}
