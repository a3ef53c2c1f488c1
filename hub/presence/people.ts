import { ChatError } from "../../messages.ts";
import { clock } from "../base/clock.ts";
import type { Counts } from "../base/counts.ts";
import type { Feed } from "../log/feed.ts";
import { IdleMap, type IdleOptions } from "./idle_map.ts";
import { orElse, type Soon, whenThere } from "../base/soon.ts";
import type { Called, Guest, User } from "../engine/company.ts";
import type { Engine } from "../engine/engine.ts";
import type { LogOptions } from "../log/log.ts";
import { Lookalikes } from "./lookalikes.ts";
import { type Line, type Member, Person } from "./person.ts";
import { type Beginning, beginning, type Entered, follow, holds } from "../log/resume.ts";
import { type Part, Sorted } from "../base/sorted.ts";

/** Somebody who comes. */
export interface Comer extends Pick<Guest, "username" | "key" | "name"> {
  /** Do they take their name over from connections of before? */
  readonly returns?: boolean;
}

/** Everybody who is connected, or was until a short while ago. */
export class People {
  /** How the names look that are in use. */
  readonly looks = new Lookalikes();
  /** Those who are connected, by name. */
  readonly everybody = new Sorted<Person>(({ username }) => username);
  #people: IdleMap<Person>;
  #options: LogOptions;
  #engine: Engine;
  #taken: (member: Member, by?: string) => void;

  /** @param taken is told of each connection whose name was taken over */
  constructor(
    engine: Engine,
    counts: Counts,
    { history, size, ticker, holdings, ...idle }: LogOptions & IdleOptions,
    taken: (member: Member, by?: string) => void,
  ) {
    this.#people = new IdleMap((person) => {
      this.looks.release(person);
      person.close();
      engine.close(person.channel, person.newest);
    }, idle);
    this.#options = { history, size, counts, ticker, holdings };
    this.#engine = engine;
    this.#taken = taken;
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
  check(who: Called) {
    // Who is to be forgotten by now is.
    this.#people.get(who.key);
    this.looks.check(who);
  }

  /**
   * Takes in a new connection, which reads its person's private messages.
   *
   * @param place gives their place in them, to read on from there, or none: is asked once the engine has been
   * reached, which may not know its places before
   * @param line ends when their name is taken over
   * @throws {ChatError} `unavailable`
   */
  connect(
    who: Comer,
    feed: Feed,
    place: () => string | undefined,
    line?: Line,
  ): Soon<Entered & { member: Member }> {
    return whenThere(this.#open(who), (person) =>
      orElse(
        () =>
          whenThere(
            this.#beginning(person, place()),
            (beginning) => this.#enter(person, who, { feed, line }, beginning),
          ),
        () => this.#people.rest(person.key),
      ));
  }

  /** Where a connection is to begin in its person's private messages. */
  #beginning({ channel, inbox, floor }: Person, since?: string): Soon<Beginning> {
    const knows = (place: string) => this.#engine.knows(place, channel);
    if (inbox) return beginning(inbox, { since }, knows);
    // Nobody has written to them: there is nothing to follow, and everything to say about it.
    if (since === undefined) return {};
    const resumed = holds({ floor }, since, knows);
    return { at: resumed ? since : floor, resumed };
  }

  #enter(
    person: Person,
    { username, name, returns }: Comer,
    { feed, line }: Pick<Member, "feed" | "line">,
    beginning: Beginning,
  ) {
    const { members, inbox, floor } = person;
    if (members.size === 0) {
      this.#spell(person, username);
      person.connectedAt = clock.date();
      this.everybody.add(person);
    }
    // What is shown may have changed since they had their older token.
    person.name = name;
    const claim = returns ? crypto.randomUUID() : undefined;
    const comes = claim !== undefined;
    const member: Member = { person, feed, rooms: new Set<string>(), claim, comes, line };
    members.add(member);
    if (inbox) return { member, ...follow(inbox, feed, beginning) };
    return { member, at: floor, ...beginning };
  }

  /** Somebody, in use from now on. @throws {ChatError} `unavailable` */
  #open(who: Called): Soon<Person> {
    return this.#people.use(who.key, () => {
      const person = new Person(who, this.#options, this.#taken);
      return whenThere(this.#engine.open(person.channel, person), () => {
        this.looks.hold(who);
        return person;
      });
    });
  }

  /** Has somebody who has just come called as they are elsewhere. */
  rename(person: Person, username: string) {
    if (person.username === username) return;
    this.everybody.delete(person);
    this.#spell(person, username);
    this.everybody.add(person);
  }

  /** Has somebody's name spelled in another way. */
  #spell(person: Person, username: string) {
    if (person.username === username) return;
    this.looks.hold({ username, key: person.key });
    this.looks.release(person);
    person.username = username;
  }

  /** Has somebody forgotten who may not be here after all. */
  forget({ key }: Person) {
    this.#people.drop(key);
  }

  /** Has the name of somebody who comes back taken over from their older connections, in whichever process. */
  takeOver(member: Member): Soon<void> {
    const { claim: by, person } = member;
    if (by === undefined) return;
    return whenThere(this.#engine.tell(person.channel, { type: "taken", by }), () => {
      // Also where nobody could be told, or will be only later.
      member.comes = false;
    });
  }

  /** Lets a connection go. Does nothing the second time. */
  disconnect(member: Member) {
    const { person } = member;
    if (!person.members.delete(member)) return;
    if (person.members.size === 0) this.everybody.delete(person);
    this.#people.rest(person.key);
  }

  /** Somebody by name, connected here or gone for less than ten minutes. */
  get(username: string): Person | undefined {
    return this.#people.get(this.looks.keyOf(username));
  }

  /**
   * Somebody by name to whom can be written: they are here, or were a short while ago, or the engine keeps
   * private messages of theirs.
   *
   * @param own the key by which these are kept; where there is none, they are of whoever has the name
   * @param elsewhere who they are where they are, or were a short while ago, but not here
   * @throws {ChatError} `no_such_user`, `unavailable`
   */
  reach(
    username: string,
    own: string | undefined,
    elsewhere: () => Soon<Called | undefined>,
  ): Soon<Person> {
    const get = (key = own ?? this.looks.keyOf(username)) => this.#people.get(key);
    const person = get();
    if (person && person.connections > 0) return person;
    return whenThere(elsewhere(), (known) => {
      const person = get(known?.key);
      if (person) {
        if (person.connections === 0) this.#spell(person, known?.username ?? person.username);
        return person;
      }
      if (known !== undefined) return this.#rouse(known);
      if (own === undefined) throw nobody(username);
      return whenThere(this.#engine.page(`@${own}`, { limit: 1 }), ({ entries }) => {
        if (entries.length > 0) return this.#rouse({ username, key: own });
        // They may have come in meanwhile.
        const person = get();
        if (person) return person;
        throw nobody(username);
      });
    });
  }

  /** Somebody who is not here, idle from the first. */
  #rouse(who: Called): Soon<Person> {
    return whenThere(this.#open(who), (person) => {
      this.#people.rest(person.key);
      return person;
    });
  }

  /** Those who are connected, or those of them who are in a room, sorted by name. */
  users(part: Part = { most: Infinity }, among = this.everybody): User[] {
    return among.part(part).map(({ username, name, rooms, connections, connectedAt }) => ({
      ...{ username, rooms, connections },
      connectedAt: new Date(connectedAt).toISOString(),
      name,
    }));
  }
}

/** What is told to who writes to somebody whom nobody knows. */
export function nobody(username: string): ChatError {
  return new ChatError("no_such_user", `Cannot send to ${username}: nobody of that name is here`);
}
