import type { Channel } from "../engine.ts";
import type { Attendance } from "./attendance.ts";
import { ENDED, PATIENCE } from "./bounds.ts";
import type { Guests } from "./guests.ts";
import { ALL, type Keys } from "./keys.ts";
import { idOfStep } from "./line.ts";
import { type Link, now, Script } from "./link.ts";
import { namesIn, pairsOf, type Passing } from "./passing.ts";
import reapText from "./reap.lua" with { type: "text" };

const REAP = new Script(reapText);

/** What a reaper needs, and tells. */
export interface ReaperOptions {
  link: Link;
  keys: Keys;
  attendance: Attendance;
  guests: Guests;
  passing: Passing;
  /** Is told of each node all of whose people have been taken out. */
  reaped(seat: string): void;
}

/** People that are taken out in one call, and rooms that are looked for in one. */
const TOGETHER = 500;
const ROOMS = 1_000;
/** Rooms that are reaped at a time. */
const AT_ONCE = 50;

/**
 * Takes the people of dead nodes out, step by step: each can be done again, so whoever comes after a reaper that
 * died as well goes on where that one was.
 */
export class Reaper {
  #options: ReaperOptions;
  /** The dead nodes that are to be reaped here, and those of them that are. */
  readonly #dead = new Set<string>();
  #running = new Map<string, Promise<void>>();
  #ended = false;

  constructor(options: ReaperOptions) {
    this.#options = options;
  }

  /** The nodes that are being reaped here. */
  get dead(): Iterable<string> {
    return this.#dead;
  }

  /** Reaps some nodes, and goes on with those of before. */
  run(dead: string[]) {
    for (const seat of dead) this.#dead.add(seat);
    if (this.#ended) return;
    for (const seat of this.#dead) {
      if (this.#running.has(seat)) continue;
      const running = this.#reap(seat).catch(() => {}).finally(() => this.#running.delete(seat));
      this.#running.set(seat, running);
    }
  }

  /** Does nothing any more. */
  async end() {
    this.#ended = true;
    await Promise.all(this.#running.values());
  }

  async #reap(seat: string) {
    const { link, keys, guests, reaped } = this.#options;
    const at = keys.at(seat);
    while (true) {
      const [rooms] = await link.all([["zrange", at, 0, ROOMS - 1]], this.#until()) as [Channel[]];
      if (rooms.length === 0) break;
      const each = rooms.values();
      await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (const room of each) await this.#reapRoom(seat, room);
      }));
      await link.all([["zrem", at, ...rooms]], this.#until());
    }
    let some = TOGETHER;
    while (some === TOGETHER) {
      const people = await this.#next(seat, ALL);
      some = people.size;
      if (some > 0) await guests.remove(seat, [...people.keys()], this.#until());
    }
    await link.all([["zrem", keys.nodes.reaped, seat]], this.#until());
    this.#dead.delete(seat);
    reaped(seat);
  }

  async #reapRoom(seat: string, room: Channel) {
    const { attendance, passing } = this.#options;
    let some = TOGETHER;
    while (some === TOGETHER) {
      const people = await this.#next(seat, room);
      some = people.size;
      const steps = await Promise.all(
        [...people].map(([key, lines]) => {
          const passage = attendance.passage("leave", room, key, namesIn(lines));
          return passing.step("leave", room, passage, seat);
        }),
      );
      const failed = steps.find(({ answer }) => answer === undefined);
      if (failed) throw failed.failure;
      if (steps.some((step) => idOfStep(step) === "")) passing.count(room);
    }
  }

  async #next(seat: string, channel: Channel): Promise<Map<string, string>> {
    const { link, keys } = this.#options;
    const { who, here, gone } = keys.there(channel);
    const found = await link.run(REAP, [who, here + seat, gone + seat], [TOGETHER], this.#until());
    return pairsOf(found as string[]);
  }

  #until(): number {
    if (this.#ended) throw new Error(ENDED);
    return now() + PATIENCE;
  }
}
