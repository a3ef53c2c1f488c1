import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import { ChatError } from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import { Histogram } from "../base/counts.ts";
import { type Entry, isKept } from "../log/batch.ts";
import type {
  Act,
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
import { ENDED, PATIENCE } from "./redis/bounds.ts";
import { RedisCompany } from "./redis/company.ts";
import { Condition, type Log } from "./redis/condition.ts";
import { Dataset } from "./redis/dataset.ts";
import { readAddress } from "./redis/address.ts";
import { RedisFacts } from "./redis/facts.ts";
import { keyOfRef, Keys } from "./redis/keys.ts";
import { entryOfStep, idOfStep, isGone, type Step, unavailable } from "./redis/line.ts";
import { Lines, type Wish } from "./redis/lines.ts";
import { Link, now } from "./redis/link.ts";
import { Mender } from "./redis/mender.ts";
import { positionOf, streamed } from "./redis/places.ts";
import { RoomIndex } from "./redis/rooms.ts";
import { Windows } from "./redis/windows.ts";
import { actEntry, chatEntry, noSuchMessage, noticeEntry, takenBack } from "./stamped.ts";

/** How Redis is used, and who is told of it. */
export interface RedisOptions {
  /** With what all keys begin; has no braces. @default "parley:" */
  prefix?: string;
  /** What is kept of each channel. @default 30 days, and 10,000 messages */
  keep?: { milliseconds?: number; messages?: number };
  /** Milliseconds between two looks over all channels, for what was not published here. @default 10000 */
  look?: number;
  /** Milliseconds after which a process that says nothing is taken for dead by the others. @default 5000 */
  lease?: number;
  /** Writes one event to the log. */
  log?: Log;
}

/** Milliseconds in which everything ends in good order: where Redis does not answer, it ends in none. */
const ENDING = 1_000;
/** Bytes that may wait to be kept. */
const WAITING = 16 * 1024 * 1024;
/** Milliseconds between two times that everything is looked at that the others know of who is here. */
const MUSTER = 3_600_000;
/** What is kept without another wish. */
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
  readonly company: RedisCompany;
  readonly facts: RedisFacts;
  #link: Link;
  #data: Dataset;
  #keys: Keys;
  #condition: Condition;
  #mender: Mender;
  #lines: Lines;
  #windows: Windows;
  #index: RoomIndex;
  #calls = 0;
  /** What is under way beside what is said. */
  #reading = new Set<Promise<unknown>>();
  #looking = false;
  #again = false;
  #looker: ReturnType<typeof setInterval>;
  #mustered = now();
  #pages = 0;
  #errors = 0;
  #delays = new Histogram([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]);
  #ended = false;
  #ending?: Promise<void>;
  #started?: Promise<void>;

  /** Begins to connect to a server, `redis://` or `rediss://`; {@linkcode ready} tells how that went. */
  constructor(url: string, options: RedisOptions = {}) {
    const { prefix = "parley:", keep = KEEP, look = 10_000, lease = 5_000, log = () => {} } =
      options;
    const node = crypto.randomUUID();
    const keys = this.#keys = new Keys(prefix, readAddress(url)?.db);
    const condition = this.#condition = new Condition(log);
    const link = this.#link = new Link(url, keys.probe(node), condition, {
      message: (name, text) =>
        name === keys.facts.live ? this.facts.take(text) : this.#windows.take(name, text),
      up: () => this.company.rise(),
      replaced: () => {
        this.#track(this.#mender.mend());
        this.#track(this.facts.load()).catch(() => {});
      },
      whole: () => this.#catchUp(),
    });
    const data = this.#data = new Dataset(link, keys, keep, () => this.#renew());
    const mender = this.#mender = new Mender(data, condition);
    const index = this.#index = new RoomIndex(link, keys, data, keep);
    this.#windows = new Windows({
      ...{ link, keys, data, mender },
      missed: () => condition.befell("hole"),
      track: (asked) => this.#track(asked),
      found: (room) => this.#track(index.add(room)),
    });
    this.company = new RedisCompany({
      ...{ link, keys, data, index, lease },
      do: (step) => this.#do({ ...step, ref: "" }),
      brought: (room, id) => this.#brought(room, id),
      ask: (act) => this.#ask(act),
      oust: (key) => this.tell(`@${key}`, { type: "taken" }),
      befell: (what, fields) => condition.befell(what, fields),
    });
    this.#lines = new Lines({
      ...{ link, keys, data, keep, node },
      seat: this.company.seat,
      number: () => ++this.#calls,
      known: (channel) => this.#windows.get(channel)?.last ?? "",
      timed: (seconds) => this.#delays.record(seconds),
    });
    this.facts = new RedisFacts({ link, keys, ask: (act) => this.#ask(act) });
    // It stays wanted, however long that takes.
    link.subscribe(keys.facts.live, now() + PATIENCE).catch(() => {});
    this.#looker = setInterval(() => this.#look(), look);
    this.#started = link.start();
    // Who wants to know asks, and everybody else is told `unavailable`.
    this.#started.catch(() => {});
  }

  /** Waits until it is connected. @throws {RedisError} that says what to do */
  async ready() {
    await this.#started;
    await this.#data.renew(now() + PATIENCE);
    await this.facts.load();
  }

  get health(): Health {
    return {
      name: "redis",
      trouble: this.#condition.trouble,
      awaySince: this.#condition.awaySince,
      delays: this.#delays,
      pages: this.#pages,
      errors: this.#errors,
      events: this.#condition.events,
    };
  }

  get start(): string {
    return this.#data.start;
  }

  knows(place: string): boolean {
    return this.#data.gave(place);
  }

  async stamp(channel: Channel): Promise<Stamp> {
    await this.#lines.settled(channel);
    await this.#windows.get(channel)?.settled();
    return stampOf(await this.#windows.endOf(channel));
  }

  open(channel: Channel, window: Window): Promise<void> {
    const archive = this.#archive(channel);
    return this.#ask((until) => this.#windows.open(channel, window, archive, until));
  }

  close(channel: Channel) {
    this.#windows.close(channel);
  }

  async say(channels: Channel[], draft: Draft): Promise<Said> {
    this.#check();
    const ref = draft.ref === undefined ? "" : keyOfRef(draft.key ?? draft.username, draft.ref);
    const entry = chatEntry(draft, stampOf(""));
    const step = await this.#do({ kind: "chat", channels, ref, entry });
    if (step.answer === undefined) throw unavailable(step.failure);
    if (isGone(step)) throw takenBack(draft);
    return { entry: entryOfStep(step), again: step.answer.length > 26 };
  }

  async isSaid({ username, key = username, room, ref }: Omit<Draft, "content">): Promise<boolean> {
    if (ref === undefined) return false;
    try {
      return await this.#data.isSaid(`#${room}`, keyOfRef(key, ref), now() + PATIENCE);
    } catch {
      return false;
    }
  }

  async takeBack(channel: Channel, act: Act): Promise<Entry> {
    this.#check();
    if (this.#data.epoch === "") await this.#ask((until) => this.#data.renew(until));
    const re = act.type === "delete" ? act.re : undefined;
    if (re !== undefined && !this.#data.gaveTo(channel, re)) throw noSuchMessage(act);
    const ref = re === undefined ? "" : streamed(positionOf(re));
    const entry = actEntry(act, stampOf(""));
    const step = await this.#do({ kind: act.type, channels: [channel], ref, entry });
    if (step.answer === undefined) throw unavailable(step.failure);
    return entryOfStep(step);
  }

  async tell(channel: Channel, notice: Notice): Promise<Entry> {
    const kind = "content" in notice ? "told" : notice.type;
    const ref = notice.type === "typing" ? this.#keys.typed(channel, keyOf(notice.username)) : "";
    const entry = noticeEntry(notice, stampOf(""));
    const step = this.#ended
      ? { failure: ENDED, answer: undefined }
      : await this.#do({ kind, channels: [channel], ref, entry });
    if (step.answer) {
      await this.#brought(channel, step.answer);
      return entryOfStep(step as Step);
    }
    if (step.answer === undefined && kind !== "typing") this.#windows.get(channel)?.miss();
    return noticeEntry(notice, stampOf(await this.#windows.endOf(channel)));
  }

  page(channel: Channel, query: Query): Promise<Page> {
    this.#pages++;
    return this.#ask(async (until) => {
      const { entries, whole, newest, lost, floor } = await this.#data.read(channel, query, until);
      return { entries, whole, newest, lost, floor };
    });
  }

  end(): Promise<void> {
    return this.#ending ??= this.#end();
  }

  async #end() {
    this.#ended = true;
    clearInterval(this.#looker);
    const inOrder = this.company.end().then(() => this.#lines.settled());
    await orAfter(inOrder, ENDING);
    this.#windows.end();
    await this.#link.end();
    await inOrder;
    await Promise.allSettled([...this.#reading, this.#started]);
  }

  /** May something be kept? @throws {ChatError} `unavailable` */
  #check() {
    if (this.#ended) throw unavailable(ENDED);
    if (this.#lines.bytes > WAITING) throw unavailable("too much waits for Redis");
  }

  #archive(channel: Channel): Archive {
    return {
      page: (query) => this.page(channel, query),
      count: (since, most) =>
        this.#ask(async (until) => Math.min(await this.#data.count(channel, since, until), most)),
      before: (count) => this.#ask((until) => this.#data.before(channel, count, until)),
    };
  }

  /** Does a step in its line, and takes note of what came of it. */
  async #do(wish: Wish): Promise<Step> {
    const step = await this.#lines.do(wish);
    const { answer, channels } = step;
    const id = idOfStep(step);
    if (answer === undefined) this.#errors++;
    else if (id !== "") {
      for (const channel of channels) {
        const tail = this.#windows.get(channel);
        // What is brought is heard of then.
        const isNew = isKept(step.entry) && !isGone(step) && !(tail && tail.last >= id);
        if (isNew) this.#mender.hear(channel, entryOfStep(step));
        tail?.reached(id);
      }
    }
    return step;
  }

  /** Waits until an id is brought here, and all that was asked for before; or only that, where it is empty. */
  async #brought(channel: Channel, id = "") {
    const tail = this.#windows.get(channel);
    if (id === "") await tail?.settled();
    else await tail?.reached(id);
  }

  /** Looks what was missed, as all is subscribed to again. */
  #catchUp() {
    this.#windows.find();
    this.#look();
  }

  /** The dataset is another one: all that was kept is gone. */
  #renew() {
    this.#condition.befell("epoch", { why: "it has another dataset: all messages are lost" });
    this.#mender.forget();
    this.#windows.forget();
    this.company.muster();
  }

  /** Looks over everything for what was not told here. */
  async #look() {
    // Who is looking may have looked where something has changed since.
    this.#again = this.#looking;
    if (this.#looking || this.#ended) return;
    this.#looking = true;
    try {
      do {
        this.#again = false;
        await this.#track(this.#compare());
      } while (this.#again && !this.#ended);
    } catch {
      // It is looked at again in a while, and once there is a connection.
    } finally {
      this.#looking = false;
    }
  }

  async #compare() {
    await this.#data.renew(now() + PATIENCE);
    await this.facts.look();
    await this.#windows.look();
    const swept = await this.#index.sweep();
    await this.company.tidy(swept);
    if (now() - this.#mustered < MUSTER) return;
    this.#mustered = now();
    this.company.muster();
  }

  /** Asks for something that is not there without Redis. */
  async #ask<T>(act: (until: number) => Promise<T>): Promise<T> {
    if (this.#ended) throw unavailable(ENDED);
    try {
      return await this.#track(act(now() + PATIENCE));
    } catch (error) {
      if (error instanceof ChatError) throw error;
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
}

function stampOf(id: string): Stamp {
  return { id, timestamp: new Date(clock.date()).toISOString() };
}

/** Waits for something, or for so many milliseconds. */
async function orAfter(done: Promise<unknown>, milliseconds: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([done, late]);
  clearTimeout(timer);
}
