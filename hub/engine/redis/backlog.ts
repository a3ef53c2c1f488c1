import type { News } from "./news.ts";

/** Publications that wait, and characters of them, while a hole is being filled: more of them are read instead. */
const MOST = 500;
const LENGTH = 1024 * 1024;

/** What was published while it is not known what comes before. */
export class Backlog {
  #news: News[] = [];
  #length = 0;
  /** Was there too much, so that some of it is missing? */
  overflowed = false;

  add(news: News) {
    this.#news.push(news);
    this.#length += news.length;
    if (this.#news.length <= MOST && this.#length <= LENGTH) return;
    // What is read later does not tell that something was put before what is known.
    this.#news = this.#news.filter(({ restored }) => restored);
    this.#length = 0;
    this.overflowed = true;
  }

  /** Gives all of it. */
  take(): News[] {
    return this.#news;
  }
}
