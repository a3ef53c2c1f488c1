import type { Hub } from "../../hub.ts";
import { whenThere } from "../../hub/base/soon.ts";
import { keyOf } from "../../static/names.js";

/** What a message was, as far as the checks need it. */
export interface Fact {
  id: string;
  username: string;
  ref?: string;
}

/** The name under which somebody's private messages are kept. */
export const inboxOf = (username: string): string => `@${keyOf(username)}`;

/**
 * Everything that was ever said, room by room and inbox by inbox, in the order in which the hub took
 * it: written down when it is said, and never forgotten.
 */
export class Truth {
  #hub: Hub;
  #places = new Map<string, Fact[]>();
  /** Who said what: `name ref`, each once. */
  #said = new Set<string>();
  /** The first thing that was said out of order, or twice. */
  fault?: Error;

  /** Listens to a hub from now on. */
  constructor(hub: Hub) {
    this.#hub = hub;
    const say = hub.say.bind(hub);
    hub.say = (username, room, content, ref) =>
      whenThere(say(username, room, content, ref), (said) => {
        if (!said.again) this.#add([room], { id: said.entry.id, username, ref });
        return said;
      });
    const whisper = hub.whisper.bind(hub);
    hub.whisper = (person, name, content, ref) =>
      whenThere(whisper(person, name, content, ref), (said) => {
        const { username } = person;
        const places = new Set([inboxOf(name), inboxOf(username)]);
        if (!said.again) this.#add([...places], { id: said.entry.id, username, ref });
        return said;
      });
  }

  /** How much was said. */
  get size(): number {
    return [...this.#places.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What comes next after an id, if anything does yet. */
  next(place: string, after: string): Fact | undefined {
    const facts = this.#places.get(place) ?? [];
    return facts[firstAfter(facts, after)];
  }

  /** What came right before an id: an empty text where nothing did. */
  before(place: string, id: string): string {
    const facts = this.#places.get(place) ?? [];
    const index = facts.findLastIndex((fact) => fact.id < id);
    return facts[index]?.id ?? "";
  }

  /** Was a message said here? */
  has(place: string, id: string): boolean {
    return this.next(place, this.before(place, id))?.id === id;
  }

  /** The newest message, or an empty text. */
  newest(place: string): string {
    return this.#places.get(place)?.at(-1)?.id ?? "";
  }

  /** Has somebody said something of this `ref`, anywhere? */
  heard(username: string, ref: string): boolean {
    return this.#said.has(`${username} ${ref}`);
  }

  /** Everything after this id is held by the server; of what came before, it may tell a gap. */
  floor(place: string): string {
    if (!place.startsWith("@")) return this.#hub.rooms.get(place)?.log.floor ?? FORGOTTEN;
    try {
      return this.#hub.people.find(place.slice(1)).floor;
    } catch {
      return FORGOTTEN;
    }
  }

  /** Names of who is in a room, sorted. */
  people(room: string): string[] {
    return this.#hub.rooms.get(room)?.names ?? [];
  }

  /** The newest of everything a room has told. */
  end(room: string): string {
    return this.#hub.rooms.get(room)?.log.end.heard ?? "";
  }

  #add(places: string[], fact: Fact) {
    const { id, username, ref } = fact;
    const key = `${username} ${ref}`;
    if (ref !== undefined && this.#said.has(key)) this.fault ??= new Error(`Said twice: ${key}`);
    this.#said.add(key);
    for (const place of places) {
      if (id <= this.newest(place)) this.fault ??= new Error(`Out of order: ${id} in ${place}`);
      const facts = this.#places.get(place);
      if (facts) facts.push(fact);
      else this.#places.set(place, [fact]);
    }
  }
}

/** The floor of what the server knows no more: it may have said anything. */
const FORGOTTEN = "~";

function firstAfter(facts: readonly Fact[], id: string): number {
  let low = 0;
  let high = facts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (facts[middle]!.id <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
