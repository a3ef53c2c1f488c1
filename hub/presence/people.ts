import { ChatError } from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import type { Counts } from "../base/counts.ts";
import type { Feed } from "../log/feed.ts";
import { IdleMap, type IdleOptions, type Past } from "./idle_map.ts";
import type { Ids } from "../log/ids.ts";
import { Log, type LogOptions } from "../log/log.ts";
import { Lookalikes } from "./lookalikes.ts";
import { type Entered, follow, holds } from "../log/resume.ts";
import { type Page, Sorted } from "../base/sorted.ts";

/** Somebody, with any number of connections. */
export class Person {
  /** In the spelling of their oldest connection. */
  username: string;
  /** Milliseconds since the epoch: when the oldest of their connections began. */
  connectedAt = 0;
  readonly members = new Set<Member>();
  /** When they last were seen writing, by where. */
  typed?: Map<string, number>;
  /** Their private messages, from the first one on. */
  inbox?: Log;
  /** What is known of their private messages from before that. */
  readonly past: Past;

  constructor(username: string, past: Past) {
    this.username = username;
    this.past = past;
  }
}

/** One connection of a person. */
export interface Member {
  readonly person: Person;
  readonly feed: Feed;
  /** Names of the rooms it is in. */
  readonly rooms: Set<string>;
}

/** What is told about a person who is connected. */
export interface User {
  username: string;
  /** Sorted. */
  rooms: string[];
  connections: number;
  /** RFC 3339. */
  connectedAt: string;
}

/** Everybody who is connected, or was until a short while ago. */
export class People {
  /** How the names look that are in use. */
  readonly looks = new Lookalikes();
  /** Those who are connected, by name. */
  readonly everybody = new Sorted<Person>(({ username }) => username);
  #people: IdleMap<Person>;
  #options: LogOptions;
  #ids: Ids;

  constructor(
    ids: Ids,
    counts: Counts,
    { history, size, ticker, holdings, ...idle }: LogOptions & IdleOptions = {},
  ) {
    this.#people = new IdleMap(({ username, inbox, past }) => {
      this.looks.release(username);
      inbox?.close();
      return inbox?.newest ?? past.lost;
    }, { ...idle, floor: ids.start });
    this.#options = { history, size, counts, ticker, holdings };
    this.#ids = ids;
  }

  /** How many are connected. */
  get online(): number {
    return this.everybody.size;
  }

  /**
   * Looks whether a name may be used now: whether it is nobody's, or the same person's. Who was cut off
   * finds theirs again.
   *
   * @throws {ChatError} `name_taken` where it looks like somebody's who is connected, or was until a
   * short while ago
   */
  check(username: string) {
    // Who is to be forgotten by now is.
    this.#people.get(keyOf(username));
    this.looks.check(username);
  }

  /**
   * Takes in a new connection, which reads its person's private messages.
   *
   * @param since their place in them, to read on from there @default from now on
   */
  connect(username: string, feed: Feed, since?: string): Entered & { member: Member } {
    const person = this.#people.use(keyOf(username), (past) => {
      this.looks.hold(username);
      return new Person(username, past);
    });
    if (person.members.size === 0) {
      this.#spell(person, username);
      person.connectedAt = clock.date();
      this.everybody.add(person);
    }
    const member = { person, feed, rooms: new Set<string>() };
    person.members.add(member);
    if (person.inbox) return { member, ...follow(person.inbox, feed, { since }, this.#ids) };
    // Nobody has written to them: there is nothing to follow, and everything to say about it.
    const resumed = since === undefined ? undefined : holds(person.past, since, this.#ids);
    return { member, at: resumed ? since! : person.past.floor, resumed };
  }

  /** Has somebody's name spelled as they do now. */
  #spell(person: Person, username: string) {
    if (person.username === username) return;
    this.looks.hold(username);
    this.looks.release(person.username);
    person.username = username;
  }

  /** Lets a connection go. Does nothing the second time. */
  disconnect(member: Member) {
    const { person } = member;
    if (!person.members.delete(member) || person.members.size > 0) return;
    this.everybody.delete(person);
    this.#people.rest(keyOf(person.username));
  }

  /**
   * Somebody by name, connected or gone for less than ten minutes.
   *
   * @throws {ChatError} `no_such_user`
   */
  find(username: string): Person {
    const person = this.#people.get(keyOf(username));
    if (person) return person;
    throw new ChatError("no_such_user", `Cannot send to ${username}: nobody of that name is here`);
  }

  /** Somebody's private messages, which all their connections read. */
  inbox(person: Person): Log {
    if (!person.inbox) {
      person.inbox = new Log({ ...this.#options, ...person.past });
      for (const { feed } of person.members) feed.follow(person.inbox);
    }
    return person.inbox;
  }

  /** A name in the spelling that everybody knows, if such a person is connected; else as given. */
  spelling(username: string): string {
    const person = this.#people.get(keyOf(username));
    return person && person.members.size > 0 ? person.username : username;
  }

  /** Those who are connected, or those of them who are in a room, sorted by name. */
  users(page: Page = { most: Infinity }, among = this.everybody): User[] {
    return among.page(page).map(({ username, members, connectedAt }) => ({
      username,
      rooms: [...new Set([...members].flatMap(({ rooms }) => [...rooms]))].sort(),
      connections: members.size,
      connectedAt: new Date(connectedAt).toISOString(),
    }));
  }
}
