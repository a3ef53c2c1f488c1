import type { Resume } from "../../messages.ts";
import type { Counts } from "../base/counts.ts";
import { type Part, Sorted } from "../base/sorted.ts";
import { orElse, type Soon, whenThere } from "../base/soon.ts";
import type { Listed } from "../engine/company.ts";
import type { Engine, Page, Query } from "../engine/engine.ts";
import { isAct, type Place } from "../log/batch.ts";
import type { Feed } from "../log/feed.ts";
import type { LogOptions } from "../log/log.ts";
import { type Beginning, beginning, type Entered, follow, holds } from "../log/resume.ts";
import { IdleMap, type IdleOptions } from "./idle_map.ts";
import { Room } from "./room.ts";

/** Pages that are read for one, and how many entries each of the further ones has at least. */
const ROUNDS = 20;
const MANY = 500;

/** All rooms, opened by their first reader or message and forgotten when idle. */
export class Rooms {
  #rooms: IdleMap<Room>;
  #sorted = new Sorted<Room>(({ name }) => name);
  #options: LogOptions;
  #engine: Engine;
  #counts: Counts;

  constructor(
    engine: Engine,
    counts: Counts,
    { history, size, ticker, holdings, ...idle }: LogOptions & IdleOptions = {},
  ) {
    this.#rooms = new IdleMap((room) => {
      this.#sorted.delete(room);
      room.log.close();
      engine.close(room.channel, room.log.newest);
    }, idle);
    this.#options = { history, size, counts, ticker, holdings };
    this.#engine = engine;
    this.#counts = counts;
  }

  /** How many there are. */
  get size(): number {
    return this.#rooms.size;
  }

  /** All of them, by name. */
  entries(): Iterable<[string, Room]> {
    return this.#rooms.entries();
  }

  /** Some of them, and of those that the engine keeps, sorted by name; and how many all of them are. */
  list(part: Part): Soon<{ rooms: Listed[]; count: number }> {
    const kept = this.#engine.rooms?.(part) ?? { rooms: [], count: 0 };
    return whenThere(kept, ({ rooms, count }) => {
      // Also forgets what is to be forgotten by now.
      const unkept = this.#unkept;
      const listed = new Map<string, Listed>();
      for (const { name, head } of rooms) {
        listed.set(name, { room: name, users: 0, head: head || null });
      }
      for (const { name, size, log } of this.#sorted.part(part)) {
        listed.set(name, { room: name, users: size, head: log.head || null });
      }
      const sorted = [...listed.values()].sort((a, b) => a.room < b.room ? -1 : 1);
      return { rooms: sorted.slice(0, part.most), count: count + unkept };
    });
  }

  /** How many of them the engine does not count, as nothing of theirs is kept. */
  get #unkept(): number {
    if (!this.#engine.rooms) return this.size;
    return [...this.#rooms.entries()].filter(([, { log }]) => log.head === "").length;
  }

  /** Has no room told any more how many are in it. */
  hush() {
    for (const [, room] of this.#rooms.entries()) room.hush();
  }

  /** A room, if it is known. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** A room, opened if need be; whoever is done with it must let it {@linkcode rest}. @throws {ChatError} `unavailable` */
  open(name: string): Soon<Room> {
    return this.#rooms.use(name, () => {
      const room = new Room({ ...this.#options, room: name });
      return whenThere(this.#engine.open(room.channel, room.log), () => {
        this.#sorted.add(room);
        return room;
      });
    });
  }

  /** Says that one who had a room opened is done with it: once all are, it is idle. */
  rest({ name }: Room) {
    this.#rooms.rest(name);
  }

  /**
   * Opens a room, finds where a client is to begin in it, and goes on from there; then it is for `go` to
   * let it {@linkcode rest}.
   *
   * @throws {ChatError} `unavailable`
   */
  enter<T>(
    name: string,
    resume: Resume,
    go: (room: Room, beginning: Beginning) => Soon<T>,
  ): Soon<T> {
    return whenThere(this.open(name), (room) => {
      const knows = (place: string) => this.#engine.knows(place, room.channel);
      const begins = orElse(() => beginning(room.log, resume, knows), () => this.rest(room));
      return whenThere(begins, (beginning) => go(room, beginning));
    });
  }

  /**
   * Lets a feed read a room. That alone does not make anybody a member of it.
   *
   * @param place where the room stood when it was decided to do so @default now
   */
  follow({ log }: Room, feed: Feed, beginning: Beginning, place?: Place): Entered {
    const entered = follow(log, feed, beginning, place);
    if (entered.resumed !== undefined) this.#counts.resumes.count(entered.resumed);
    return entered;
  }

  /** A page of a room's history, as {@linkcode Log.page} gives it: only what was said, and as much of it as there is. */
  history(name: string, query: Query): Soon<{
    entries: Page["entries"];
    /** Is nothing missing of what was asked for, neither lost nor beyond the limit? */
    complete: boolean;
  }> {
    const { since } = query;
    return whenThere(this.#said(name, query), ({ entries, whole, lost, floor }) => {
      const held = since === undefined
        ? lost === ""
        : holds({ floor }, since, (place) => this.#engine.knows(place, `#${name}`));
      return { entries, complete: whole && held };
    });
  }

  /** A page without what takes messages back: where there is much of that, several are read. */
  #said(name: string, query: Query, rounds = ROUNDS): Soon<Page> {
    const read = this.#rooms.get(name)?.log.page(query) ?? this.#engine.page(`#${name}`, query);
    return whenThere(read, (page) => {
      const said = page.entries.filter((entry) => !isAct(entry));
      const lacking = query.limit - said.length;
      if (said.length === page.entries.length || page.whole || rounds === 1) {
        return { ...page, entries: said };
      }
      const { since } = query;
      const on = since === undefined
        ? { before: page.entries[0]!.id }
        : { since: page.entries.at(-1)!.id };
      // Whatever takes something back is mostly not alone.
      const more = this.#said(
        name,
        { ...query, ...on, limit: Math.max(lacking, MANY) },
        rounds - 1,
      );
      return whenThere(more, ({ entries, whole }) => {
        const some = since === undefined ? entries.slice(-lacking) : entries.slice(0, lacking);
        const all = since === undefined ? [...some, ...said] : [...said, ...some];
        return { ...page, entries: all, whole: whole && some.length === entries.length };
      });
    });
  }
}
