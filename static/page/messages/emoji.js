/// <reference lib="dom" />
/**
 * Emoji by their names. Loaded when the first is asked for.
 *
 * @module
 */
import { ask } from "../server.js";
import { SUGGESTED } from "./suggest.js";

/** An emoji, and the name by which it was found. @typedef {{ emoji: string, name: string }} Found */

/** All emoji that have a name on GitHub, as in `:tada:`. */
export class Emoji {
  /** @type {{ emoji: string, names: string[], tags: string[] }[]} */
  #all;

  /** Fetches them. @returns {Promise<Emoji>} @throws {Error} where the server does not answer */
  static async load() {
    return new Emoji(await ask("load the emoji", new URL("emoji.json", import.meta.url).href));
  }

  /** @param {[emoji: string, names: string, tags: string][]} all `tags`: words that it is about */
  constructor(all) {
    this.#all = all.map(([emoji, names, tags]) => (
      { emoji, names: names.split(" "), tags: tags.split(" ") }
    ));
  }

  /** The emoji of a name. @param {string} name */
  get(name) {
    return this.#all.find(({ names }) => names.includes(name.toLowerCase()))?.emoji;
  }

  /**
   * Emoji that may be meant: first those whose name begins so, then those that are about something
   * that does, then those with a later part of their name. Short names come first.
   *
   * @param {string} query
   * @returns {Found[]}
   */
  suggest(query) {
    const wanted = query.toLowerCase();
    /** @type {(Found & { rank: number })[]} */
    const found = [];
    for (const { emoji, names, tags } of this.#all) {
      const begins = names.find((name) => name.startsWith(wanted));
      const within = names.find((name) => name.includes(`_${wanted}`));
      const about = tags.some((tag) => tag.startsWith(wanted));
      const name = begins ?? within ?? names[0] ?? "";
      const rank = begins ? 0 : about ? 1 : within ? 2 : 3;
      if (rank < 3) found.push({ emoji, name, rank });
    }
    return found.sort((a, b) => a.rank - b.rank || a.name.length - b.name.length)
      .slice(0, SUGGESTED);
  }
}
