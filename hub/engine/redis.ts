import { clearInterval, setInterval } from "node:timers";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import { Histogram } from "../base/counts.ts";
import type { Entry } from "../log/batch.ts";
import { later } from "../log/log.ts";
import type {
  Archive,
  Channel,
  Draft,
  Engine,
  Health,
  Notice,
  Page,
  Query,
  Said,
  Stamp,
  Window,
} from "./engine.ts";
import { Dataset } from "./redis/dataset.ts";
import { Keys, lineOf } from "./redis/keys.ts";
import { entryOfStep, Line, type LineOptions, type Step, unavailable } from "./redis/line.ts";
import { Link, now } from "./redis/link.ts";
import { readNews } from "./redis/news.ts";
import { placeAt } from "./redis/places.ts";
import { Tail } from "./redis/tail.ts";
import { chatEntry, noticeEntry } from "./stamped.ts";

/** How Redis is used, and who is told of it. */
export interface RedisOptions {
  /** With what all keys begin; has no braces. @default "parley:" */
  prefix?: string;
  /** What is kept of each channel. @default 30 days, and 10,000 messages */
  keep?: { milliseconds?: number; messages?: number };
  /** Milliseconds between two looks over all channels, for what was not published here. @default 10000 */
  look?: number;
  /** Writes one event to the log. */
  log?(level: "info" | "warn" | "error", event: string, fields?: object): void;
}

/** Milliseconds within which everything is answered. */
const PATIENCE = 2_000;
/** Bytes that may wait to be kept. */
const WAITING = 16 * 1024 * 1024;
/** Channels that are looked at together. */
const TOGETHER = 500;
/** Milliseconds after which a channel is tidied again, where nothing is said in it. */
const TIDY = 3_600_000;
/** What is kept without another wish. */
const ENDED = "the server is shutting down";
const KEEP = { milliseconds: 30 * 86_400_000, messages: 10_000 };

/**
 * The engine of many processes that are one chat: Redis orders what is said and keeps it, and an echo means
 * that it has it.
 *
 * What is said and told in one room in one turn of the event loop, and while what came before is under
 * way, is done by one call of a script, which gives ids, keeps, and publishes. All inboxes are like one
 * room in this, because a private message is for two of them: it has one id in both, is said once, and
 * is never in one alone.
 *
 * See `docs/cluster.md` for what is in Redis.
 */
export class RedisEngine implements Engine {
  #link: Link;
  #keys: Keys;
  #data: Dataset;
  #node = crypto.randomUUID();
  #lineOptions: LineOptions;
  #log: NonNullable<RedisOptions["log"]>;
  #lines = new Map<string, Line>();
  #tails = new Map<Channel, Tail>();
  #names = new Map<string, Channel>();
  #calls = 0;
  #bytes = 0;
  /** What is under way beside what is said. */
  #reading = new Set<Promise<unknown>>();
  #looking = false;
  #looker: ReturnType<typeof setInterval>;
  /** Why Redis cannot be reached; and why it refuses to keep anything. */
  #away?: string;
  #refused?: string;
  #pages = 0;
  #errors = 0;
  #delays = new Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]);
  #ended = false;
  #started?: Promise<void>;

  /** Begins to connect to a server, `redis://` or `rediss://`; {@linkcode ready} tells how that went. */
  constructor(url: string, options: RedisOptions = {}) {
    const { prefix = "parley:", keep = KEEP, look = 10_000, log = () => {} } = options;
    this.#keys = new Keys(prefix);
    this.#log = log;
    this.#link = new Link(url, this.#keys.probe(this.#node), {
      message: (name, text) => this.#take(name, text),
      up: () => this.#rise(),
      trouble: (why) => this.#note(why),
    });
    this.#data = new Dataset(this.#link, this.#keys, keep, () => this.#renew());
    this.#lineOptions = {
      ...{ link: this.#link, keys: this.#keys, data: this.#data, keep, node: this.#node },
      number: () => ++this.#calls,
      known: (channel) => this.#tails.get(channel)?.last ?? "",
      timed: (seconds) => this.#delays.record(seconds),
    };
    this.#looker = setInterval(() => this.#look(), look);
    this.#started = this.#link.start();
    // Who wants to know asks, and everybody else is told `unavailable`.
    this.#started.catch(() => {});
  }

  /** Waits until it is connected. @throws {RedisError} that says what to do */
  async ready() {
    await this.#started;
    await this.#data.renew(now() + PATIENCE);
  }

  get health(): Health {
    return {
      name: "redis",
      trouble: this.#away ?? this.#refused ?? null,
      delays: this.#delays,
      pages: this.#pages,
      errors: this.#errors,
    };
  }

  get start(): string {
    return this.#data.start;
  }

  knows(place: string): boolean {
    return this.#data.gave(place);
  }

  async stamp(channel: Channel): Promise<Stamp> {
    await this.#lines.get(lineOf(channel))?.settled();
    await this.#tails.get(channel)?.settled();
    return stampOf(await this.#endOf(channel));
  }

  open(channel: Channel, window: Window): Promise<void> {
    const tail = new Tail(window, {
      read: (since) =>
        this.#track(this.#data.read(channel, { since, limit: 500 }, now() + PATIENCE)),
      ahead: (newest) => this.#tidy(channel, tail, newest),
      filled: () => {},
    });
    const live = this.#keys.live(channel);
    this.#tails.set(channel, tail);
    this.#names.set(live, channel);
    return this.#ask(async (until) => {
      await this.#link.subscribe([live], until);
      const state = await this.#data.read(channel, { limit: 0 }, until);
      const { newest, lost, floor } = state;
      window.begin({ newest, lost, floor, archive: this.#archive(channel) });
      tail.begin(state);
    }).catch((error) => {
      this.close(channel);
      throw error;
    });
  }

  close(channel: Channel) {
    const live = this.#keys.live(channel);
    this.#tails.get(channel)?.close();
    this.#tails.delete(channel);
    this.#names.delete(live);
    this.#link.unsubscribe(live);
  }

  async say(channels: Channel[], draft: Draft): Promise<Said> {
    if (this.#ended) throw unavailable(ENDED);
    if (this.#bytes > WAITING) throw unavailable("too much waits for Redis");
    const ref = draft.ref === undefined ? "" : `${keyOf(draft.username)}\n${draft.ref}`;
    const step = await this.#do("chat", channels, chatEntry(draft, stampOf("")), ref);
    if (step.answer === undefined) throw unavailable(step.failure);
    return { entry: entryOfStep(step), again: step.answer.length > 26 };
  }

  async tell(channel: Channel, notice: Notice): Promise<Entry> {
    const kind = "content" in notice ? "told" : notice.type;
    const step = await this.#do(kind, [channel], noticeEntry(notice, stampOf("")));
    if (step.answer !== undefined) {
      await this.#tails.get(channel)?.reached(step.answer);
      return entryOfStep(step);
    }
    if (kind !== "typing") this.#tails.get(channel)?.miss();
    return noticeEntry(notice, stampOf(await this.#endOf(channel)));
  }

  page(channel: Channel, query: Query): Promise<Page> {
    this.#pages++;
    return this.#ask(async (until) => {
      const { entries, whole, newest, lost, floor } = await this.#data.read(channel, query, until);
      return { entries, whole, newest, lost, floor };
    });
  }

  async end() {
    if (this.#ended) return;
    this.#ended = true;
    clearInterval(this.#looker);
    await Promise.all([...this.#lines.values()].map((line) => line.settled()));
    for (const tail of this.#tails.values()) tail.close();
    await this.#link.end();
    await Promise.allSettled([...this.#reading, this.#started]);
  }

  #archive(channel: Channel): Archive {
    return {
      page: (query) => this.page(channel, query),
      count: (since, most) =>
        this.#ask(async (until) => Math.min(await this.#data.count(channel, since, until), most)),
      before: (count) => this.#ask((until) => this.#data.before(channel, count, until)),
    };
  }

  /** Does a step in its line. */
  async #do(kind: Step["kind"], channels: Channel[], entry: Entry, ref = ""): Promise<Step> {
    const step: Step = { kind, channels, ref, entry, asked: now() };
    if (this.#ended) return { ...step, failure: ENDED };
    const name = lineOf(channels[0]!);
    const line = this.#lines.get(name) ?? new Line(name, this.#lineOptions);
    this.#lines.set(name, line);
    this.#bytes += entry.held;
    await line.add(step);
    this.#bytes -= entry.held;
    if (line.isCalm && this.#lines.get(name) === line) this.#lines.delete(name);
    this.#settle(step);
    return step;
  }

  /** Takes note of what came of a step. */
  #settle({ answer, failure, channels }: Step) {
    if (answer === undefined) this.#errors++;
    else for (const channel of channels) this.#tails.get(channel)?.reached(answer.slice(0, 26));
    this.#refused = failure instanceof Error && failure.name === "ReplyError"
      ? failure.message
      : undefined;
  }

  /** A place after all that was brought in a channel. */
  async #endOf(channel: Channel): Promise<string> {
    const tail = this.#tails.get(channel);
    if (tail && tail.last !== "") return tail.end;
    try {
      const { last } = await this.#data.read(channel, { limit: 0 }, now() + PATIENCE);
      if (last !== "") return last;
    } catch {
      // A place by the clock is as good as can be.
    }
    return later(this.start, placeAt({ time: clock.date(), count: 0 }, this.#data.middle(channel)));
  }

  #take(name: string, text: string) {
    const news = readNews(text);
    this.#data.saw(news.last);
    this.#tails.get(this.#names.get(name)!)?.take(news);
  }

  /** Has everything subscribed to again, and looks what was missed. */
  #rise() {
    this.#track(
      (async () => {
        await this.#link.subscribe([...this.#names.keys()], now() + PATIENCE);
        await this.#look();
      })().catch(() => {}),
    );
  }

  /** The dataset is another one: all that was kept is gone. */
  #renew() {
    this.#log("warn", "messages lost", { why: "Redis has another dataset" });
    for (const tail of this.#tails.values()) tail.forget(this.start);
  }

  /** Looks over all channels for what was not published here. */
  async #look() {
    if (this.#looking || this.#ended) return;
    this.#looking = true;
    try {
      await this.#track(this.#compare());
    } catch {
      // It is looked at again in a while, and once there is a connection.
    } finally {
      this.#looking = false;
    }
  }

  async #compare() {
    await this.#data.renew(now() + PATIENCE);
    const tails = [...this.#tails];
    for (let i = 0; i < tails.length; i += TOGETHER) {
      const some = tails.slice(i, i + TOGETHER);
      const states = await this.#data.states(some.map(([channel]) => channel), now() + PATIENCE);
      some.forEach(([channel, tail], j) => {
        tail.compare(states[j]!);
        if (now() - tail.tidied > TIDY) this.#tidy(channel, tail, tail.newest);
      });
    }
  }

  #tidy(channel: Channel, tail: Tail, newest: string) {
    tail.tidied = now();
    const tidied = this.#data.tidy(channel, tail.last, newest, now() + PATIENCE);
    this.#track(tidied.then((lost) => tail.lose(lost), () => tail.tidied = -Infinity));
  }

  /** Asks for something that is not there without Redis. */
  async #ask<T>(act: (until: number) => Promise<T>): Promise<T> {
    if (this.#ended) throw unavailable(ENDED);
    try {
      return await this.#track(act(now() + PATIENCE));
    } catch (error) {
      this.#errors++;
      throw unavailable(error);
    }
  }

  #track<T>(asked: Promise<T>): Promise<T> {
    this.#reading.add(asked);
    const over = () => this.#reading.delete(asked);
    asked.then(over, over);
    return asked;
  }

  #note(why?: string) {
    if (why === undefined) this.#log("info", "Redis back");
    else if (this.#away === undefined) this.#log("error", "Redis away", { error: why });
    this.#away = why;
  }
}

function stampOf(id: string): Stamp {
  return { id, timestamp: new Date(clock.date()).toISOString() };
}
