/**
 * The hall where everybody meets: which rooms there are and who is in them. It knows no JSON, no
 * socket and no request; a member is a name with a {@linkcode Feed}.
 *
 * @module
 */
import { monotonicUlid } from "@std/ulid";
import type { Feed } from "./hub/feed.ts";
import { Log, type LogOptions } from "./hub/log.ts";
import { ChatError, type Message } from "./messages.ts";

/** One connection of one person. */
export interface Member {
  readonly username: string;
  readonly feed: Feed;
  /** Milliseconds since the epoch. */
  readonly connectedAt: number;
}

/** What is known of a person who is connected. */
export interface User {
  username: string;
  /** Sorted. */
  rooms: string[];
  connections: number;
  /** RFC 3339: when the first of the connections began. */
  connectedAt: string;
}

interface Room {
  log: Log;
  members: Set<Member>;
  /** Connections per person, by {@linkcode key}. */
  people: Map<string, number>;
}

/** Two names that differ only in case are the same person. */
const key = (username: string) => username.toLowerCase();

/** Rooms, and who is in them. */
export class Hub {
  #rooms = new Map<string, Room>();
  #options: LogOptions;
  /** Chat messages accepted since start. */
  messages = 0;

  constructor(options: LogOptions = {}) {
    this.#options = options;
  }

  /** Takes a connection into a room. The others, and the newcomer, are told of a person's first. */
  join(name: string, member: Member) {
    const room = this.#open(name);
    if (room.members.has(member)) return;
    room.members.add(member);
    member.feed.follow(name, room.log);
    const connections = (room.people.get(key(member.username)) ?? 0) + 1;
    room.people.set(key(member.username), connections);
    if (connections === 1) this.#tell(room, name, member.username, "join", "joined");
  }

  /** Takes a connection out of a room. The others are told of a person's last. */
  leave(name: string, member: Member) {
    const room = this.#rooms.get(name);
    if (!room?.members.delete(member)) return;
    member.feed.unfollow(name);
    const connections = room.people.get(key(member.username))! - 1;
    if (connections > 0) {
      room.people.set(key(member.username), connections);
      return;
    }
    room.people.delete(key(member.username));
    this.#tell(room, name, member.username, "leave", "left");
  }

  /**
   * Says something in a room.
   *
   * @throws {ChatError} `not_in_room` when the speaker is not in it
   */
  say(name: string, member: Member, content: string, ref?: string): Message {
    const room = this.#rooms.get(name);
    if (!room?.members.has(member)) {
      throw new ChatError("not_in_room", `Cannot send to room ${name}: you are not in it`, { ref });
    }
    this.messages++;
    return this.#append(room, {
      type: "chat",
      username: member.username,
      content,
      room: name,
      ref,
    });
  }

  /** Takes a connection out of every room. */
  dismiss(member: Member) {
    for (const name of this.#rooms.keys()) this.leave(name, member);
  }

  /** Who is connected, in one room or anywhere, sorted by name. */
  users(room?: string): User[] {
    const people = new Map<
      string,
      { username: string; rooms: Set<string>; members: Set<Member> }
    >();
    for (const [name, { members }] of this.#rooms) {
      for (const member of members) {
        const person = people.get(key(member.username)) ?? {
          username: member.username,
          rooms: new Set<string>(),
          members: new Set<Member>(),
        };
        people.set(key(member.username), person);
        person.rooms.add(name);
        person.members.add(member);
      }
    }
    return [...people.values()]
      .filter(({ rooms }) => room === undefined || rooms.has(room))
      .map(({ username, rooms, members }) => ({
        username,
        rooms: [...rooms].sort(),
        connections: members.size,
        connectedAt: new Date(Math.min(...[...members].map((member) => member.connectedAt)))
          .toISOString(),
      }))
      .sort((a, b) => a.username < b.username ? -1 : 1);
  }

  /** The rooms there are, sorted by name; `head` is the id of the newest chat message. */
  rooms(): { room: string; users: number; head: string | null }[] {
    return [...this.#rooms]
      .map(([room, { people, log }]) => ({ room, users: people.size, head: log.head }))
      .sort((a, b) => a.room < b.room ? -1 : 1);
  }

  #open(name: string): Room {
    let room = this.#rooms.get(name);
    if (!room) {
      room = { log: new Log(this.#options), members: new Set(), people: new Map() };
      this.#rooms.set(name, room);
    }
    return room;
  }

  #tell(room: Room, name: string, username: string, type: "join" | "leave", verb: string) {
    this.#append(room, { type, username, content: `${username} ${verb} the chat`, room: name });
  }

  #append(room: Room, draft: Omit<Message, "id" | "timestamp">): Message {
    const now = Date.now();
    return room.log.append({
      ...draft,
      id: monotonicUlid(now),
      timestamp: new Date(now).toISOString(),
    }).message;
  }
}
