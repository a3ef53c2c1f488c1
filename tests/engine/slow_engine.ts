import { setImmediate } from "node:timers";
import { Histogram } from "../../hub/base/counts.ts";
import type { Soon } from "../../hub/base/soon.ts";
import { type Fact, type Facts, FactTable, type Next } from "../../hub/engine/facts.ts";
import type {
  Act,
  Archive,
  Channel,
  Draft,
  Engine,
  Health,
  Notice,
  Page,
  Past,
  Query,
  Said,
  Stamp,
  Window,
} from "../../hub/engine/engine.ts";
import {
  actEntry,
  chatEntry,
  keyOfDraft,
  noSuchMessage,
  noticeEntry,
  takenBack,
} from "../../hub/engine/stamped.ts";
import { type Entry, isAct } from "../../hub/log/batch.ts";
import { Ids } from "../../hub/log/ids.ts";
import { ChatError } from "../../messages.ts";

/** What an engine does. */
export type Deed = "stamp" | "open" | "say" | "takeBack" | "tell" | "page" | "count" | "fact";

/** What becomes of a step: it is done; or it fails before that, or although it was done. */
export type Fate = "done" | "undone" | "unknown";

/** How slow an engine is, and how often it fails. */
export interface SlowOptions {
  /**
   * What a step waits for before it is done, before what was kept is brought, and before it is answered.
   *
   * @default the next turn of the event loop
   */
  pause?(act: Deed | "bring"): Promise<unknown>;
  /** @default all are done */
  fate?(act: Deed): Fate;
  /** Goes on with what another one has kept, which has ended. */
  before?: SlowEngine;
  /** Messages of each channel that are left of that, in a while. @default all */
  keep?: number;
}

/** The next turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Waits as long as chance has it, and fails now and then.
 *
 * @param most milliseconds that a step waits at most, each time @param failing the share of steps that fail
 */
export function byChance(random: () => number, most: number, failing: number): SlowOptions {
  return {
    pause() {
      if (random() < 0.3) return Promise.resolve();
      if (random() < 0.7) return turn();
      return new Promise((resolve) => setTimeout(resolve, random() * most));
    },
    fate: () => random() >= failing ? "done" : random() < 0.5 ? "undone" : "unknown",
  };
}

/** What is kept, and by which ids. */
class Shelf {
  readonly ids = new Ids();
  readonly kept = new Map<Channel, Entry[]>();
  readonly lost = new Map<Channel, string>();
  readonly refs = new Map<string, Promise<Entry>>();
  readonly facts = new FactTable();
}

/** The facts of it, each change of which takes its time. */
class SlowFacts implements Facts {
  #table: FactTable;
  #do: <T>(act: () => Promise<T>) => Promise<T>;
  #pause: () => Promise<unknown>;

  constructor(
    table: FactTable,
    act: <T>(act: () => Promise<T>) => Promise<T>,
    pause: () => Promise<unknown>,
  ) {
    this.#table = table;
    this.#do = act;
    this.#pause = pause;
  }

  get size(): number {
    return this.#table.size;
  }

  get = (name: string) => this.#table.get(name);
  list = (beginning: string) => this.#table.list(beginning);
  watch: Facts["watch"] = (changed) => this.#table.watch(changed);

  set(name: string, fact: Fact | undefined): Promise<void> {
    return this.#do(async () => {
      await this.#pause();
      this.#table.set(name, fact);
    });
  }

  change(name: string, next: Next): Promise<Fact | undefined> {
    return this.#do(async () => {
      await this.#pause();
      return await this.#table.change(name, next);
    });
  }
}

/**
 * An engine as if another machine did the work: every step takes time and may fail, also one that was
 * done; what is kept is brought a while later; and what can be read is ahead of what was brought. It
 * keeps everything, and may be asked to let some of it go.
 */
export class SlowEngine implements Engine {
  readonly health: Health = { name: "slow", delays: new Histogram([]), pages: 0, errors: 0 };
  #pause: NonNullable<SlowOptions["pause"]>;
  #fate: NonNullable<SlowOptions["fate"]>;
  #shelf: Shelf;
  #windows = new Map<Channel, Window>();
  /** The newest id of what was brought. */
  #brought: string;
  /** Two lines: in one, things are kept, and in the other, brought. */
  #keeping: Promise<unknown> = Promise.resolve();
  #bringing: Promise<unknown> = Promise.resolve();
  /** What is neither done nor has failed. */
  #underWay = new Set<Promise<unknown>>();
  #ended = false;
  readonly facts: Facts;

  constructor({ pause = turn, fate = () => "done", before, keep }: SlowOptions = {}) {
    this.#pause = pause;
    this.#fate = fate;
    this.#shelf = before ? before.#shelf : new Shelf();
    this.#brought = this.#shelf.ids.newest;
    this.facts = new SlowFacts(
      this.#shelf.facts,
      (act) => this.#do("fact", act),
      () => pause("fact"),
    );
    if (keep !== undefined) this.#trimLater(keep);
  }

  get start(): string {
    return this.#shelf.ids.start;
  }

  /** What is kept of a channel, oldest first. */
  kept(channel: Channel): readonly Entry[] {
    return this.#shelf.kept.get(channel) ?? [];
  }

  /** Channels that have a window. */
  get windows(): Channel[] {
    return [...this.#windows.keys()];
  }

  /** Lets go of all messages of a channel up to an id, and brings word of it. */
  lose(channel: Channel, id: string) {
    this.#shelf.kept.set(channel, this.kept(channel).filter((entry) => entry.id > id));
    this.#shelf.lost.set(channel, id);
    this.#windows.get(channel)?.lose(id);
  }

  knows(place: string): boolean {
    return this.#shelf.ids.gave(place);
  }

  stamp(): Promise<Stamp> {
    return this.#track(this.#bring(this.#keep("stamp", () => this.#shelf.ids.next()), () => {}));
  }

  open(channel: Channel, window: Window): Promise<void> {
    return this.#do("open", async () => {
      await this.#bring(this.#keep("open", () => this.#shelf.ids.next()), () => {
        const { newest, lost, floor } = this.#past(channel, this.#brought);
        const archive: Archive = {
          page: (query) => this.page(channel, query),
          count: (since, most) => this.#count(channel, since, most),
          before: (count) => this.#before(channel, count),
        };
        window.begin({ newest, lost, floor, archive });
        this.#windows.set(channel, window);
      });
    });
  }

  close(channel: Channel) {
    this.#windows.delete(channel);
  }

  say(channels: Channel[], draft: Draft): Promise<Said> {
    return this.#do("say", async () => {
      const key = keyOfDraft(draft);
      const first = key === undefined ? undefined : this.#shelf.refs.get(key);
      if (first) {
        const entry = await first;
        const isKept = channels.every((channel) => this.kept(channel).includes(entry));
        if (!isKept && entry.id > this.#past(channels[0]!).lost) throw takenBack(draft);
        return { entry, again: true };
      }
      const kept = this.#keep("say", () => {
        const entry = chatEntry(draft, this.#shelf.ids.next());
        for (const channel of channels) {
          this.#shelf.kept.set(channel, [...this.kept(channel), entry]);
        }
        return entry;
      });
      if (key !== undefined) this.#shelf.refs.set(key, kept);
      this.#track(this.#bring(kept, (entry) => this.#append(channels, entry)));
      return { entry: await kept, again: false };
    });
  }

  isSaid(draft: Omit<Draft, "content">): Promise<boolean> {
    return Promise.resolve(this.#shelf.refs.has(keyOfDraft(draft) ?? ""));
  }

  takeBack(channel: Channel, act: Act): Promise<Entry> {
    return this.#do("takeBack", async () => {
      if (act.type === "delete" && !this.knows(act.re)) throw noSuchMessage(act);
      const kept = this.#keep("takeBack", () => {
        const entry = actEntry(act, this.#shelf.ids.next());
        const isLeft = (kept: Entry) =>
          act.type === "delete" && (isAct(kept) || kept.id !== act.re);
        const left = this.kept(channel).filter(isLeft);
        this.#shelf.kept.set(channel, [...left, entry]);
        return entry;
      });
      this.#track(this.#bring(kept, (entry) => this.#append([channel], entry)));
      return await kept;
    });
  }

  tell(channel: Channel, notice: Notice): Promise<Entry> {
    const stamped = this.#keep("tell", () => noticeEntry(notice, this.#shelf.ids.next()));
    return this.#track(this.#bring(stamped, (entry) => this.#append([channel], entry)));
  }

  page(channel: Channel, query: Query): Promise<Page> {
    return this.#do("page", async () => {
      await this.#pause("page");
      const { since = "", before = "~", limit, bytes = Infinity } = query;
      const among = this.kept(channel).filter(({ id }) => id > since && id < before);
      const some = query.since === undefined ? among.slice(-limit) : among.slice(0, limit);
      const entries: Entry[] = [];
      let sum = 0;
      for (const entry of query.since === undefined ? some.toReversed() : some) {
        sum += entry.bytes;
        if (entries.length > 0 && sum > bytes) break;
        entries.push(entry);
      }
      if (query.since === undefined) entries.reverse();
      return { ...this.#past(channel), entries, whole: entries.length === among.length };
    });
  }

  /** Waits until nothing is under way, and then does nothing any more. */
  async end() {
    await this.settled();
    this.#ended = true;
  }

  /** Waits until nothing is under way. */
  async settled() {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  #count(channel: Channel, since: string, most: number): Promise<number> {
    const count = () => this.kept(channel).filter(({ id }) => id > since).length;
    return this.#do("count", async () => {
      await this.#pause("count");
      return Math.min(most, count());
    });
  }

  #before(channel: Channel, count: number): Promise<string> {
    return this.#do("page", () => {
      const kept = this.kept(channel);
      const first = kept.filter((entry) => !isAct(entry)).at(-count);
      const at = count === 0 ? kept.length : first ? kept.indexOf(first) : 0;
      return kept[at - 1]?.id ?? this.#past(channel).floor;
    });
  }

  /** @param upTo the newest id that counts */
  #past(channel: Channel, upTo = "~"): Past {
    const lost = this.#shelf.lost.get(channel) ?? "";
    const newest = this.kept(channel).findLast(({ id }) => id <= upTo)?.id ?? lost;
    return { newest, lost, floor: lost || this.start };
  }

  /** Lets the oldest messages go, once who begins has had the time to open a window. */
  async #trimLater(keep: number) {
    await this.#track(new Promise((resolve) => setTimeout(resolve, 50)));
    for (const [channel, entries] of this.#shelf.kept) {
      const lost = entries.at(-keep - 1);
      if (lost) this.lose(channel, lost.id);
    }
  }

  #append(channels: Channel[], entry: Entry) {
    for (const channel of channels) this.#windows.get(channel)?.append(entry);
  }

  /** Does a step once it is its turn to be kept. */
  #keep<T>(act: Deed, step: () => T): Promise<T> {
    const done = this.#keeping.then(() => this.#pause(act)).then(step);
    this.#keeping = done;
    return done;
  }

  /** Brings what was kept, once it is its turn. */
  #bring<T extends { id: string }>(kept: Promise<T>, step: (kept: T) => void) {
    const done = this.#bringing.then(() => this.#pause("bring")).then(() => kept).then((kept) => {
      this.#brought = kept.id;
      step(kept);
      return kept;
    });
    this.#bringing = done;
    return done;
  }

  /** Does something that may fail, and answers a while later. */
  #do<T>(act: Deed, step: () => Soon<T>): Promise<T> {
    const fate = this.#ended ? "undone" : this.#fate(act);
    const fail = async () => {
      await this.#pause(act);
      throw new ChatError("unavailable", "Cannot say or read messages: it is not the day for it");
    };
    // Whether it was done, somebody may only care of what is said.
    if (fate === "undone" || fate === "unknown" && act !== "say") return this.#track(fail());
    const done = Promise.resolve(step()).then(async (done) => {
      await this.#pause(act);
      return fate === "unknown" ? await fail() : done;
    });
    return this.#track(done);
  }

  #track<T>(step: Promise<T>): Promise<T> {
    this.#underWay.add(step);
    const over = () => this.#underWay.delete(step);
    step.then(over, over);
    return step;
  }
}
