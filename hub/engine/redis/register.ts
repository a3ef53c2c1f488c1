import { Turns } from "../turns.ts";
import atText from "./at.lua" with { type: "text" };
import { PATIENCE } from "./bounds.ts";
import type { Keys } from "./keys.ts";
import type { Lease } from "./lease.ts";
import type { Seat } from "./line.ts";
import { type Link, now, Script } from "./link.ts";
import offText from "./off.lua" with { type: "text" };

const [AT, OFF] = [atText, offText].map((text) => new Script(text)) as [Script, Script];

/** A room that is to be put in, and what came of it. */
interface Putting {
  room: string;
  until: number;
  /** By what this node was known as it was put in. */
  id?: string;
  failure?: unknown;
}

/** Rooms that are put in by one call, or taken out. */
const TOGETHER = 500;

/**
 * The rooms in which this node has people, as the others find them should it die: a room is put in before the
 * first of them enters it, and taken out a while after the last one has left.
 */
export class Register implements Seat {
  #link: Link;
  #keys: Keys;
  #lease: Lease;
  /** Those that are in, under one id of this node, each with its number. */
  #rooms = new Map<string, number>();
  #id = "";
  /** Those of which Redis may have forgotten that they are in. */
  #unsure = new Set<string>();
  #number = 0;
  /** Those in which there was nobody when this was last looked at. */
  #empty = new Set<string>();
  #turns = new Turns((puttings: Putting[]) => this.#put(puttings));

  constructor(link: Link, keys: Keys, lease: Lease) {
    this.#link = link;
    this.#keys = keys;
    this.#lease = lease;
  }

  get id(): string {
    return this.#lease.id;
  }

  async at(room: string, until: number): Promise<string> {
    const id = await this.#lease.held(until);
    if (id === this.#id && this.#rooms.has(room) && !this.#unsure.has(room)) return id;
    const putting: Putting = { room, until };
    await this.#turns.add(putting, 0);
    if (putting.id === undefined) throw putting.failure;
    return putting.id;
  }

  /** The rooms that are in. */
  rooms(): string[] {
    return this.#id === this.id ? [...this.#rooms.keys()] : [];
  }

  /** Is told that Redis may have forgotten the last moments. */
  doubt() {
    this.#unsure = new Set(this.#rooms.keys());
  }

  /** Takes out those in which there is nobody, and was nobody when this was last called. @throws {Error} */
  async tidy(isEmpty: (room: string) => boolean) {
    const empty = new Set(this.rooms().filter(isEmpty));
    const gone = [...empty].filter((room) => this.#empty.has(room));
    this.#empty = empty;
    const id = this.#id;
    // At once, so that whoever comes into one of them from here on puts it in again.
    const numbers = gone.map((room) => [room, this.#rooms.get(room)!] as const);
    for (const room of gone) this.#rooms.delete(room);
    for (let i = 0; i < numbers.length; i += TOGETHER) {
      const some = numbers.slice(i, i + TOGETHER).flat();
      try {
        await this.#link.run(OFF, [this.#keys.at(id)], some, now() + PATIENCE);
      } catch (error) {
        if (id === this.#id) this.#keep(numbers.slice(i));
        throw error;
      }
    }
  }

  /** Takes note of rooms that may be in. */
  #keep(numbers: (readonly [string, number])[]) {
    for (const [room, number] of numbers) {
      if (this.#rooms.has(room)) continue;
      this.#rooms.set(room, number);
      this.#unsure.add(room);
    }
  }

  async #put(puttings: Putting[]) {
    for (let i = 0; i < puttings.length; i += TOGETHER) {
      const some = puttings.slice(i, i + TOGETHER);
      try {
        await this.#putSome(some);
      } catch (failure) {
        for (const putting of some) putting.failure = failure;
      }
    }
  }

  async #putSome(puttings: Putting[]) {
    const until = Math.max(...puttings.map(({ until }) => until));
    const rooms = [...new Set(puttings.map(({ room }) => room))];
    while (true) {
      const id = await this.#lease.held(until);
      if (id !== this.#id) this.#rooms.clear();
      this.#id = id;
      const numbers = rooms.map((room) => [room, ++this.#number] as const);
      const keys = [this.#keys.nodes.lease, this.#keys.at(id)];
      if (await this.#link.run(AT, keys, [id, ...numbers.flat()], until) === 1) {
        for (const [room, number] of numbers) {
          this.#rooms.set(room, number);
          this.#unsure.delete(room);
        }
        for (const putting of puttings) putting.id = id;
        return;
      }
      this.#lease.lose(id);
    }
  }
}
