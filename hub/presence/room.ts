import type { RoomState } from "../../messages.ts";
import { clock } from "../base/clock.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Roster } from "../engine/company.ts";
import type { Channel } from "../engine/engine.ts";
import { Log, type LogOptions } from "../log/log.ts";
import type { Person } from "./person.ts";
import type { Entered } from "../log/resume.ts";
import { Sorted } from "../base/sorted.ts";

/** Names told of one room: as many as the people up to whom arrivals are told, by default. */
const NAMES = 200;

/** A room: a log, and the people who are in it. */
export class Room {
  readonly name: string;
  readonly channel: Channel;
  readonly log: Log;
  /** Who is in it, by name. */
  readonly people = new Sorted<Person>(({ username }) => username);
  #connections = new Map<Person, number>();
  /** A count of people that is waiting to be told. */
  #census?: ReturnType<typeof setTimeout>;
  #counted = -Infinity;

  constructor(options: LogOptions & { room: string }) {
    this.name = options.room;
    this.channel = `#${this.name}`;
    this.log = new Log(options);
  }

  /** How many people are in it. */
  get size(): number {
    return this.people.size;
  }

  /** Their names, sorted; the first 200 of them. */
  get names(): string[] {
    return this.people.part({ most: NAMES }).map(({ username }) => username);
  }

  /** What somebody who stands `at` a place in it is told about it, and about who is in it. */
  state({ at, resumed }: Entered, { count, names: users }: Roster): RoomState {
    const { log } = this;
    return { type: "room", room: this.name, users, count, resumed, head: log.head || null, at };
  }

  /** Takes in one connection of a person. Is it the person's first here? */
  enter(person: Person): boolean {
    const connections = this.#connections.get(person) ?? 0;
    this.#connections.set(person, connections + 1);
    if (connections > 0) return false;
    this.people.add(person);
    return true;
  }

  /** Lets out one connection of a person. Was it the person's last here? */
  exit(person: Person): boolean {
    const connections = this.#connections.get(person)! - 1;
    if (connections > 0) {
      this.#connections.set(person, connections);
      return false;
    }
    this.#connections.delete(person);
    this.people.delete(person);
    return true;
  }

  /**
   * Has the number of people told by `tell`: now, or when a second has passed since the last time, or after the
   * milliseconds that it asks for.
   */
  count(tell: () => Soon<number>) {
    if (this.#census !== undefined) return;
    const now = () => {
      this.#census = undefined;
      this.#counted = clock.now();
      whenThere(tell(), (wait) => {
        if (wait > 0 && this.#census === undefined) this.#census = setTimeout(now, wait);
      });
    };
    const wait = this.#counted + 1_000 - clock.now();
    if (wait > 0) this.#census = setTimeout(now, wait);
    else now();
  }

  /** Has nothing told any more: nobody is there who would hear it. */
  hush() {
    clearTimeout(this.#census);
    this.#census = undefined;
  }
}
