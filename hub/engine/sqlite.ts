import type { Chat, ChatError } from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import type { Part } from "../base/sorted.ts";
import type { Soon } from "../base/soon.ts";
import { whenThere } from "../base/soon.ts";
import { type Entry, isAct, isKept as isKeptEntry } from "../log/batch.ts";
import { digitsOf, Ids } from "../log/ids.ts";
import type {
  Act,
  Channel,
  Draft,
  Engine,
  Found,
  Health,
  KeptRoom,
  Notice,
  Page,
  Query,
  Said,
  Search,
  Stamp,
  Window,
} from "./engine.ts";
import { Once } from "./once.ts";
import { type Decision, KeptFacts } from "./sqlite/facts.ts";
import { Keeping } from "./sqlite/keeping.ts";
import { entryOfRow, Reading } from "./sqlite/reading.ts";
import { type Row, Store, type StoreOptions } from "./sqlite/store.ts";
import { type Tell, unavailable } from "./sqlite/trouble.ts";
import { Upkeep } from "./sqlite/upkeep.ts";
import { actEntry, chatEntry, noSuchMessage, noticeEntry } from "./stamped.ts";
import { Turns } from "./turns.ts";

/** How a file is used, and who is told of it. */
export interface SqliteOptions extends StoreOptions {
  /** Is a message told only once it is on the disk? Else a power cut may take the last ones. @default true */
  sync?: boolean;
  /** Writes one event to the log. @default nobody is told */
  log?: Tell;
}

/** Something to be told in its turn: a message or an act, once it is kept; or a notice; or nothing. */
interface Step {
  channels: Channel[];
  entry?: Entry;
  /** Something that is to hold, once it is kept. */
  decision?: Decision;
}

/** Nothing to be told, for whoever waits until all before it is. */
const NOTHING: Step = { channels: [] };
/** Milliseconds for which what was said is remembered by its `ref`, also across a restart. */
const RECENT = 5 * 60_000;
/** Messages that are looked at for that. */
const LOOKED_AT = 100_000;
/** Bytes that may wait to be kept. */
const WAITING = 16 * 1024 * 1024;

/**
 * The engine of one process with a disk: an echo means that the message is on it.
 *
 * What is said in one turn of the event loop, and while what was said before is being kept, is written
 * in one transaction and brought to the disk by one sync, for which nobody else has to wait. Notices are
 * told at once while nothing is under way, and else in their order.
 */
export class SqliteEngine implements Engine {
  readonly start: string;
  readonly facts: KeptFacts;
  /** Resolves once nothing can be kept any more before a new start, to why. */
  readonly failed: Promise<string>;
  #store: Store;
  #ids: Ids;
  #keeping: Keeping;
  #reading: Reading;
  #upkeep: Upkeep;
  #windows = new Map<Channel, Window>();
  #turns = new Turns((steps: Step[]) => this.#keep(steps));
  #once = new Once();
  #ended = false;

  /**
   * Opens the file in a directory, which may be made for it.
   *
   * @throws {StoreError} that says what to do
   */
  static open(directory: string, options: SqliteOptions = {}): SqliteEngine {
    return new SqliteEngine(Store.open(directory, options), options);
  }

  private constructor(store: Store, { sync = true, log = () => {} }: SqliteOptions) {
    this.#store = store;
    this.#ids = new Ids({ random: store.random, newest: store.newest });
    this.start = this.#ids.start;
    this.#keeping = new Keeping(store, sync, log);
    this.failed = this.#keeping.failed;
    this.#reading = new Reading(store, this.start, log);
    this.facts = new KeptFacts(store.facts, (decision) => this.#add({ channels: [], decision }, 0));
    if (store.movedAside) log("warn", "data moved aside", { file: store.movedAside });
    this.#recall();
    this.#upkeep = new Upkeep(store, log, () => {
      if (this.#turns.isCalm) this.#tidy(false);
    });
  }

  get health(): Health {
    // The system is asked for it, and not for whoever wants to know something else.
    const bytes = () => this.#ended ? 0 : this.#store.bytes;
    return {
      name: "sqlite",
      trouble: this.#keeping.trouble ?? null,
      get bytes() {
        return bytes();
      },
      delays: this.#keeping.delays,
      pages: this.#reading.pages,
      errors: this.#keeping.errors + this.#reading.errors + this.#upkeep.errors,
    };
  }

  knows(place: string, channel?: Channel): boolean {
    // A message that was imported has its id from elsewhere.
    return this.#ids.gave(place) || channel !== undefined && this.#reading.has(channel, place);
  }

  stamp(): Soon<Stamp> {
    const stamp = this.#ids.next();
    return this.#isCalm ? stamp : this.#turns.add(NOTHING, 0).then(() => stamp);
  }

  open(channel: Channel, window: Window): Soon<void> {
    return whenThere(this.#reading.origin(channel), (origin) => {
      window.begin(origin);
      this.#windows.set(channel, window);
    });
  }

  close(channel: Channel) {
    this.#windows.delete(channel);
  }

  say(channels: Channel[], draft: Draft): Soon<Said> {
    return this.#once.say(draft, () => {
      this.#check();
      const entry = chatEntry(draft, this.#ids.next());
      return this.#add({ channels, entry }, entry.held).then(() => entry);
    });
  }

  isSaid(draft: Omit<Draft, "content">): boolean {
    return this.#once.has(draft);
  }

  takeBack(channel: Channel, act: Act): Soon<Entry> {
    this.#check();
    if (act.type === "delete" && !this.#reading.had(channel, act.re)) throw noSuchMessage(act);
    const entry = actEntry(act, this.#ids.next());
    return this.#add({ channels: [channel], entry }, entry.held).then(() => entry);
  }

  tell(channel: Channel, notice: Notice): Soon<Entry> {
    const entry = noticeEntry(notice, this.#ids.next());
    const step = { channels: [channel], entry };
    if (!this.#isCalm) return this.#turns.add(step, entry.held).then(() => entry);
    this.#tell(step);
    return entry;
  }

  page(channel: Channel, query: Query): Soon<Page> {
    return this.#reading.page(channel, query);
  }

  rooms(part: Part): Soon<{ rooms: KeptRoom[]; count: number }> {
    return this.#reading.rooms(part);
  }

  search(channel: Channel, search: Search): Soon<Found> {
    return this.#reading.search(channel, search);
  }

  async end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#upkeep.end();
    await this.#turns.settled();
    this.#store[Symbol.dispose]();
  }

  /** May something be told at once? Not before what is being kept, nor while no ids are reserved for it. */
  get #isCalm(): boolean {
    return this.#turns.isCalm && (this.#ended || this.#ids.now <= this.#keeping.leased);
  }

  /** May something be kept? @throws {ChatError} `unavailable` */
  #check() {
    if (this.#ended) throw unavailable("the server is shutting down");
    if (this.#turns.bytes > WAITING) throw unavailable("too much waits for the disk");
  }

  /** Has something kept, and told in its turn. @throws {ChatError} `unavailable` */
  async #add(step: Step, bytes: number) {
    this.#check();
    const trouble = await this.#turns.add(step, bytes);
    if (trouble) throw trouble;
  }

  /** Keeps what is to be kept among some steps, and tells them all; or only the notices, where that fails. */
  async #keep(steps: Step[]): Promise<ChatError | undefined> {
    const { newest, now } = this.#ids;
    const rows = steps.filter(isKept).flatMap(rowsOf);
    const changes = this.facts.settle(steps.flatMap(({ decision }) => decision ?? []));
    const release = rows.some(({ takes }) => takes !== undefined) && this.#reading.hold();
    const trouble = await this.#keeping.keep(rows, now, changes);
    if (trouble) this.#upkeep.postpone();
    else this.#reading.told = newest;
    if (release) release();
    for (const step of steps) {
      if (trouble && (isKept(step) || step.decision)) continue;
      if (step.decision) this.facts.conclude(step.decision);
      else this.#tell(step);
    }
    // Not before: nobody is told of a loss what they are told of only then.
    if (this.#upkeep.isDue) this.#tidy(true);
    return trouble;
  }

  #tell({ channels, entry }: Step) {
    for (const channel of channels) {
      if (isAct(entry!)) this.#once.takeBack(channel.slice(1), entry!);
      this.#windows.get(channel)?.append(entry!);
    }
  }

  /** Has what is kept looked after, tells who lost what, and looks whether a trouble is over. */
  #tidy(busy: boolean) {
    for (const [channel, lost] of this.#upkeep.tidy(busy)) this.#windows.get(channel)?.lose(lost);
    if (this.#keeping.trouble !== undefined) this.#turns.add(NOTHING, 0);
  }

  /** Remembers what was said a short while before the start. */
  #recall() {
    const since = digitsOf(Math.max(0, clock.date() - RECENT));
    const found: [Draft, Entry][] = [];
    for (const row of this.#store.recent(since, LOOKED_AT)) {
      const chat: Chat = JSON.parse(row.text);
      // What takes something back has none, and is from nobody.
      if (chat.ref === undefined) continue;
      const key = speakerIn(row.channel, chat);
      if (key !== undefined) found.push([{ ...chat, key }, entryOfRow(row)]);
    }
    for (const [chat, entry] of found.reverse()) this.#once.remember(chat, entry);
  }
}

function isKept({ entry }: Step): boolean {
  return entry !== undefined && isKeptEntry(entry);
}

/** The key of who said something, by a channel it was said in; nothing where that is of whom it was said to. */
function speakerIn(channel: Channel, { username, to }: Chat): string | undefined {
  const name = keyOf(username);
  if (to === undefined) return name;
  const key = channel.slice(1);
  return key.replace(/^#[^#]*#/, "") === name ? key : undefined;
}

function rowsOf({ channels, entry }: Step): Row[] {
  const { id, text, type, re } = entry!;
  const takes = type === "clear" ? "" : re;
  return channels.map((channel) => ({ channel, id, text, takes }));
}
