import { ulid } from "@std/ulid";
import { clock } from "../../base/clock.ts";
import { later } from "../../log/log.ts";
import type { Channel, Query } from "../engine.ts";
import beforeText from "./before.lua" with { type: "text" };
import beginText from "./begin.lua" with { type: "text" };
import mendText from "./mend.lua" with { type: "text" };
import type { HeardMessage } from "./heard.ts";
import { keyOfRef, type Keys, lineOf } from "./keys.ts";
import { type Link, Script } from "./link.ts";
import { entryOfMessage } from "./news.ts";
import { before, digitsOfLine, placeAt, positionOf, range } from "./places.ts";
import readText from "./read.lua" with { type: "text" };
import type { Part } from "./state.ts";
import tidyText from "./tidy.lua" with { type: "text" };

const [BEFORE, BEGIN, MEND, READ, TIDY] = [beforeText, beginText, mendText, readText, tidyText]
  .map((text) => new Script(text)) as [Script, Script, Script, Script, Script];

/** What is kept of each channel. */
export interface Keep {
  milliseconds?: number;
  messages?: number;
}

/** How a channel stands, and some of its messages. */
export interface Reading extends Part {
  /** Everything after it is kept, or was never said. */
  floor: string;
  /** How many messages there ever were; and which of them is the oldest of these, from 1 on. */
  count: number;
  oldest: number;
}

/** Milliseconds for which what was said is known by its `ref`, at least. */
const REMEMBERED = 5 * 60_000;
/** Milliseconds by which the clock of this machine may be behind another's. */
const LEEWAY = 60_000;

/**
 * All that is in Redis under one prefix, as it can be read. Its epoch is in all its ids: who has another one
 * knows that everything was lost, as when somebody has emptied it.
 */
export class Dataset {
  #link: Link;
  #keys: Keys;
  #keep: Keep;
  #epoch = "";
  #newest = "";
  #changed: () => void;
  #renewing?: Promise<void>;

  /** @param changed is told when it is another one than it was */
  constructor(link: Link, keys: Keys, keep: Keep, changed: () => void) {
    this.#link = link;
    this.#keys = keys;
    this.#keep = keep;
    this.#changed = changed;
  }

  /** Its eight random digits and the time at which it began; an empty text where nothing is known of it. */
  get epoch(): string {
    return this.#epoch;
  }

  /** The digits in the middle of all ids of a channel. */
  middle(channel: Channel): string {
    return this.#digits + digitsOfLine(lineOf(channel));
  }

  /** Those of them that are in all its ids. */
  get #digits(): string {
    return this.#epoch.slice(0, 8) || "0".repeat(8);
  }

  /** The first place of all. */
  get start(): string {
    return placeAt({ time: Number(this.#epoch.slice(9)), count: 0 }, `${this.#digits}0000`);
  }

  /** Is this a place in it? Another node may know of more than this one, but not of what is to come. */
  gave(place: string): boolean {
    if (this.#epoch === "" || place.slice(10, 18) !== this.#digits) return false;
    if (place.length !== 26 || place.endsWith("Z") || place < this.start) return false;
    const { time } = positionOf(place);
    return time <= clock.date() + LEEWAY || time <= positionOf(this.#newest).time;
  }

  /** Is this the id of something that may have been kept in a channel? */
  gaveTo(channel: Channel, id: string): boolean {
    return this.gave(id) && id.slice(10, 22) === this.middle(channel) && id.endsWith("0");
  }

  /** Takes note of an id that was given out. */
  saw(id: string) {
    this.#newest = later(this.#newest, id);
  }

  /** Looks which one it is, and begins one where there is none. @throws {Error} */
  renew(until: number): Promise<void> {
    return this.#renewing ??= this.#renew(until).finally(() => this.#renewing = undefined);
  }

  /** Reads how a channel stands, and some messages. @throws {Error} */
  async read(channel: Channel, query: Query, until: number): Promise<Reading> {
    const { meta, log } = this.#keys.of(channel);
    const forward = query.since !== undefined;
    while (true) {
      const { from, to } = range(this.middle(channel), query);
      const { limit, bytes = 256 * 1024 } = query;
      const values = [forward ? "forward" : "back", from, to, limit, bytes];
      const keys = [this.#keys.epoch, meta, log];
      const [epoch, now, ...answer] = await this.#link.run(READ, keys, values, until) as [
        string,
        string,
        ...(string | number | string[])[],
      ];
      if (epoch !== "" && epoch === this.#epoch) {
        return this.#reading(channel, Number(now), answer, forward);
      }
      await this.renew(until);
    }
  }

  /** How many messages of a channel came after a place; some of those that were taken back count as well. @throws {Error} */
  async count(channel: Channel, since: string, until: number): Promise<number> {
    const { entries, count, oldest } = await this.read(channel, { since, limit: 1 }, until);
    return entries.length === 0 ? 0 : count - oldest + 1;
  }

  /** The place before the newest messages of a channel, or before all of them. @throws {Error} */
  async before(channel: Channel, count: number, until: number): Promise<string> {
    const { newest, floor } = await this.read(channel, { limit: 0 }, until);
    if (count === 0) return later(newest, floor);
    const { log } = this.#keys.of(channel);
    return later(await this.#link.run(BEFORE, [log], [count], until) as string, floor);
  }

  /** How some channels stand. @throws {Error} */
  async states(channels: Channel[], until: number): Promise<{ last: string; lost: string }[]> {
    const keys = channels.map((channel) => this.#keys.of(channel).meta);
    const found = await this.#link.fields(keys, ["epoch", "t", "s", "lost"], until);
    return found.map(([epoch, time, count, lost], i) => {
      if (!epoch || epoch !== this.#epoch) return { last: "", lost: "" };
      return { last: this.#place(channels[i]!, time!, count!), lost: lost! };
    });
  }

  /** Was something said in a channel lately, by its `ref`? For so long that is known for sure. @throws {Error} */
  async isSaid(channel: Channel, ref: string, until: number): Promise<boolean> {
    const { refs } = this.#keys.of(channel);
    const found = await this.#link.all(refs.map((refs) => ["hget", refs, ref]), until);
    const past = clock.date() - REMEMBERED;
    return (found as (string | null)[]).some((id) => id !== null && parseInt(id) > past);
  }

  /**
   * Lets the oldest messages of a channel go, and has it know of what this node knows.
   *
   * @returns the newest that is gone, or an empty text @throws {Error}
   */
  async tidy(channel: Channel, last: string, newest: string, until: number): Promise<string> {
    const { meta, log } = this.#keys.of(channel);
    const { messages = "", milliseconds = "" } = this.#keep;
    const { time, count } = positionOf(last);
    const values = [this.#epoch, messages, milliseconds, time, count, newest];
    return await this.#link.run(TIDY, [this.#keys.epoch, meta, log], values, until) as string;
  }

  /**
   * Gives back messages of a channel that it lacks.
   *
   * @param messages oldest first @param isAll is nothing heard that is older? @returns how many it lacked,
   * and was the first one of them? None where it does not know of the channel, nor of its beginning @throws {Error}
   */
  async mend(
    channel: Channel,
    messages: HeardMessage[],
    isAll: boolean,
    until: number,
  ): Promise<{ count: number; more: boolean } | undefined> {
    const { meta, log, refs } = this.#keys.of(channel);
    const [{ entry: { id: first }, prev = "?" }] = messages as [HeardMessage];
    const values = messages.flatMap(({ entry: { id, text, username } }) => {
      const { time, count } = positionOf(id);
      const { ref } = JSON.parse(text);
      const said = ref === undefined ? "" : keyOfRef(username, ref);
      return [id, `${time}-${count}`, said, text];
    });
    const keys = [this.#keys.epoch, meta, log, ...refs];
    const head = [this.#epoch, this.#keys.live(channel), this.#keep.milliseconds ?? ""];
    const past = [isAll ? prev : "?", before(first)];
    const answer = await this.#link.run(MEND, keys, [...head, ...past, ...values], until);
    const [count, more] = answer as [number, number];
    return count < 0 ? undefined : { count, more: more === 1 };
  }

  #reading(
    channel: Channel,
    now: number,
    answer: (string | number | string[])[],
    forward: boolean,
  ): Reading {
    if (answer.length === 0) {
      const { milliseconds } = this.#keep;
      const forgotten = milliseconds === undefined ? 0 : Math.max(now - milliseconds, 0);
      return {
        ...{ last: "", newest: "", lost: "", born: "", notices: 0, count: 0, oldest: 0 },
        ...{ entries: [], whole: true },
        floor: later(this.start, placeAt({ time: forgotten, count: 0 }, this.middle(channel))),
      };
    }
    const [time, number, newest, lost, count, notices, born, floor] = answer as string[];
    const [whole, oldest, texts] = answer.slice(8) as [number, string, string[]];
    const entries = texts.map(entryOfMessage);
    if (!forward) entries.reverse();
    return {
      last: this.#place(channel, time!, number!),
      newest: newest!,
      lost: lost!,
      born: born!,
      floor: later(this.start, lost!, floor!),
      notices: Number(notices),
      count: Number(count),
      oldest: Number(oldest),
      entries,
      whole: whole === 1,
    };
  }

  #place(channel: Channel, time: string, count: string): string {
    const place = placeAt({ time: Number(time), count: Number(count) }, this.middle(channel));
    this.saw(place);
    return place;
  }

  async #renew(until: number) {
    const newest = this.#newest === "" ? 0 : positionOf(this.#newest).time;
    const values = [ulid().slice(10, 18), newest];
    const epoch = await this.#link.run(BEGIN, [this.#keys.epoch], values, until) as string;
    if (epoch === this.#epoch) return;
    const known = this.#epoch !== "";
    this.#epoch = epoch;
    if (known) this.#changed();
  }
}
