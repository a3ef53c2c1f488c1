import type { Part } from "../../base/sorted.ts";
import type { Listed } from "../company.ts";
import type { Channel } from "../engine.ts";
import { Turns } from "../turns.ts";
import { PATIENCE } from "./bounds.ts";
import type { Dataset, Keep } from "./dataset.ts";
import type { Keys } from "./keys.ts";
import { type Link, now } from "./link.ts";
import { partOf } from "./part.ts";

/** Rooms that are put in by one command, and that are looked at in one sweep. */
const TOGETHER = 500;
const SWEEP = 100;
const DAY = 86_400_000;

/** A room as it was found. */
interface Found extends Listed {
  /** Is there nothing of it any more? */
  gone: boolean;
}

/**
 * All rooms by name, as far as anybody was or is in them, or something is kept of them. Who has a window onto one puts it in;
 * and it is found to be gone by whoever lists it, or by a sweep that goes on all the time.
 */
export class RoomIndex {
  #link: Link;
  #keys: Keys;
  #data: Dataset;
  #keep: Keep;
  /** Rooms that could not be put in. */
  #missing = new Set<string>();
  /** The room after which the next sweep begins. */
  #swept = "";
  #turns = new Turns((rooms: string[]) => this.#put(rooms));

  constructor(link: Link, keys: Keys, data: Dataset, keep: Keep) {
    this.#link = link;
    this.#keys = keys;
    this.#data = data;
    this.#keep = keep;
  }

  /** Puts a room in: now, or with the next sweep. */
  async add(room: string) {
    await this.#turns.add(room, 0);
  }

  /** As {@linkcode Company.rooms}. @throws {Error} */
  async page(part: Part, until: number) {
    const all: Listed[] = [];
    let { after } = part;
    while (true) {
      const most = part.most - all.length;
      const { count, rooms } = await this.#part({ after, most }, until);
      const there = rooms.filter(({ gone }) => !gone);
      all.push(...there.map(({ room, users, head }) => ({ room, users, head })));
      const gone = rooms.length - there.length;
      // A page that is not full would be taken for the last one.
      if (gone === 0 || rooms.length < most) return { rooms: all, count: count - gone };
      after = rooms.at(-1)!.room;
    }
  }

  /**
   * Puts in what could not be, looks at the next rooms whether they are still there, and has all of them last
   * for another while.
   *
   * @returns those that were looked at @throws {Error}
   */
  async sweep(): Promise<Channel[]> {
    await Promise.all([...this.#missing].map((room) => this.add(room)));
    const { rooms } = await this.#part({ after: this.#swept, most: SWEEP }, now() + PATIENCE);
    this.#swept = rooms.length < SWEEP ? "" : rooms.at(-1)!.room;
    await this.#link.all(this.#lasting, now() + PATIENCE);
    return rooms.map(({ room }) => `#${room}` as const);
  }

  /** What has them last as long as a message of theirs may. */
  get #lasting(): (string | number)[][] {
    const { milliseconds } = this.#keep;
    return milliseconds === undefined ? [] : [["pexpire", this.#keys.rooms, milliseconds + DAY]];
  }

  async #put(rooms: string[]) {
    const all = [...new Set(rooms)];
    for (let i = 0; i < all.length; i += TOGETHER) {
      const some = all.slice(i, i + TOGETHER);
      const add = ["zadd", this.#keys.rooms, ...some.flatMap((room) => [0, room])];
      try {
        await this.#link.all([add, ...this.#lasting], now() + PATIENCE);
        for (const room of some) this.#missing.delete(room);
      } catch {
        for (const room of some) this.#missing.add(room);
      }
    }
  }

  /** Some rooms; those of which there is nothing any more are taken out, and told for the last time. */
  async #part(part: Part, until: number) {
    const { count, found } = await partOf(this.#link, this.#keys.rooms, part, until);
    const rooms = await this.#found(found, until);
    const gone = rooms.filter(({ gone }) => gone).map(({ room }) => room);
    if (gone.length > 0) {
      await this.#link.all([["zrem", this.#keys.rooms, ...gone]], until);
      // Who came in meanwhile has put it in already, perhaps before it was taken out.
      const back = (await this.#found(gone, until)).filter(({ gone }) => !gone);
      await Promise.all(back.map(({ room }) => this.add(room)));
    }
    return { count, rooms };
  }

  async #found(names: string[], until: number): Promise<Found[]> {
    if (names.length === 0) return [];
    const commands = names.flatMap((name) => {
      const { meta, log } = this.#keys.of(`#${name}`);
      const { who } = this.#keys.there(`#${name}`);
      return [["hmget", meta, "epoch", "newest", "lost"], ["exists", log], ["hlen", who]];
    });
    const answers = await this.#link.all(commands, until);
    return names.map((room, i) => {
      const [[epoch, newest, lost], log, users] = answers.slice(3 * i, 3 * i + 3) as [
        (string | null)[],
        number,
        number,
      ];
      const isKnown = epoch !== null && epoch === this.#data.epoch;
      const head = isKnown && log === 1 && newest! > lost! ? newest! : null;
      return { room, users, head, gone: !isKnown && users === 0 };
    });
  }
}
