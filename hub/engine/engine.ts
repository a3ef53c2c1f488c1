/**
 * What the hub knows of where its logs live.
 *
 * An engine orders what is said, keeps it, and brings it to every process that has a window onto the
 * channel it was said in. There may be many such processes, and anything between them and what is
 * kept may be slow, fail, have been done although it seemed to fail, or happen twice. So the rules are
 * made for that; an engine in which nothing can fail finds them easy to keep.
 *
 * 1. *Order.* The engine gives the ids. In a channel they ascend, in the order in which everybody is
 *    told; whatever the clock says, they are above all that were ever given out for it.
 * 2. *An echo is a promise kept.* A window is brought a message once the engine has it for good, and
 *    not before; the same goes for the answer to who said it.
 * 3. *Once.* A message with a `ref` that was kept in the last five minutes is not kept again: the
 *    answer is the first one. So whoever was told `unavailable`, or nothing, may say it again.
 * 4. *A window is exact or says so.* It is brought every entry once and in order. What an engine
 *    missed, it fetches before it goes on; where it cannot, it says what is lost.
 * 5. *At once where it can be.* A promise is answered only where there is something to wait for; each
 *    is settled within seconds, if need be by a {@linkcode ChatError} `unavailable`.
 * 6. *In order of the calls.* What was asked for first in a channel comes first in its windows, be it
 *    kept or told.
 *
 * @module
 */
import type { Histogram, Tally } from "../base/counts.ts";
import type { Part } from "../base/sorted.ts";
import type { Soon } from "../base/soon.ts";
import type { Archive, Origin, Page, Past, Query } from "../log/archive.ts";
import type { Entry } from "../log/batch.ts";
import type {
  Chat,
  Clearing,
  Deletion,
  Moderated,
  Presence,
  RoomState,
  Typing,
} from "../../messages.ts";
import type { Company } from "./company.ts";
import type { Facts } from "./facts.ts";

export type { Archive, Origin, Page, Past, Query };

/** A room, as `#lobby`, or the private messages of a person, as `@ann` by the key of their name. */
export type Channel = `#${string}` | `@${string}`;

/** The place of a message among all, and the time at which it was said. */
export type Stamp = Pick<Chat, "id" | "timestamp">;

/** What somebody says, before it has its place: in a room, or to a person. */
export interface Draft extends Omit<Chat, keyof Stamp | "type"> {
  /** Tells who says it from others of the same name, by whose `ref` it is not known. @default that of the name */
  key?: string;
}

/** That what was said in a room is taken back, before it has its place. */
export type Act = Omit<Deletion, keyof Stamp> | Omit<Clearing, keyof Stamp>;

/** That a person's name was taken over: told to the processes that they are connected to, and to nobody else. */
export interface Taken {
  type: "taken";
  /** The connection of theirs that has it from now on; or else somebody else has proven that it is theirs. */
  by?: string;
}

/** What is told to those who are there, and not kept. */
export type Notice =
  | Omit<Presence, keyof Stamp>
  | Omit<Moderated, keyof Stamp>
  | Typing
  | RoomState
  | Taken;

/** A message that is kept. */
export interface Said {
  entry: Entry;
  /** Had it been said before, with the same `ref`? Then it was not delivered again. */
  again: boolean;
}

/** One process's window onto a channel. */
export interface Window {
  /** Is told where it begins, before anything else. */
  begin(origin: Origin): void;
  /** Takes in the next entry: a message, or a notice. */
  append(entry: Entry): void;
  /** Is told that no message up to this id is kept any more. */
  lose(id: string): void;
  /** Is told that notices may be missing before this place, which is after all that was brought. */
  miss(id: string): void;
  /**
   * Is told of an act that cannot be brought in its order any more, and lets go of what it takes back;
   * whoever reads is told by {@linkcode tear} that something is missing. Missing itself where nothing is
   * ever taken back, as of private messages.
   */
  takeBack?(act: Entry): void;
  /**
   * Is told that messages are missing that should have been brought before this place, which is after all
   * that was brought: readers are told `gap`. They are kept, and so is what came before them.
   */
  tear(id: string): void;
}

/** What somebody looks for in a room. */
export interface Search {
  /** Words, all of which must be in a message. */
  words: string;
  /** Only what was said before this id. */
  before?: string;
  limit: number;
}

/** A message that was found. */
export interface Hit {
  entry: Entry;
  /** A part of what it says, as pieces of text: each second one, from the second on, is what was looked for. */
  snippet: string[];
}

/** What was found, newest first. */
export interface Found {
  hits: Hit[];
  /** Was everything looked at? */
  whole: boolean;
  /** Where it was not, the id before which to go on. */
  next?: string;
}

/** A room of which something is kept. */
export interface KeptRoom {
  name: string;
  /** Id of the newest message that is kept, or an empty text. */
  head: string;
}

/** How an engine is. */
export interface Health {
  /** `memory`, `sqlite` … */
  readonly name: string;
  /** Why nothing can be kept now; null while all is well; undefined where nothing can fail. */
  readonly trouble?: string | null;
  /** Bytes that it has of the disk. */
  readonly bytes?: number;
  /** Seconds that keeping took, each time: what is said meanwhile waits for its turn besides. */
  readonly delays: Histogram;
  /** Pages that were read of what no window held. */
  readonly pages: number;
  /** Steps that failed. */
  readonly errors: number;
  /**
   * Since when nothing can be read either, by `clock.now()`; undefined while it can. Who has a window
   * goes on reading that.
   */
  readonly awaySince?: number;
  /** What else has befallen it, by kind, since it started. */
  readonly events?: Tally<string>;
}

/** Orders what is said, keeps it, and brings it. */
export interface Engine {
  readonly health: Health;
  /** The first place of all: nothing is known of what came before it. */
  readonly start: string;
  /** Who is there over all processes; missing where this is the only one. */
  readonly company?: Company;
  /** What all processes know at once. */
  readonly facts: Facts;

  /**
   * Is this a place in what it keeps or kept, or a message that it keeps of this channel? Of another one
   * nobody can say what came after it.
   */
  knows(place: string, channel?: Channel): boolean;

  /**
   * An id and a time for what is told to one reader of a channel alone: later than all that was asked
   * for in it before, once that is brought. Never fails.
   */
  stamp(channel: Channel): Soon<Stamp>;

  /**
   * Opens a window, which holds nothing yet: it is begun, and from then on brought everything that
   * comes. A channel that has one must not be opened again.
   *
   * @throws {ChatError} `unavailable`: it is not open then
   */
  open(channel: Channel, window: Window): Soon<void>;

  /** Closes a channel's window. @param newest id of the newest message that it was brought */
  close(channel: Channel, newest: string): void;

  /**
   * Keeps a message and brings it to some channels: a room, or the inboxes of two people.
   *
   * @throws {ChatError} `unavailable`: it may be kept nevertheless, but then by its `ref` once only;
   * `forbidden`: by its `ref` it was said before, and it has been taken back since
   */
  say(channels: Channel[], draft: Draft): Soon<Said>;

  /**
   * Was something said by its `ref` in a room, so that it is not kept again? It may be being kept. Never
   * fails: no, where nobody can tell.
   */
  isSaid(draft: Omit<Draft, "content">): Soon<boolean>;

  /**
   * Takes back what was said in a room, one message or all before: keeps that it was, and brings it.
   * Once that is told, what it takes back is kept nowhere any more, and nobody is given it. A message
   * that is not kept any more may still be seen by somebody, so that is done all the same: of two who
   * take back the same message both are told that it is done. It is done wherever the room has a window,
   * or none.
   *
   * @throws {ChatError} `unavailable`: it may be done nevertheless, and may be done again;
   * `no_such_message`: no message can have that id, as it was never given out for this room, as far as the engine can tell
   */
  takeBack(channel: Channel, act: Act): Soon<Entry>;

  /**
   * Brings a notice to a channel's windows, and answers once that and all that was asked for before is
   * brought to the one here. It may be lost elsewhere, but is not told twice. Never fails.
   */
  tell(channel: Channel, notice: Notice): Soon<Entry>;

  /** Reads a channel that has no window here, and needs none. @throws {ChatError} `unavailable` */
  page(channel: Channel, query: Query): Soon<Page>;

  /** Some of the rooms that it keeps, by name, and how many they are; missing where it keeps none. */
  rooms?(part: Part): Soon<{ rooms: KeptRoom[]; count: number }>;

  /** Looks for words in a channel, newest first; missing where it cannot. @throws {ChatError} `unavailable` */
  search?(channel: Channel, search: Search): Soon<Found>;

  /** Lets go of everything, once all that was said is kept. */
  end(): Soon<void>;
}
