/**
 * The hall where everybody meets. It brings people, rooms and messages together, and knows no JSON,
 * no socket and no request.
 *
 * @module
 */
import { clock } from "./hub/base/clock.ts";
import { Counts } from "./hub/base/counts.ts";
import { type Soon, whenThere } from "./hub/base/soon.ts";
import type { Channel, Draft, Engine, Said } from "./hub/engine/engine.ts";
import { MemoryEngine } from "./hub/engine/memory.ts";
import { noticeEntry } from "./hub/engine/stamped.ts";
import type { Batch, Entry } from "./hub/log/batch.ts";
import { between, type Feed } from "./hub/log/feed.ts";
import type { LogOptions } from "./hub/log/log.ts";
import type { Entered } from "./hub/log/resume.ts";
import type { IdleOptions } from "./hub/presence/idle_map.ts";
import { Holdings } from "./hub/log/holdings.ts";
import { type Member, People, type Person } from "./hub/presence/people.ts";
import type { Room } from "./hub/presence/room.ts";
import { Rooms } from "./hub/presence/rooms.ts";
import { Ticker } from "./hub/log/tick.ts";
import { ChatError, LIMITS, type Resume, type RoomState } from "./messages.ts";

/** Bounds of what the hub holds and tells. */
export interface HubOptions extends Pick<LogOptions, "history" | "size">, IdleOptions {
  /** Most people in a room in which every arrival is told. @default 200 */
  announce?: number;
  /** Bytes of memory that all rooms and inboxes hold together. @default 268435456 */
  memory?: number;
  /** Where what is said is kept. @default in this process's memory */
  engine?: Engine;
}

/** What somebody who left a room is still to be told. */
export interface Departure {
  /** What was said until then and was not read yet. */
  unread: AsyncIterable<Batch>;
  /** That they left. */
  entry: Entry;
}

/** At most one sign of writing per person and place is passed on in so many milliseconds. */
const TYPING = 3_000;

/**
 * People, rooms, and what is said. What takes a promise is done at once, in one step, where the engine
 * does not have to wait for anything.
 */
export class Hub {
  readonly people: People;
  readonly rooms: Rooms;
  readonly counts = new Counts();
  readonly holdings: Holdings;
  readonly engine: Engine;
  /** Decides when the readers of its logs are woken. */
  readonly ticker = new Ticker();
  #announce: number;

  constructor({ announce = 200, memory, engine, ...bounds }: HubOptions = {}) {
    this.#announce = announce;
    this.holdings = new Holdings(memory);
    this.engine = engine ?? new MemoryEngine(bounds);
    const options = { ...bounds, ticker: this.ticker, holdings: this.holdings };
    this.people = new People(this.engine, this.counts, options);
    this.rooms = new Rooms(this.engine, this.counts, options);
  }

  /**
   * Takes in a connection of a person, who may have others.
   *
   * @param since their place in their private messages, to read on from there
   * @param elsewhere a place in another log, which stands for that one too where it can
   * @throws {ChatError} `unavailable`
   */
  connect(
    username: string,
    feed: Feed,
    since?: string,
    elsewhere?: string,
  ): Soon<Entered & { member: Member }> {
    return this.people.connect(username, feed, () => {
      const unknown = elsewhere !== undefined && !this.engine.knows(elsewhere);
      return since ?? (unknown ? this.engine.start : elsewhere);
    });
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
   * first. Nothing can come between the history it reads and what follows.
   *
   * @param told is told the room's state before anything of what follows
   * @throws {ChatError} `too_many_rooms`, `unavailable`
   */
  join(
    name: string,
    member: Member,
    resume: Resume = {},
    told = (_state: RoomState) => {},
  ): Soon<RoomState> {
    if (!member.rooms.has(name) && member.rooms.size >= LIMITS.rooms) {
      throw new ChatError(
        "too_many_rooms",
        `Cannot join ${name}: you are in ${LIMITS.rooms} rooms already, leave one first`,
        { room: name },
      );
    }
    return this.rooms.enter(name, resume, (room, beginning) => {
      const { feed, person } = member;
      const here = member.rooms.has(name);
      // Without a wish for history a second join must not move the cursor over what is unread.
      const entered = here && resume.since === undefined && !resume.last
        ? { at: feed.place(room.log).after }
        : this.rooms.follow(room, feed, beginning);
      if (here) this.rooms.rest(room);
      else {
        member.rooms.add(name);
        if (room.enter(person)) this.#tell(room, room.size, "join", person);
      }
      const state = room.state(entered);
      told(state);
      return state;
    });
  }

  /**
   * Takes a connection out of a room. The others are told when it was a person's last.
   *
   * @throws {ChatError} `not_in_room`
   */
  leave(name: string, member: Member): Soon<Departure> {
    const room = this.room(name, member);
    const { person, feed } = member;
    const place = feed.place(room.log);
    member.rooms.delete(name);
    const told = room.exit(person)
      ? this.#tell(room, room.size + 1, "leave", person)
      : this.#entry(room, "leave", person);
    feed.unfollow(room.log);
    return whenThere(told, (entry) => {
      // What was said before has come by now.
      this.rooms.rest(room);
      return { unread: between(room.log, place, entry.id), entry };
    });
  }

  /**
   * A room that a connection is in.
   *
   * @throws {ChatError} `not_in_room`
   */
  room(name: string, member: Member): Room {
    if (member.rooms.has(name)) return this.rooms.get(name)!;
    throw new ChatError("not_in_room", `You are not in room ${name}: join it first`, {
      room: name,
    });
  }

  /** Says something in a room. @throws {ChatError} `unavailable` */
  say(username: string, name: string, content: string, ref?: string): Soon<Said> {
    return whenThere(this.rooms.open(name), (room) => {
      try {
        return this.#say([room.channel], { username, content, room: name, ref });
      } finally {
        this.rooms.rest(room);
      }
    });
  }

  /**
   * Says something to one person. Both get it, on every connection.
   *
   * @throws {ChatError} `unavailable`; `no_such_user` when the other is unknown, or gone for over ten
   * minutes and nothing is kept of theirs
   */
  whisper(person: Person, name: string, content: string, ref?: string): Soon<Said> {
    return whenThere(this.people.reach(name), (other) => {
      const { username } = person;
      const to = other.username;
      const channels = [...new Set([other.channel, person.channel])];
      return this.#say(channels, { username, content, to, ref });
    });
  }

  /**
   * Shows that somebody is writing, in a room or to a person.
   *
   * @throws {ChatError} `no_such_user`
   */
  typing(person: Person, target: { room: Room } | { to: string }) {
    if ("room" in target) {
      const { name: room, channel } = target.room;
      return this.#typing(person, room, channel, { room });
    }
    const { username: to, channel } = this.people.find(target.to);
    this.#typing(person, channel, channel, { to });
  }

  /** Lets go of everything, once all that was said is kept. */
  end(): Soon<void> {
    return this.engine.end();
  }

  #say(channels: Channel[], draft: Draft): Soon<Said> {
    return whenThere(this.engine.say(channels, draft), (said) => {
      if (!said.again) this.counts.messages++;
      return said;
    });
  }

  #typing(
    person: Person,
    where: string,
    channel: Channel,
    target: { room: string } | { to: string },
  ) {
    const { username } = person;
    const typed = person.typed ??= new Map<string, number>();
    const now = clock.now();
    if (now - (typed.get(where) ?? -Infinity) < TYPING) return;
    // Moved to the end, so that the first is the oldest.
    typed.delete(where);
    typed.set(where, now);
    if (typed.size > LIMITS.rooms) typed.delete(typed.keys().next().value!);
    this.engine.tell(channel, { type: "typing", ...target, username });
  }

  /** Tells a room of so many people who came or went; a big one only how many there are. */
  #tell(room: Room, people: number, type: "join" | "leave", person: Person): Soon<Entry> {
    if (people <= this.#announce) {
      return this.engine.tell(room.channel, presence(room, type, person));
    }
    room.count(() => {
      const { size: count, names } = room;
      // Where arrivals are told again, who is counted on must be known by name again.
      const users = count <= this.#announce ? names : undefined;
      this.engine.tell(room.channel, { type: "room", room: room.name, users, count });
    });
    return this.#entry(room, type, person);
  }

  /** What would be told of who came or went, for one reader alone. */
  #entry(room: Room, type: "join" | "leave", person: Person): Soon<Entry> {
    const stamp = this.engine.stamp(room.channel);
    return whenThere(stamp, (stamp) => noticeEntry(presence(room, type, person), stamp));
  }
}

function presence({ name: room }: Room, type: "join" | "leave", { username }: Person) {
  const content = `${username} ${type === "join" ? "joined" : "left"} the chat`;
  return { type, username, content, room };
}
