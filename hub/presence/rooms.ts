import type { Resume } from "../../messages.ts";
import type { Counts } from "../base/counts.ts";
import type { Feed } from "../log/feed.ts";
import { IdleMap, type IdleOptions } from "./idle_map.ts";
import type { Ids } from "../log/ids.ts";
import type { Entry } from "../log/batch.ts";
import { Log, type LogOptions } from "../log/log.ts";
import { type Entered, follow, holds } from "../log/resume.ts";
import { Room } from "./room.ts";
import { type Page, Sorted } from "../base/sorted.ts";

/** All rooms, opened by their first reader or message and forgotten when idle. */
export class Rooms {
  #rooms: IdleMap<Room>;
  #sorted = new Sorted<Room>(({ name }) => name);
  #options: LogOptions;
  #ids: Ids;
  #counts: Counts;

  constructor(
    ids: Ids,
    counts: Counts,
    { history, size, ticker, holdings, ...idle }: LogOptions & IdleOptions = {},
  ) {
    this.#rooms = new IdleMap((room) => {
      this.#sorted.delete(room);
      room.log.close();
      return room.log.newest;
    }, { ...idle, floor: ids.start });
    this.#options = { history, size, counts, ticker, holdings };
    this.#ids = ids;
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

  /** Some of them, sorted by name. */
  page(page: Page): Room[] {
    return this.#sorted.page(page);
  }

  /** A room, if it is known. */
  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /** A room, opened if need be. */
  open(name: string): Room {
    return this.#rooms.use(name, (past) => {
      const room = new Room({ ...this.#options, ...past, room: name });
      this.#sorted.add(room);
      return room;
    });
  }

  /** Says that nobody may need a room any more: one that nobody reads is idle. */
  rest({ name, log }: Room) {
    if (log.readers === 0) this.#rooms.rest(name);
  }

  /** Lets a feed read a room. That alone does not make anybody a member of it. */
  follow(name: string, feed: Feed, resume: Resume = {}): Entered {
    const entered = follow(this.open(name).log, feed, resume, this.#ids);
    if (entered.resumed !== undefined) this.#counts.resumes.count(entered.resumed);
    return entered;
  }

  /** Lets a feed read a room no longer. */
  unfollow(name: string, feed: Feed) {
    const room = this.#rooms.get(name);
    if (!room) return;
    feed.unfollow(room.log);
    this.rest(room);
  }

  /** A page of a room's history, as {@linkcode Log.page} gives it. */
  history(name: string, query: { since?: string; before?: string; limit: number }): {
    entries: Entry[];
    /** Is nothing missing of what was asked for, neither lost nor beyond the limit? */
    complete: boolean;
  } {
    const log = this.#rooms.get(name)?.log ??
      new Log({ ...this.#options, ...this.#rooms.past(name) });
    const { entries, whole } = log.page(query);
    const { since } = query;
    const held = since === undefined ? log.lost === "" : holds(log, since, this.#ids);
    return { entries, complete: whole && held };
  }
}
