import type { Channel } from "../engine.ts";
import type { Attendance, Names } from "./attendance.ts";
import { ENDED, PATIENCE } from "./bounds.ts";
import type { Guests } from "./guests.ts";
import { ALL, type Keys } from "./keys.ts";
import { idOfStep } from "./line.ts";
import { type Link, now, Script } from "./link.ts";
import musterText from "./muster.lua" with { type: "text" };
import { namesIn, pairsOf, type Passing } from "./passing.ts";
import type { Register } from "./register.ts";

const MUSTER = new Script(musterText);

/** What a muster needs. */
export interface MusterOptions {
  link: Link;
  keys: Keys;
  attendance: Attendance;
  guests: Guests;
  register: Register;
  passing: Passing;
}

/** Rooms that are looked at at a time, and people that are shown: others want something of Redis as well. */
const TOGETHER = 8;
const PEOPLE = 100;

/**
 * Brings what the others know of who is here in line with what is so: wherever that is not sure, as after a
 * connection was lost or something could not be done. Whoever is known already is told to nobody.
 */
export class Muster {
  #options: MusterOptions;
  #unsure = new Set<Channel>();
  #running?: Promise<void>;
  #ended = false;

  constructor(options: MusterOptions) {
    this.#options = options;
  }

  /** Is told that it is not sure what is known of a room; or of all who are connected. */
  doubt(channel: Channel = ALL) {
    this.#unsure.add(channel);
  }

  /** Is told that it is not sure what is known of anything. */
  doubtAll() {
    const { attendance, register } = this.#options;
    this.doubt();
    for (const room of attendance.rooms()) this.doubt(room);
    for (const room of register.rooms()) this.doubt(room as Channel);
    register.doubt();
  }

  /** Is it sure of a room? */
  isSure(room: Channel): boolean {
    return !this.#unsure.has(room);
  }

  /** Is it sure of everything? */
  get isAllSure(): boolean {
    return this.#unsure.size === 0;
  }

  /** Looks at what is not sure. What cannot be looked at is not sure after that either. */
  run(): Promise<void> {
    return this.#running ??= this.#run()
      .catch(() => {})
      .finally(() => this.#running = undefined);
  }

  /** Looks at nothing any more. */
  async end() {
    this.#ended = true;
    await this.#running;
  }

  async #run() {
    const unsure = [...this.#unsure];
    // Nobody is to be in a room who is not connected.
    if (this.#unsure.has(ALL)) await this.#check(ALL);
    const rooms = unsure.filter((channel) => channel !== ALL).values();
    await Promise.all(Array.from({ length: TOGETHER }, async () => {
      for (const room of rooms) await this.#check(room);
    }));
  }

  async #check(channel: Channel) {
    if (this.#ended) throw new Error(ENDED);
    this.#unsure.delete(channel);
    try {
      if (channel === ALL) await this.#checkGuests();
      else await this.#checkRoom(channel);
    } catch (error) {
      this.doubt(channel);
      throw error;
    }
  }

  async #checkGuests() {
    const { guests } = this.#options;
    const keys = [...new Set([...guests.keys(), ...(await this.#known(ALL)).keys()])];
    for (let i = 0; i < keys.length; i += PEOPLE) await guests.again(keys.slice(i, i + PEOPLE));
  }

  async #checkRoom(room: Channel) {
    const { attendance, passing, register } = this.#options;
    if (attendance.in(room).size > 0) await register.at(room, now() + PATIENCE);
    const known = await this.#known(room);
    const here = attendance.in(room);
    const joins = [...here].filter(([key]) => !known.has(key));
    const leaves = [...known].filter(([key]) => !here.has(key));
    const steps = await Promise.all([
      ...joins.map(([key, names]) => this.#step("enter", room, key, names)),
      ...leaves.map(([key, lines]) => this.#step("leave", room, key, namesIn(lines))),
    ]);
    const failed = steps.find(({ failure }) => failure !== undefined);
    if (failed) throw failed.failure;
    if (steps.some((step) => idOfStep(step) === "")) passing.count(room);
  }

  #step(kind: "enter" | "leave", room: Channel, key: string, names: Names) {
    const { attendance, passing } = this.#options;
    return passing.step(kind, room, attendance.passage(kind, room, key, names));
  }

  /** Whom this node has in a channel, as the others know it: their keys, each with its lines in `who`. */
  async #known(channel: Channel): Promise<Map<string, string>> {
    const { link, keys, register } = this.#options;
    const { who, names, here } = keys.there(channel);
    const { id } = register;
    const found = await link.run(MUSTER, [who, names, here + id], [id], now() + PATIENCE);
    return pairsOf(found as string[]);
  }
}
