/**
 * Who is there: what an engine knows of it where there are several processes, and the hub where there
 * is one.
 *
 * @module
 */
import type { Part } from "../base/sorted.ts";
import type { Soon } from "../base/soon.ts";
import type { Entry } from "../log/batch.ts";
import type { Presence } from "../../messages.ts";
import type { Channel, Stamp } from "./engine.ts";

/** Who is in a room. */
export interface Roster {
  /** How many people. */
  count: number;
  /** Their names, sorted; the first 200 of them. */
  names: string[];
}

/** What is told about a person who is connected. */
export interface User {
  username: string;
  /** Sorted. */
  rooms: string[];
  connections: number;
  /** RFC 3339. */
  connectedAt: string;
  /** What is shown instead of the username, where that differs. */
  name?: string;
}

/** What somebody is called, and who they are. */
export interface Called {
  readonly username: string;
  /**
   * Tells them from everybody else; the same for all spellings of their name. It begins with `#`, as no
   * name does, where they are a guest among people who prove who they are, or who own their names.
   */
  readonly key: string;
}

/** Must whoever has one key give up their name to who has another? A guest must to whoever proves that it is theirs. */
export function yieldsTo(holder: string, key: string): boolean {
  return holder.startsWith("#") && !key.startsWith("#");
}

/** Somebody as this process knows them. */
export interface Guest extends Called {
  /** What is shown instead of the username, where that differs. */
  readonly name?: string;
  /** What their name looks like: nobody else may have one of these. */
  readonly looks: Iterable<string>;
  /** Of all their connections here, sorted. */
  readonly rooms: string[];
  /** How many they have here: none, once they have gone. */
  readonly connections: number;
  /** Milliseconds since the epoch: when the oldest of these began. */
  readonly connectedAt: number;
}

/** Somebody whose first connection of this process comes into a room, or whose last one leaves it. */
export interface Passage {
  /** Of all spellings of their name. */
  key: string;
  /** What is told of it where they were nowhere in the room before, or are nowhere any more. */
  notice: Omit<Presence, keyof Stamp>;
  /** Of more people nobody is told who comes and goes. */
  announce: number;
}

/** What is told of a room in a list. */
export interface Listed {
  room: string;
  users: number;
  /** Id of the newest message that is kept. */
  head: string | null;
}

/** What one process has done since it started. */
export interface Deeds {
  connections: number;
  messages: number;
  delivered: number;
  rejected: number;
  slow: number;
  /** Bytes. */
  memory: number;
}

/** What all of them have done, and how many people and rooms there are. */
export interface Totals extends Deeds {
  users: number;
  rooms: number;
  /** Processes. */
  nodes: number;
}

/** Who is there, over all processes. */
export interface Company {
  /**
   * Looks whether a name may be used now: whether it is nobody's, or the same person's.
   *
   * @throws {ChatError} `name_taken` where it looks like that of somebody who is connected, or was
   * within the last ten minutes; `unavailable`
   */
  check(who: Called): Soon<void>;

  /**
   * Makes known how somebody is here, once they have come, and whenever that has changed. Those who must
   * give up their name to them are told so, each in the channel of their private messages.
   *
   * @returns their name as all see it: in the spelling of the oldest of their connections anywhere
   * @throws {ChatError} `name_taken`, as {@linkcode check}, where they come; `unavailable`: then it is
   * made known later, unless they were to come and are gone by then
   */
  show(guest: Guest): Soon<string>;

  /**
   * Somebody comes into a room. Everybody is told, in the order of the calls of the engine, where they were nowhere in it.
   *
   * @throws {ChatError} `unavailable`: whoever is told so must have them {@linkcode leave}
   */
  enter(room: Channel, passage: Passage): Soon<Roster>;

  /**
   * Somebody leaves a room. Never fails: where the others cannot be told now, they are later.
   *
   * @returns how many people are left, and what was told, once that and all that was asked for before
   * is brought here; no entry where nobody was told
   */
  leave(room: Channel, passage: Passage): Soon<{ count: number; entry?: Entry }>;

  /** Who is in a room. @throws {ChatError} `unavailable` */
  roster(room: Channel): Soon<Roster>;

  /**
   * Tells a room how many people are in it; of `announce` or fewer, also who. It is told at most once
   * a second, by whichever process, and not where nothing has changed since. Never fails.
   *
   * @returns the milliseconds after which to ask again, as it was told a moment ago; else 0
   */
  census(room: Channel, announce: number): Soon<number>;

  /** Some of those who are connected, or who are in a room, by name; and how many they are. @throws {ChatError} `unavailable` */
  users(part: Part, room?: Channel): Soon<{ users: User[]; count: number }>;

  /** Some of the rooms there are, by name, and how many they are. @throws {ChatError} `unavailable` */
  rooms(part: Part): Soon<{ rooms: Listed[]; count: number }>;

  /**
   * Somebody by name, called as the others see it, who is connected or was within the last ten minutes.
   *
   * @throws {ChatError} `unavailable`
   */
  find(username: string): Soon<Called | undefined>;

  /** The name of somebody, as the others see it, who is connected; else as given. @throws {ChatError} `unavailable` */
  spelling(who: Called): Soon<string>;

  /** Is given what tells what this process does. */
  describe(deeds: () => Deeds): void;

  /** What all have done. @throws {ChatError} `unavailable` */
  totals(): Soon<Totals>;

  /**
   * Takes tokens of an allowance that all processes share, and gives 0; or none, and gives the
   * milliseconds until there are enough. Missing where there is one process. Never fails: 0 where
   * nobody can tell.
   */
  take?(name: string, allowance: { rate: number; burst: number }, cost: number): Soon<number>;
}
