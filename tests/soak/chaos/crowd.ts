import { setTimeout as wait } from "node:timers/promises";
import type { Book } from "./book.ts";
import { Person } from "./person.ts";

/** Where they may be. */
export const ROOMS = ["lobby", "den", "attic", "cellar", "loft", "shed"];
/** Names, and who of them has a second device. */
const NAMES = Array.from({ length: 26 }, (_, i) => `guest-${String.fromCharCode(97 + i)}`);
const DEVICES = 4;
/** Rooms that everybody is in at least, and at most. */
const [FEWEST, MOST] = [1, 3];
/** Who are never there at the same time, at most. */
const AWAY = 5;
/** Messages that each keeps on their way at the same time. */
const FLIGHT = 2;
/** The share of messages that are private. */
const PRIVATE = 0.15;

/** How the crowd behaves. */
export interface CrowdOptions {
  random: () => number;
  /** The longest pause before each message, in milliseconds. */
  pause: number;
  spoil?: typeof WebSocket;
}

/** Who is in a room, or connected: by name, in which rooms, and with how many connections. */
export type Truth = Map<string, { rooms: Set<string>; connections: number }>;

/** Those who talk and listen, come and go. */
export class Crowd implements AsyncDisposable {
  /** How many have come, and gone. */
  came = 0;
  went = 0;
  /** Counts of those who have gone. */
  #counts = { reconnects: 0, refused: 0, gaps: 0, cuts: 0 };
  #node: () => string;
  #options: CrowdOptions;
  #book: Book;
  #people = new Set<Person>();
  /** Names of those who have gone. */
  #away: string[] = [];
  /** Those who have gone, whose network has not told that. */
  #ghosts: Person[] = [];
  #talks = new Set<Promise<void>>();
  #quiet = false;
  #wake = new AbortController();

  /** They connect at once. @param node tells where, for each connection */
  constructor(node: () => string, options: CrowdOptions, book: Book) {
    this.#node = node;
    this.#options = options;
    this.#book = book;
    for (const name of [...NAMES, ...NAMES.slice(0, DEVICES)]) this.#enter(name);
  }

  get people(): Person[] {
    return [...this.#people];
  }

  /** What all of them have seen. */
  get counts() {
    const counts = { ...this.#counts };
    for (const person of [...this.#people, ...this.#ghosts]) add(counts, person);
    return counts;
  }

  /** Who is there, and where. */
  get truth(): Truth {
    const truth: Truth = new Map();
    for (const { name, rooms } of this.#people) {
      const known = truth.get(name) ?? { rooms: new Set(), connections: 0 };
      for (const room of rooms) known.rooms.add(room);
      known.connections++;
      truth.set(name, known);
    }
    return truth;
  }

  /** Have all been let in? */
  get entered(): boolean {
    return this.people.every(({ entered, online }) => entered && online);
  }

  /** How many messages are not answered. */
  get waiting(): number {
    return this.people.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** All begin to talk. */
  talk() {
    for (const person of this.#people) this.#begin(person);
  }

  /** Nobody begins to say anything any more. */
  async hush() {
    this.#quiet = true;
    this.#wake.abort();
    await wait(0);
  }

  /** Somebody goes, of whom there are enough. @param silently does nobody tell the node? */
  async go(random: () => number, silently: boolean) {
    if (this.#away.length >= AWAY) return;
    const person = pick(random, this.people);
    this.#people.delete(person);
    this.#away.push(person.name);
    this.went++;
    this.#ghosts.push(person);
    await person.go(silently);
  }

  /** Somebody comes back, on a new device that knows nothing. */
  come() {
    const name = this.#away.shift();
    if (name === undefined) return;
    this.came++;
    this.#begin(this.#enter(name));
  }

  /** Somebody goes from one room to another. */
  wander(random: () => number) {
    const person = pick(random, this.people);
    const others = ROOMS.filter((room) => !person.rooms.includes(room));
    if (person.rooms.length > FEWEST) person.leave(pick(random, person.rooms));
    if (person.rooms.length < MOST) person.join(pick(random, others));
  }

  /** Whoever has gone without a word is known to be gone. */
  async bury() {
    for (const ghost of this.#ghosts.splice(0)) {
      add(this.#counts, ghost);
      await ghost[Symbol.asyncDispose]();
    }
  }

  async [Symbol.asyncDispose]() {
    await this.hush();
    for (const person of [...this.#people, ...this.#ghosts]) await person[Symbol.asyncDispose]();
    await Promise.all(this.#talks);
  }

  #enter(name: string): Person {
    const { random, spoil } = this.#options;
    const count = FEWEST + Math.floor(random() * (MOST - FEWEST + 1));
    const rooms = [...ROOMS].sort(() => random() - 0.5).slice(0, count);
    const mark = `${name}-${this.#marks++}`;
    const person = new Person(this.#node, { name, mark, rooms, random, spoil }, this.#book);
    this.#people.add(person);
    return person;
  }

  #marks = 0;

  #begin(person: Person) {
    for (let i = 0; i < FLIGHT; i++) {
      const talk = this.#talk(person);
      this.#talks.add(talk);
      talk.then(() => this.#talks.delete(talk));
    }
  }

  async #talk(person: Person) {
    const { random, pause } = this.#options;
    const { signal } = this.#wake;
    while (true) {
      await wait(random() * pause, undefined, { signal }).catch(() => {});
      if (this.#quiet || !this.#people.has(person)) return;
      const others = NAMES.filter((name) => name !== person.name);
      const alone = random() < PRIVATE;
      await person.say(alone ? { to: pick(random, others) } : { room: pick(random, person.rooms) });
    }
  }
}

function add(
  counts: { reconnects: number; refused: number; gaps: number; cuts: number },
  { greeted, refused, gaps, network }: Person,
) {
  counts.reconnects += Math.max(greeted - 1, 0);
  counts.refused += refused;
  counts.gaps += gaps;
  counts.cuts += network.cuts;
}

/** One of some. */
export function pick<T>(random: () => number, among: readonly T[]): T {
  return among[Math.floor(random() * among.length)]!;
}
