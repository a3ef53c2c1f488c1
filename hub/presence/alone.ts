import type { Part } from "../base/sorted.ts";
import { type Soon, whenThere } from "../base/soon.ts";
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
} from "../engine/company.ts";
import type { Channel, Engine } from "../engine/engine.ts";
import type { Entry } from "../log/batch.ts";
import type { People } from "./people.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

/** The company where there is one process: all who are there are here, and everything is known at once. */
export class Alone implements Company {
  #engine: Engine;
  #people: People;
  #rooms: Rooms;
  #deeds: () => Deeds = () => ({
    ...{ connections: 0, messages: 0, delivered: 0, rejected: 0, slow: 0, memory: 0 },
  });

  constructor(engine: Engine, people: People, rooms: Rooms) {
    this.#engine = engine;
    this.#people = people;
    this.#rooms = rooms;
  }

  check(who: Called) {
    this.#people.check(who);
  }

  show(guest: Guest): Soon<string> {
    const { username, connections, rooms } = guest;
    // Nobody else has to give up their name later.
    const comes = connections === 1 && rooms.length === 0;
    const told = comes ? [...this.#people.looks.yielding(guest)].map((key) => this.#oust(key)) : [];
    const underWay = told.filter((each) => each instanceof Promise);
    return underWay.length === 0 ? username : Promise.all(underWay).then(() => username);
  }

  enter(channel: Channel, { notice, announce }: Passage): Roster {
    const roster = this.roster(channel);
    if (roster.count <= announce) this.#engine.tell(channel, notice);
    return roster;
  }

  leave(channel: Channel, { notice, announce }: Passage): Soon<{ count: number; entry?: Entry }> {
    const count = this.#room(channel)?.size ?? 0;
    if (count >= announce) return { count };
    return whenThere(this.#engine.tell(channel, notice), (entry) => ({ count, entry }));
  }

  roster(channel: Channel): Roster {
    const room = this.#room(channel);
    return { count: room?.size ?? 0, names: room?.names ?? [] };
  }

  census(channel: Channel, announce: number): Soon<number> {
    const { count, names } = this.roster(channel);
    if (count === 0) return 0;
    // Where arrivals are told again, who is counted on must be known by name again.
    const users = count <= announce ? names : undefined;
    const told = this.#engine.tell(channel, { type: "room", room: channel.slice(1), users, count });
    return whenThere(told, () => 0);
  }

  users(part: Part, channel?: Channel): { users: User[]; count: number } {
    const among = channel === undefined ? this.#people.everybody : this.#room(channel)?.people;
    return { users: among ? this.#people.users(part, among) : [], count: among?.size ?? 0 };
  }

  rooms(part: Part): Soon<{ rooms: Listed[]; count: number }> {
    return this.#rooms.list(part);
  }

  find(username: string): Called | undefined {
    return this.#people.get(username);
  }

  spelling({ username, key }: Called): string {
    const person = this.#people.get(username);
    return person?.key === key && person.connections > 0 ? person.username : username;
  }

  describe(deeds: () => Deeds) {
    this.#deeds = deeds;
  }

  totals(): Totals {
    const { online: users } = this.#people;
    return { ...this.#deeds(), users, rooms: this.#rooms.size, nodes: 1 };
  }

  /** Has somebody give up their name. */
  #oust(key: string): Soon<unknown> {
    return this.#engine.tell(`@${key}`, { type: "taken" });
  }

  #room(channel: Channel): Room | undefined {
    return this.#rooms.get(channel.slice(1));
  }
}
