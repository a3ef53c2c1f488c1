import { createHash } from "node:crypto";
import type { Part } from "../../base/sorted.ts";
import type {
  Called,
  Company,
  Deeds,
  Guest,
  Listed,
  Passage,
  Roster,
  Totals,
  User,
} from "../company.ts";
import type { Channel } from "../engine.ts";
import type { Entry } from "../../log/batch.ts";
import { Attendance } from "./attendance.ts";
import { ENDED, PATIENCE } from "./bounds.ts";
import type { Dataset } from "./dataset.ts";
import { Directory } from "./directory.ts";
import { Guests } from "./guests.ts";
import { ALL, type Keys } from "./keys.ts";
import { Lease } from "./lease.ts";
import { entryOfStep, idOfStep, type Seat, type Step, unavailable } from "./line.ts";
import { type Link, now, Script } from "./link.ts";
import { Muster } from "./muster.ts";
import { type Doer, numberOf, pairsOf, Passing, rosterOf } from "./passing.ts";
import { partOf } from "./part.ts";
import { Reaper } from "./reaper.ts";
import { Register } from "./register.ts";
import { findStrays } from "./strays.ts";
import type { RoomIndex } from "./rooms.ts";
import takeText from "./take.lua" with { type: "text" };
import totalsText from "./totals.lua" with { type: "text" };

const [TAKE, TOTALS] = [takeText, totalsText].map((text) => new Script(text)) as [Script, Script];

/** What a company needs of the engine. */
export interface CompanyOptions {
  link: Link;
  keys: Keys;
  data: Dataset;
  index: RoomIndex;
  /** Milliseconds after which a node that says nothing is taken for dead. */
  lease: number;
  /** Has a step done. */
  do: Doer;
  /** Waits until an id is brought here, or all that was told in a room. */
  brought(room: Channel, id?: string): Promise<void>;
  /** Asks for something that is not there without Redis. @throws {ChatError} `unavailable` */
  ask<T>(act: (until: number) => Promise<T>): Promise<T>;
  /** Has somebody of a key give up their name. Never fails. */
  oust(key: string): Promise<unknown>;
  befell(what: "reaped" | "late" | "rejoined", fields?: object): void;
}

/** Milliseconds after which an allowance is given without asking. */
const SHORT = 500;
/** Names that are told of one room. */
const NAMES = 200;
/** What is answered where the others have taken this node for dead. */
const DEAD = "!";

/** Who is there, as the nodes tell each other by way of Redis. */
export class RedisCompany implements Company {
  #options: CompanyOptions;
  #attendance = new Attendance();
  #passing: Passing;
  #lease: Lease;
  #register: Register;
  #guests: Guests;
  #directory: Directory;
  #muster: Muster;
  #reaper: Reaper;
  #deeds?: () => Deeds;
  #ended = false;

  constructor(options: CompanyOptions) {
    const { link, keys, lease, oust, befell } = options;
    const attendance = this.#attendance;
    this.#options = options;
    const passing = this.#passing = new Passing(options.do, () => attendance.announce);
    this.#lease = new Lease({
      ...{ link, keys, milliseconds: lease },
      deeds: () => JSON.stringify(this.#deeds?.() ?? {}),
      reaping: () => this.#reaper.dead,
      beaten: (dead, late) => {
        if (late) befell("late");
        this.#reaper.run(dead);
        this.#muster.run();
      },
      rejoined: () => {
        befell("rejoined");
        this.muster();
      },
    });
    const register = this.#register = new Register(link, keys, this.#lease);
    const guests = this.#guests = new Guests(link, keys, this.#lease, {
      failed: () => this.#muster.doubt(),
      oust,
    });
    this.#directory = new Directory(link, keys);
    this.#muster = new Muster({ link, keys, attendance, guests, register, passing });
    this.#reaper = new Reaper({
      ...{ link, keys, attendance, guests, passing },
      reaped: (seat) => befell("reaped", { node: seat }),
    });
  }

  /** Is told that there is a connection, again or for the first time. */
  rise() {
    this.#lease.start();
    this.muster();
  }

  /** By what this node is known to the others. */
  get seat(): Seat {
    return this.#register;
  }

  /** Is told that what the others know of who is here may be wrong. */
  muster() {
    this.#muster.doubtAll();
    this.#muster.run();
  }

  /**
   * Lets go of rooms in which nobody of this node has been for a while; and has those taken out of some rooms whose node
   * does not live.
   *
   * @throws {Error}
   */
  async tidy(rooms: Channel[]) {
    await findStrays(this.#options.link, this.#options.keys, rooms);
    await this.#register.tidy((room) =>
      this.#attendance.in(room as Channel).size === 0 && this.#muster.isSure(room as Channel)
    );
  }

  check(who: Called): Promise<void> {
    return this.#options.ask((until) => this.#directory.check(who, until));
  }

  async show(guest: Guest): Promise<string> {
    // Nobody would take them out again.
    if (this.#ended && guest.connections > 0) throw unavailable(ENDED);
    return await this.#guests.show(guest);
  }

  async enter(room: Channel, passage: Passage): Promise<Roster> {
    if (this.#ended) throw unavailable(ENDED);
    this.#attendance.enter(room, passage);
    const until = now() + PATIENCE;
    let step: Step;
    do {
      step = await this.#passing.step("enter", room, passage);
      if (step.answer === DEAD) this.#lease.lose(step.seat!);
    } while (step.answer === DEAD && now() < until && this.#attendance.has(room, passage.key));
    if (step.roster === undefined || step.answer === DEAD) {
      this.#muster.doubt(room);
      throw unavailable(step.failure ?? "the other servers take this one for dead");
    }
    await this.#options.brought(room, idOfStep(step));
    return rosterOf(step.roster);
  }

  async leave(room: Channel, passage: Passage): Promise<{ count: number; entry?: Entry }> {
    this.#attendance.leave(room, passage);
    const step = await this.#passing.step("leave", room, passage);
    const id = idOfStep(step);
    await this.#options.brought(room, id);
    if (step.answer === undefined) {
      this.#muster.doubt(room);
      return { count: this.#attendance.in(room).size };
    }
    return { count: numberOf(step.answer), entry: id === "" ? undefined : entryOfStep(step) };
  }

  roster(room: Channel): Promise<Roster> {
    const { ask, keys } = this.#options;
    return ask(async (until) => {
      const { count, found } = await partOf(this.#options.link, keys.there(room).names, {
        most: NAMES,
      }, until);
      return { count, names: found };
    });
  }

  census(room: Channel, announce: number): Promise<number> {
    return this.#passing.census(room, announce);
  }

  users(part: Part, room?: Channel): Promise<{ users: User[]; count: number }> {
    return this.#options.ask((until) => this.#directory.users(part, room, until));
  }

  rooms(part: Part): Promise<{ rooms: Listed[]; count: number }> {
    return this.#options.ask((until) => this.#options.index.page(part, until));
  }

  find(username: string): Promise<Called | undefined> {
    return this.#options.ask((until) => this.#directory.find(username, until));
  }

  async spelling({ username, key }: Called): Promise<string> {
    const { ask } = this.#options;
    return await ask((until) => this.#directory.spelling(key, until)) ?? username;
  }

  describe(deeds: () => Deeds) {
    this.#deeds = deeds;
  }

  totals(): Promise<Totals> {
    return this.#options.ask(async (until) => {
      const { link, keys } = this.#options;
      const { lease, deeds } = keys.nodes;
      const [found, counts] = await Promise.all([
        link.run(TOTALS, [lease, deeds], [], until),
        link.all([["hlen", keys.there(ALL).who], ["zcard", keys.rooms]], until),
      ]);
      const each = pairsOf(found as string[]);
      if (this.#deeds) each.set(this.#lease.id, JSON.stringify(this.#deeds()));
      const [users, rooms] = counts as [number, number];
      return { ...sumOf([...each.values()]), users, rooms, nodes: each.size };
    });
  }

  async take(name: string, { rate, burst }: { rate: number; burst: number }, cost: number) {
    if (rate === 0) return 0;
    const { link, keys } = this.#options;
    // A name may be long, and may be somebody's address.
    const key = keys.rate(createHash("sha256").update(name).digest("base64url").slice(0, 22));
    try {
      return await link.run(TAKE, [key], [rate, burst, cost], now() + SHORT) as number;
    } catch {
      return 0;
    }
  }

  /** Takes everybody of this node out; where that cannot be done, another node will. */
  async end() {
    this.#ended = true;
    await this.#reaper.end();
    this.#passing.end();
    if (this.#lease.isHeld) await this.#leave().catch(() => {});
    await this.#muster.end();
    await this.#lease.end();
  }

  async #leave() {
    const steps = this.#attendance.rooms().flatMap((room) =>
      [...this.#attendance.in(room)].map(([key, names]) => {
        const passage = this.#attendance.passage("leave", room, key, names);
        this.#attendance.leave(room, passage);
        return this.#passing.step("leave", room, passage);
      })
    );
    const done = await Promise.all(steps);
    if (done.some(({ answer }) => answer === undefined)) return;
    await this.#guests.leave();
    // Who left before may not have been taken out yet, or could not be.
    await this.#muster.run();
    this.muster();
    await this.#muster.run();
    if (!this.#muster.isAllSure) return;
    const { link, keys } = this.#options;
    const { lease, deeds } = keys.nodes;
    const { id } = this.#lease;
    const ends = [["zrem", lease, id], ["hdel", deeds, id], ["del", keys.at(id)]];
    await this.#lease.end();
    await link.all(ends, now() + SHORT);
  }
}

function sumOf(each: string[]): Deeds {
  const sum = { connections: 0, messages: 0, delivered: 0, rejected: 0, slow: 0, memory: 0 };
  for (const text of each) {
    const deeds: Partial<Deeds> = JSON.parse(text);
    for (const name of Object.keys(sum) as (keyof Deeds)[]) sum[name] += deeds[name] ?? 0;
  }
  return sum;
}
