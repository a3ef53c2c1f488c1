/**
 * The hall where everybody meets. It brings people, rooms and messages together, and knows no JSON,
 * no socket and no request.
 *
 * @module
 */
import { Access, type Policy } from "./hub/access/access.ts";
import { Approval } from "./hub/access/approval.ts";
import { Doorkeeper } from "./hub/access/doorkeeper.ts";
import type { Filter } from "./hub/access/filter.ts";
import type { Identity } from "./hub/access/identity.ts";
import { type Log, Moderator } from "./hub/access/moderator.ts";
import { clock } from "./hub/base/clock.ts";
import { Counts } from "./hub/base/counts.ts";
import { orElse, type Soon, whenThere } from "./hub/base/soon.ts";
import type { Called, Company, Guest, Roster } from "./hub/engine/company.ts";
import type { Channel, Draft, Engine, Said } from "./hub/engine/engine.ts";
import { MemoryEngine } from "./hub/engine/memory.ts";
import type { Batch, Entry } from "./hub/log/batch.ts";
import { between, Feed } from "./hub/log/feed.ts";
import type { LogOptions } from "./hub/log/log.ts";
import type { Entered } from "./hub/log/resume.ts";
import type { IdleOptions } from "./hub/presence/idle_map.ts";
import { Holdings } from "./hub/log/holdings.ts";
import { Alone } from "./hub/presence/alone.ts";
import { Attendance } from "./hub/presence/attendance.ts";
import { nobody, People } from "./hub/presence/people.ts";
import type { Line, Member, Person } from "./hub/presence/person.ts";
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
  /** Who may come in. @default everybody */
  policy?: Policy;
  /** Is asked about each message before it is said. @default nobody is */
  filter?: Filter;
  /** Writes one event to the log. */
  log?: Log;
}

/** What somebody who left a room is still to be told. */
export interface Departure {
  /** What was said until then and was not read yet. */
  unread: AsyncIterable<Batch>;
  /** That they left. */
  entry: Entry;
}

/** What those are told whose name is taken over. */
const NEWER = "Your name was taken over by a newer connection of yours";
const PROVEN = "Your name was taken over by somebody who has proven that it is theirs";

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
  /** What everybody may do. */
  readonly access: Access;
  readonly moderator: Moderator;
  /** Sends away who may not stay. */
  readonly doorkeeper: Doorkeeper;
  /** What is asked before something is said. */
  readonly approval: Approval;
  readonly filter?: Filter;
  /** Who is in this process, and who is in all that are one chat: mostly the same. */
  readonly here: Company;
  readonly everywhere: Company;
  /** Decides when the readers of its logs are woken. */
  readonly ticker = new Ticker();
  #attendance: Attendance;

  constructor(
    { announce = 200, memory, engine, policy, filter, log = () => {}, ...bounds }: HubOptions = {},
  ) {
    this.holdings = new Holdings(memory);
    this.engine = engine ?? new MemoryEngine(bounds);
    this.access = new Access(this.engine.facts, policy);
    const options = { ...bounds, ticker: this.ticker, holdings: this.holdings };
    this.people = new People(this.engine, this.counts, options, (member, by) => {
      member.line?.fail(new ChatError("name_taken", by === undefined ? PROVEN : NEWER));
      this.dismiss(member);
    });
    this.rooms = new Rooms(this.engine, this.counts, options);
    this.here = new Alone(this.engine, this.people, this.rooms);
    this.everywhere = this.engine.company ?? this.here;
    this.#attendance = new Attendance(this.engine, this.everywhere, announce);
    const { access, counts, everywhere: company } = this;
    const { rulings } = access;
    this.moderator = new Moderator({ access, engine: this.engine, company, counts, log });
    this.doorkeeper = new Doorkeeper(this.engine.facts, rulings, (error) => {
      log("warn", "address not kept", { error: String(error) });
    });
    this.approval = new Approval(rulings, this.engine, company, filter);
    this.filter = filter;
  }

  /**
   * Takes in a connection of a person, who may have others.
   *
   * @param since their place in their private messages, to read on from there
   * @param elsewhere a place in another log, which stands for that one too where it can
   * @param line ends when their name is taken over
   * @throws {ChatError} `unavailable`, `name_taken`
   */
  connect(
    who: Identity,
    feed: Feed,
    since?: string,
    elsewhere?: string,
    line?: Line,
  ): Soon<Entered & { member: Member }> {
    const connected = this.people.connect(who, feed, () => {
      const unknown = elsewhere !== undefined && !this.engine.knows(elsewhere);
      return since ?? (unknown ? this.engine.start : elsewhere);
    }, line);
    return whenThere(connected, (connected) => {
      const { person } = connected.member;
      const shown = orElse(() => this.everywhere.show(person), () => {
        this.dismiss(connected.member);
        this.people.forget(person);
      });
      return whenThere(shown, (name) => {
        if (person.rooms.length === 0) this.people.rename(person, name);
        return whenThere(this.people.takeOver(connected.member), () => connected);
      });
    });
  }

  /** Has somebody shown as their newest token says. @param shown instead of the username */
  rename(person: Person, shown: string | undefined) {
    if (person.name === shown) return;
    person.name = shown;
    this.#show(person);
  }

  /**
   * Has guests give up the name of somebody who has proven it without being here, as if they had come for a
   * moment.
   *
   * @throws {ChatError} `unavailable`, `name_taken`
   */
  takeName(who: Identity): Soon<void> {
    if (who.guest || this.access.policy.guests === "off") return;
    // Then they have it already.
    if (this.people.get(who.username)?.key === who.key) return;
    return whenThere(this.connect(who, new Feed()), ({ member }) => this.dismiss(member));
  }

  /** Takes a connection out of everything. Does nothing the second time. */
  dismiss(member: Member) {
    const { person, rooms, feed } = member;
    const wasThere = person.members.has(member);
    try {
      for (const name of [...rooms]) this.leave(name, member);
    } finally {
      this.people.disconnect(member);
      if (wasThere) this.#show(person);
      feed.close();
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
      const { feed } = member;
      // They may have been dismissed while it was opened.
      const enters = !member.rooms.has(name) && member.person.members.has(member);
      // What comes from here on is read, their own arrival too.
      const end = room.log.end;
      const roster = enters
        ? this.#enter(room, member)
        : orElse(() => this.#attendance.roster(room), () => this.rooms.rest(room));
      return whenThere(roster, (roster) => {
        // Or since.
        const entered = !member.rooms.has(name)
          ? { at: end.after }
          // Without a wish for history a second join must not move the cursor over what is unread.
          : !enters && resume.since === undefined && !resume.last
          ? { at: feed.place(room.log).after }
          : this.rooms.follow(room, feed, beginning, end);
        if (!enters) this.rooms.rest(room);
        const state = this.#stateOf(room, entered, roster);
        told(state);
        return state;
      });
    });
  }

  /**
   * What somebody who stands in a room is told about it; nothing where it is not known.
   *
   * @param company who says who is there @default everybody
   * @throws {ChatError} `unavailable`
   */
  state(
    name: string,
    entered: Entered,
    company?: Company,
  ): Soon<RoomState | undefined> {
    const room = this.rooms.get(name);
    if (!room) return undefined;
    const roster = company ? company.roster(room.channel) : this.#attendance.roster(room);
    return whenThere(roster, (roster) => this.#stateOf(room, entered, roster));
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
    const left = this.#attendance.exit(room, person);
    this.#show(person);
    feed.unfollow(room.log);
    return whenThere(left, (entry) => {
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

  /**
   * Says something in a room.
   *
   * @param shown instead of the username @throws {ChatError} `unavailable`
   */
  say(
    username: string,
    name: string,
    content: string,
    ref?: string,
    shown?: string,
  ): Soon<Said> {
    return whenThere(this.rooms.open(name), (room) => {
      try {
        return this.#say([room.channel], { username, name: shown, content, room: name, ref });
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
    const own = this.access.inboxOf(name);
    const reached = this.people.reach(name, own, () => this.#find(this.everywhere, name));
    return whenThere(reached, (other) => {
      const { username, name } = person;
      const to = other.username;
      const channels = [...new Set([other.channel, person.channel])];
      return this.#say(channels, { username, name, key: person.key, content, to, ref });
    });
  }

  /**
   * Shows that somebody is writing, in a room or to a person.
   *
   * @throws {ChatError} `no_such_user`, `unavailable`
   */
  typing(person: Person, target: { room: Room } | { to: string }): Soon<void> {
    if ("room" in target) {
      const { name: room, channel } = target.room;
      return this.#typing(person, room, channel, { room });
    }
    const found = whenThere(
      this.#find(this.here, target.to),
      (to) => to ?? this.#find(this.everywhere, target.to),
    );
    return whenThere(found, (to) => {
      if (to === undefined) throw nobody(target.to);
      const channel: Channel = `@${to.key}`;
      this.#typing(person, channel, channel, { to: to.username });
    });
  }

  /** Somebody who is there, or was a short while ago, and has the private messages that are meant by a name. */
  #find(company: Company, name: string): Soon<Called | undefined> {
    const own = this.access.inboxOf(name);
    return whenThere(company.find(name), (found) => {
      return own === undefined || found?.key === own ? found : undefined;
    });
  }

  /** Lets go of everything, once all that was said is kept. */
  end(): Soon<void> {
    return whenThere(this.engine.end(), () => this.rooms.hush());
  }

  #stateOf(room: Room, entered: Entered, roster: Roster): RoomState {
    return { ...room.state(entered, roster), ...this.access.rulings.settings(room.name) };
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

  /** Takes a connection into a room in which it is not. Gives who is there then. */
  #enter(room: Room, member: Member): Soon<Roster> {
    const { person } = member;
    member.rooms.add(room.name);
    const entered = this.#attendance.enter(room, person);
    const shown = this.#show(person);
    return orElse(
      () => whenThere(entered, (roster) => whenThere(shown, () => roster)),
      () => {
        if (member.rooms.has(room.name)) this.leave(room.name, member);
      },
    );
  }

  /** Makes known what has changed about somebody: at once, or when that is possible. */
  #show(person: Guest): Soon<unknown> {
    const shown = this.everywhere.show(person);
    return shown instanceof Promise ? shown.catch(() => {}) : shown;
  }
}
