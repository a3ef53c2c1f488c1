import { type Soon, whenThere } from "../base/soon.ts";
import type { Company, Passage, Roster } from "../engine/company.ts";
import type { Engine } from "../engine/engine.ts";
import { noticeEntry, presenceOf } from "../engine/stamped.ts";
import type { Entry } from "../log/batch.ts";
import type { Person } from "./person.ts";
import type { Room } from "./room.ts";

/** Who comes into rooms and leaves them, and what is told of it: of many people only how many they are. */
export class Attendance {
  #engine: Engine;
  #company: Company;
  #announce: number;
  /** Rosters that are being asked for. */
  #asked = new Map<Room, Promise<Roster>>();

  /** @param announce most people in a room in which every arrival is told */
  constructor(engine: Engine, company: Company, announce: number) {
    this.#engine = engine;
    this.#company = company;
    this.#announce = announce;
  }

  /**
   * One more connection of somebody is in a room. Everybody is told, where it is the first anywhere.
   *
   * @returns who is there then @throws {ChatError} `unavailable`: then they must {@linkcode exit}
   */
  enter(room: Room, person: Person): Soon<Roster> {
    if (!room.enter(person)) return this.roster(room);
    const entered = this.#company.enter(room.channel, this.#passage(room, "join", person));
    return whenThere(entered, (roster) => {
      if (roster.count > this.#announce) this.#count(room);
      return roster;
    });
  }

  /**
   * One connection of somebody less is in a room. Everybody is told, where it was the last anywhere.
   *
   * @returns what they are told themselves, once all that was said before is brought
   */
  exit(room: Room, person: Person): Soon<Entry> {
    const passage = this.#passage(room, "leave", person);
    const left = room.exit(person) ? this.#company.leave(room.channel, passage) : undefined;
    return whenThere(left, (left) => {
      if (left?.count === 0) room.hush();
      else if (left && !left.entry && left.count >= this.#announce) this.#count(room);
      if (left?.entry) return left.entry;
      const stamp = this.#engine.stamp(room.channel);
      return whenThere(stamp, (stamp) => noticeEntry(passage.notice, stamp));
    });
  }

  /** Who is in a room. Many who ask at the same time are given the same answer. @throws {ChatError} `unavailable` */
  roster(room: Room): Soon<Roster> {
    const known = this.#asked.get(room);
    if (known) return known;
    const roster = this.#company.roster(room.channel);
    if (!(roster instanceof Promise)) return roster;
    const asked = roster.then((roster) => withThese(roster, room.names));
    this.#asked.set(room, asked);
    const over = () => this.#asked.delete(room);
    asked.then(over, over);
    return asked;
  }

  /** Has a big room told how many people are in it. */
  #count(room: Room) {
    room.count(() => this.#company.census(room.channel, this.#announce));
  }

  #passage({ channel }: Room, type: "join" | "leave", person: Person): Passage {
    const notice = presenceOf(channel, type, person);
    return { key: person.key, notice, announce: this.#announce };
  }
}

/** A roster in which some are who are there, and of whom the others may not know yet: they have lost sight of us. */
function withThese({ count, names }: Roster, here: string[]): Roster {
  // Of more people not all are named: nobody can say who is missing.
  if (names.length < count) return { count, names };
  const known = new Set(names);
  const missing = here.filter((name) => !known.has(name));
  if (missing.length === 0) return { count, names };
  return { count: count + missing.length, names: [...names, ...missing].sort() };
}
