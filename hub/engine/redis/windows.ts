import { clock } from "../../base/clock.ts";
import { later } from "../../log/log.ts";
import type { Archive, Channel, Window } from "../engine.ts";
import { PATIENCE } from "./bounds.ts";
import type { Dataset } from "./dataset.ts";
import type { Keys } from "./keys.ts";
import { type Link, now } from "./link.ts";
import type { Mender } from "./mender.ts";
import { readNews } from "./news.ts";
import { placeAt } from "./places.ts";
import type { Part } from "./state.ts";
import { Tail } from "./tail.ts";

/** What windows need, and tell. */
export interface WindowsOptions {
  link: Link;
  keys: Keys;
  data: Dataset;
  mender: Mender;
  /** Is told that something was not published here, and is read. */
  missed(): void;
  /** Is asked to wait for what is under way when everything ends. */
  track<T>(asked: Promise<T>): Promise<T>;
  /** Is told of a room that is opened here, or in which something is told for the first time. */
  found(room: string): void;
}

/** Channels that are looked at together. */
const TOGETHER = 500;
/** Milliseconds after which a channel is tidied again, where nothing is said in it. */
const TIDY = 3_600_000;

/** The windows that are open here, and what follows their channels. */
export class Windows {
  #options: WindowsOptions;
  #tails = new Map<Channel, Tail>();
  /** The channels, by the names under which their news are published. */
  #names = new Map<string, Channel>();

  constructor(options: WindowsOptions) {
    this.#options = options;
  }

  /** What follows a channel that has a window here. */
  get(channel: Channel): Tail | undefined {
    return this.#tails.get(channel);
  }

  /** Opens a window. @throws {Error} it is not open then */
  async open(channel: Channel, window: Window, archive: Archive, until: number) {
    const { link, keys, data, mender, missed, found } = this.#options;
    const tail = new Tail(window, {
      read: (since) => this.#read(channel, since),
      ahead: (newest) => this.#mend(channel, tail, newest),
      missed,
      heard: (entry, prev) => mender.hear(channel, entry, prev),
      hasHeard: (id) => mender.hasHeard(channel, id),
    });
    const live = keys.live(channel);
    this.#tails.set(channel, tail);
    this.#names.set(live, channel);
    try {
      await link.subscribe(live, until);
      const state = await data.read(channel, { limit: 0 }, until);
      const { newest, lost, floor } = state;
      window.begin({ newest, lost, floor, archive });
      tail.begin(state);
      if (channel.startsWith("#")) found(channel.slice(1));
    } catch (error) {
      this.close(channel);
      throw error;
    }
  }

  close(channel: Channel) {
    const live = this.#options.keys.live(channel);
    this.#tails.get(channel)?.close();
    this.#tails.delete(channel);
    this.#names.delete(live);
    this.#options.link.unsubscribe(live);
  }

  /** Takes in what was published. */
  take(name: string, text: string) {
    const news = readNews(text);
    this.#options.data.saw(news.last);
    const channel = this.#names.get(name);
    if (channel === undefined) return;
    if (news.prev === "" && channel.startsWith("#")) this.#options.found(channel.slice(1));
    this.#tails.get(channel)!.take(news);
  }

  /** Is told that the whole dataset is another one. */
  forget() {
    for (const tail of this.#tails.values()) tail.forget(this.#options.data.start);
    this.find();
  }

  /** Looks over all channels for what was not published here. @throws {Error} */
  async look() {
    const { data } = this.#options;
    const tails = [...this.#tails];
    for (let i = 0; i < tails.length; i += TOGETHER) {
      const some = tails.slice(i, i + TOGETHER);
      const states = await data.states(some.map(([channel]) => channel), now() + PATIENCE);
      some.forEach(([channel, tail], j) => {
        tail.compare(states[j]!);
        if (now() - tail.tidied > TIDY) this.#tidy(channel, tail, tail.newest);
      });
    }
  }

  /** A place after all that was brought in a channel. */
  async endOf(channel: Channel): Promise<string> {
    const { data } = this.#options;
    const tail = this.#tails.get(channel);
    if (tail && tail.last !== "") return tail.end;
    try {
      const { last } = await data.read(channel, { limit: 0 }, now() + PATIENCE);
      if (last !== "") return last;
    } catch {
      // A place by the clock is as good as can be.
    }
    return later(data.start, placeAt({ time: clock.date(), count: 0 }, data.middle(channel)));
  }

  /** Closes all. */
  end() {
    for (const tail of this.#tails.values()) tail.close();
  }

  /** Tells which rooms are open. */
  find() {
    for (const channel of this.#tails.keys()) {
      if (channel.startsWith("#")) this.#options.found(channel.slice(1));
    }
  }

  #read(channel: Channel, since: string): Promise<Part> {
    const { data, track } = this.#options;
    return track(data.read(channel, { since, limit: 500 }, now() + PATIENCE));
  }

  /** Gives Redis back what it has forgotten, and has it know of what this node knows. */
  #mend(channel: Channel, tail: Tail, newest: string) {
    const { mender, track } = this.#options;
    track(mender.mend([channel]).then(() => this.#tidy(channel, tail, newest)));
  }

  #tidy(channel: Channel, tail: Tail, newest: string) {
    const { data, track } = this.#options;
    tail.tidied = now();
    const tidied = data.tidy(channel, tail.last, newest, now() + PATIENCE);
    track(tidied.then((lost) => tail.lose(lost), () => tail.tidied = -Infinity));
  }
}
