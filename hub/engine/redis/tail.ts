import { clearTimeout, setTimeout } from "node:timers";
import type { Entry } from "../../log/batch.ts";
import { later } from "../../log/log.ts";
import type { Window } from "../engine.ts";
import type { News } from "./news.ts";
import { between } from "./places.ts";

/** How a channel stands in Redis. */
export interface State {
  /** Its newest id, of whatever was said or told; an empty text where nothing is known of it. */
  last: string;
  /** Its newest message, and the newest that is not kept any more; or an empty text. */
  newest: string;
  lost: string;
  /** Notices there have been that are missed where they are not told. */
  notices: number;
  /** Whoever knows of a message from before this place knows that it was forgotten since. */
  born: string;
}

/** How a channel stands, and what comes after a place: all of it, or the oldest of that. */
export interface Part extends State {
  entries: Entry[];
  whole: boolean;
}

/** What a tail needs of others. */
export interface Sources {
  /** Reads what is kept after a place. @throws {ChatError} `unavailable` */
  read(since: string): Promise<Part>;
  /** Is told that Redis has forgotten something that is known here. @param newest the newest message that was */
  ahead(newest: string): void;
  /** Is told that something was missed, and has been looked for. */
  filled(): void;
}

/** Publications that wait while a hole is being filled: where there are more, there will be another one. */
const WAITING = 500;
/** Milliseconds after which what should have been published is looked for, and no longer waited for. */
const LATE = 200;
const GIVEN_UP = 2_000;
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
  #waiting: News[] | undefined = [];
  #again = false;
  #filling?: Promise<void>;
  /** Is it known that something is missing that could not be read? */
  #stale = false;
  #expected = new Set<{ id: string; done: Promise<void>; there: () => void }>();
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
    this.#replay();
  }

  /** Takes in what was published. */
  take(news: News) {
    if (!this.#waiting) return this.#apply(news);
    this.#waiting.push(news);
    if (this.#waiting.length <= WAITING) return;
    this.#waiting = [];
    this.#again = true;
  }

  /** Is told how its channel stands, by somebody who looked. */
  compare({ last, lost }: Pick<State, "last" | "lost">) {
    if (last > this.last || this.#stale) this.fill();
    else if (last !== "" && last < this.last) this.#sources.ahead(this.newest);
    if (!this.#waiting) this.lose(lost);
  }

  /** Reads what comes after the newest here. Never fails: what could not be read is read later. */
  fill(): Promise<void> {
    this.#waiting ??= [];
    if (this.#filling) this.#again = true;
    return this.#filling ??= this.#fill();
  }

  /** Waits until an id is brought: a while, after which it may never be. Nothing where it is already. */
  reached(id: string): Promise<void> | undefined {
    if (this.last >= id || this.#closed) return undefined;
    const known = [...this.#expected].find((expected) => expected.id >= id);
    if (known) return known.done;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timers = [setTimeout(() => this.fill(), LATE), setTimeout(() => there(), GIVEN_UP)];
    const there = () => {
      for (const timer of timers) clearTimeout(timer);
      this.#expected.delete(expected);
      resolve();
    };
    const expected = { id, done: promise, there };
    this.#expected.add(expected);
    return promise;
  }

  /** Waits until all is brought, as far as that is known. */
  async settled() {
    await Promise.all([...this.#expected].map(({ done }) => done));
  }

  /** A place after all that was brought, and before all that will be. */
  get end(): string {
    return between(this.last, Math.max(this.#local, 1));
  }

  /** Tells the window that notices are lost. */
  miss() {
    // There are but so many places before the next id.
    if (this.last === "" || this.#local === PLACES) return;
    this.#window.miss(between(this.last, ++this.#local));
  }

  /** Tells the window that no message up to an id is kept any more, where it does not know yet. */
  lose(id: string) {
    if (id <= this.#lost) return;
    this.#lost = id;
    this.#window.lose(id);
  }

  /** Is told that the whole dataset is another one, which begins at a place. */
  forget(start: string) {
    this.lose(start);
    this.newest = "";
    this.#notices = 0;
    this.last = later(this.last, start);
    this.fill();
  }

  /** Brings nothing any more. */
  close() {
    this.#closed = true;
    for (const { there } of [...this.#expected]) there();
  }

  #apply(news: News) {
    if (news.last > this.last) {
      if (news.prev !== this.last) {
        this.#waiting = [news];
        this.fill();
        return;
      }
      for (const entry of news.entries()) this.#append(entry);
      this.#notices = news.notices;
      this.#reach(news.last);
    }
    this.lose(news.lost);
  }

  async #fill() {
    this.#sources.filled();
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
      this.#waiting = [];
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
    if (entry.type === "chat") this.newest = entry.id;
    this.#reach(entry.id);
  }

  #reach(id: string) {
    this.last = id;
    this.#local = 0;
    for (const expected of [...this.#expected]) if (expected.id <= id) expected.there();
  }

  #replay() {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const news of waiting) this.take(news);
  }
}
