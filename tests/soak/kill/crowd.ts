import { setTimeout as wait } from "node:timers/promises";
import { within } from "../../support.ts";
import { Ledger } from "./ledger.ts";
import { Person } from "./person.ts";
import { Poster } from "./poster.ts";

/** Where they are. */
export const ROOMS = ["lobby", "den", "attic", "cellar"];
const PEOPLE = ["ann", "bob", "cleo", "dan", "eve", "finn"];
/** Who of them has a second device, which only listens. */
const DEVICES = ["ann", "bob"];
const POSTER = "gil";
/** Messages that each keeps on their way at the same time. */
const FLIGHT = 3;
/** The share of messages that are private. */
const PRIVATE = 0.2;
/** The longest pause before each message, in milliseconds. */
const PAUSE = 10;
/** Whoever comes late has missed no more messages of a channel. */
const MISSED = 2_000;

/** Those who talk and listen, and what is wrong with what they are told. */
export class Crowd implements AsyncDisposable {
  readonly ledger = new Ledger();
  /** How many have come late. */
  late = 0;
  #host: string;
  #random: () => number;
  #people: Person[];
  #poster: Poster;
  /** Those who came late, and have caught up and gone: what was wrong with it. */
  #faults: string[] = [];
  #talks: Promise<void>[] = [];
  #quiet = false;
  #over = new AbortController();

  /** They connect at once. */
  constructor(host: string, random: () => number) {
    this.#host = host;
    this.#random = random;
    this.#people = [...PEOPLE, ...DEVICES].map((name) => this.#enter(name, ROOMS));
    this.#poster = new Poster(host, POSTER, this.ledger);
  }

  /** Rooms that somebody read on in from a place. */
  get resumed(): number {
    return this.#people.reduce((sum, { resumed }) => sum + resumed, 0);
  }

  /** What is wrong. */
  get faults(): string[] {
    const people = [...this.#people, this.#poster];
    return [...this.#faults, ...people.flatMap(({ fault }) => fault ?? [])];
  }

  /** What was said and is not heard by all after so many milliseconds. */
  async missing(patience: number): Promise<string[]> {
    const end = performance.now() + patience;
    while (this.#unheard.length > 0 && this.faults.length === 0 && performance.now() < end) {
      await wait(5);
    }
    return [...this.#unheard, ...this.ledger.missing];
  }

  /**
   * Everybody enters, and writes to another, as only to whom something is kept of one may write
   * whenever they like; then all talk.
   */
  async talk() {
    for (const person of this.#people) await within(person.entered, `${person.name}'s entering`);
    const people = this.#people.slice(0, PEOPLE.length);
    const said = people.map((one, n) => one.say({ to: PEOPLE[(n + 1) % PEOPLE.length]! }));
    await within(Promise.all(said), "the first answers");
    const talks = [...people.map((one) => () => this.#talk(one)), () => this.#post()];
    this.#talks = talks.flatMap((talk) => Array.from({ length: FLIGHT }, talk));
  }

  /** All finish what they are saying. */
  async finish() {
    this.#quiet = true;
    await Promise.all(this.#talks);
  }

  /** Somebody comes with one more device, which was there before, reads what it has missed, and goes. */
  async comeLate() {
    const room = this.#pick(ROOMS);
    const name = this.#pick(PEOPLE);
    const channels = [`#${room}`, `@${name}`];
    const all = (channel: string) => this.ledger.order(channel).length;
    if (all(`#${room}`) === 0) return;
    const goal = channels.map(all);
    const heard = channels.map((channel): [string, number] => [
      channel,
      Math.max(1, all(channel) - Math.floor(this.#random() * MISSED)),
    ]);
    await using person = this.#enter(name, [room], new Map(heard));
    const read = () => channels.every((channel, n) => person.heard(channel) >= goal[n]!);
    while (!read() && !person.fault && !this.#quiet) await wait(5);
    if (read()) this.late++;
    if (person.fault) this.#faults.push(person.fault);
  }

  async [Symbol.asyncDispose]() {
    this.#quiet = true;
    this.#over.abort();
    for (const person of this.#people) await person[Symbol.asyncDispose]();
    await Promise.all(this.#talks);
  }

  get #unheard(): string[] {
    return this.#people.flatMap((person) =>
      person.channels.flatMap((channel) => {
        const [heard, all] = [person.heard(channel), this.ledger.order(channel).length];
        return heard === all ? [] : [`${person.name} has heard ${heard} of ${all} in ${channel}`];
      })
    );
  }

  #enter(name: string, rooms: readonly string[], heard?: Map<string, number>): Person {
    return new Person(this.#host, { name, rooms, heard, random: this.#random }, this.ledger);
  }

  async #talk(person: Person) {
    while (!this.#quiet && !person.fault) {
      await wait(this.#random() * PAUSE);
      const others = PEOPLE.filter((name) => name !== person.name);
      const alone = this.#random() < PRIVATE;
      await person.say(alone ? { to: this.#pick(others) } : { room: this.#pick(ROOMS) });
    }
  }

  async #post() {
    while (!this.#quiet && !this.#poster.fault) {
      await wait(this.#random() * PAUSE);
      await this.#poster.say(this.#pick(ROOMS), this.#over.signal);
    }
  }

  #pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.#random() * among.length)]!;
  }
}
