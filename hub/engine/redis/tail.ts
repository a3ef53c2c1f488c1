import { type Entry, isAct, isKept } from "../../log/batch.ts";
import { later } from "../../log/log.ts";
import type { Window } from "../engine.ts";
import { Backlog } from "./backlog.ts";
import { Expected } from "./expected.ts";
import type { News } from "./news.ts";
import { between } from "./places.ts";
import type { Part, State } from "./state.ts";

/** What a tail needs of others. */
export interface Sources {
  /** Reads what is kept after a place. @throws {ChatError} `unavailable` */
  read(since: string): Promise<Part>;
  /** Is told that Redis has forgotten something that is known here. @param newest the newest message that was */
  ahead(newest: string): void;
  /** Is told that something was missed, and is being read. */
  missed(): void;
  /** Is told of each message that is brought. @param prev id of the one before */
  heard(entry: Entry, prev: string): void;
  /** Was it told of one lately? */
  hasHeard(id: string): boolean;
}

/** Places between two ids that are used: the last digits from 1 to Y. */
const PLACES = 30;

/**
 * Follows a channel, and brings its window exactly what comes: each publication names the id before it. If
 * that is the newest here, it is appended; what is not newer is passed over; and anything else means that
 * something was missed, or forgotten by Redis: then all there is after the newest here is read first.
 */
export class Tail {
  /** The newest id that was brought here, or passed over. */
  last = "";
  /** The newest message that is known here, or an empty text. */
  newest = "";
  /** When it was last tidied, in milliseconds by the real clock. */
  tidied = -Infinity;
  #window: Window;
  #sources: Sources;
  #lost = "";
  #notices = 0;
  /** Local places given out after the newest id. */
  #local = 0;
  /** What was published while it is not known what comes before. */
  #waiting: Backlog | undefined = new Backlog();
  #again = false;
  /** Has its window been told where it begins? Before that, nothing is brought. */
  #begun = false;
  #filling?: Promise<void>;
  /** Is it known that something is missing that could not be read? */
  #stale = false;
  #expected = new Expected(() => this.fill());
  #closed = false;

  constructor(window: Window, sources: Sources) {
    this.#window = window;
    this.#sources = sources;
  }

  /** Goes on from how its channel stands; its window has been told. */
  begin({ last, newest, lost, notices }: State) {
    Object.assign(this, { last, newest });
    this.#lost = lost;
    this.#notices = notices;
    this.#begun = true;
    this.#replay();
    if (this.#again) this.fill();
  }

  /** Takes in what was published. */
  take(news: News) {
    if (!this.#waiting) return news.restored ? this.#restore(news) : this.#apply(news);
    this.#waiting.add(news);
    if (this.#stale) this.fill();
  }

  /** Is told how its channel stands, by somebody who looked. */
  compare({ last, lost }: Pick<State, "last" | "lost">) {
    if (last > this.last || this.#stale) this.fill();
    else if (last !== "" && last < this.last) this.#sources.ahead(this.newest);
    if (!this.#waiting) this.lose(lost);
  }

  /** Reads what comes after the newest here. Never fails: what could not be read is read later. */
  fill(): Promise<void> {
    if (!this.#begun) {
      this.#again = true;
      return Promise.resolve();
    }
    this.#waiting ??= new Backlog();
    if (this.#filling) this.#again = true;
    return this.#filling ??= this.#fill();
  }

  /** Waits until an id is brought: a while, after which it may never be. Nothing where it is already. */
  reached(id: string): Promise<void> | undefined {
    return this.last >= id || this.#closed ? undefined : this.#expected.wait(id);
  }

  /** Waits until all is brought, as far as that is known. */
  settled(): Promise<void> {
    return this.#expected.settled();
  }

  /** A place after all that was brought, and before all that will be. */
  get end(): string {
    return between(this.last, Math.max(this.#local, 1));
  }

  /** Tells the window that notices are lost. */
  miss() {
    const place = this.#place();
    if (place !== undefined) this.#window.miss(place);
  }

  /** Tells the window that no message up to an id is kept any more, where it does not know yet. */
  lose(id: string) {
    if (id <= this.#lost) return;
    this.#lost = id;
    this.#window.lose(id);
  }

  /** Is told that the whole dataset is another one, which begins at a place. */
  forget(start: string) {
    // Where it begins is read of the other one then.
    if (!this.#begun) return;
    this.lose(start);
    this.newest = "";
    this.#notices = 0;
    this.last = later(this.last, start);
    this.fill();
  }

  /** Brings nothing any more. */
  close() {
    this.#closed = true;
    this.#expected.reach();
  }

  #apply(news: News) {
    if (news.last > this.last) {
      if (news.prev !== this.last) {
        this.#waiting = new Backlog();
        this.#waiting.add(news);
        this.#sources.missed();
        this.fill();
        return;
      }
      for (const entry of news.entries()) this.#append(entry);
      this.#notices = news.notices;
      this.#reach(news.last);
    }
    this.lose(news.lost);
  }

  /** Takes note of messages that were given back to Redis: whoever knows of later ones has missed them. */
  #restore(news: News) {
    const given = news.entries();
    const late = given.filter(({ id }) => id <= this.last && !this.#sources.hasHeard(id));
    for (const act of late.filter(isAct)) this.#window.takeBack?.(act);
    const place = late.length > 0 ? this.#place() : undefined;
    if (place !== undefined) this.#window.tear(place);
    if (given.some(({ id }) => id > this.last)) this.fill();
    this.lose(news.lost);
  }

  /** The next place after all that was brought: there are but so many before the next id. */
  #place(): string | undefined {
    if (this.last === "" || this.#local === PLACES) return undefined;
    return between(this.last, ++this.#local);
  }

  async #fill() {
    try {
      let whole = false;
      while (!whole && !this.#closed) {
        this.#again = false;
        const part = await this.#sources.read(this.last);
        if (this.#closed) return;
        this.#takeIn(part);
        whole = part.whole && !this.#again;
      }
      this.#stale = false;
    } catch {
      this.#stale = true;
    }
    this.#filling = undefined;
    if (!this.#stale) this.#replay();
  }

  #takeIn({ last, newest, lost, notices, born, entries, whole }: Part) {
    if (last === "") return;
    const known = this.newest;
    const forgotten = known !== "" && known < born;
    if (forgotten) {
      this.lose(born);
      this.newest = "";
      this.#notices = 0;
    }
    for (const entry of entries) if (entry.id > this.last) this.#append(entry);
    this.lose(lost);
    if (!whole) return;
    const isAhead = last < this.last;
    const missed = notices !== this.#notices;
    this.newest = later(this.newest, newest);
    this.#notices = notices;
    if (last > this.last) this.#reach(last);
    if (missed) this.miss();
    if (isAhead || forgotten) this.#sources.ahead(known);
  }

  #append(entry: Entry) {
    this.#window.append(entry);
    if (isKept(entry)) {
      this.#sources.heard(entry, this.newest);
      this.newest = entry.id;
    }
    this.#reach(entry.id);
  }

  #reach(id: string) {
    this.last = id;
    this.#local = 0;
    this.#expected.reach(id);
  }

  #replay() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const news of waiting?.take() ?? []) this.take(news);
    if (waiting?.overflowed) this.fill();
  }
}
