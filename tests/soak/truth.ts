import type { Hub } from "../../hub.ts";
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

  /** Listens to a hub from now on. */
  constructor(hub: Hub) {
    this.#hub = hub;
    const say = hub.say.bind(hub);
    hub.say = (username, room, content, ref) => {
      const said = say(username, room, content, ref);
      if (!said.again) this.#add(room, { id: said.entry.id, username, ref });
      return said;
    };
    const whisper = hub.whisper.bind(hub);
    hub.whisper = (person, name, content, ref) => {
      const said = whisper(person, name, content, ref);
      const { username } = person;
      if (said.again) return said;
      for (const place of new Set([inboxOf(name), inboxOf(username)])) {
        this.#add(place, { id: said.entry.id, username, ref });
      }
      return said;
    };
  }

  /** How much was said. */
  get size(): number {
    return [...this.#places.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** All of a place, oldest first. */
  of(place: string): readonly Fact[] {
    return this.#places.get(place) ?? [];
  }

  /** What comes next after an id, if anything does yet. */
  next(place: string, after: string): Fact | undefined {
    const facts = this.of(place);
    let low = 0;
    let high = facts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (facts[middle]!.id <= after) low = middle + 1;
      else high = middle;
    }
    return facts[low];
  }

  /** Has the server let go of a message, so that it may tell a gap? */
  isLost(place: string, { id }: Fact): boolean {
    const log = place.startsWith("@")
      ? this.#hub.people.find(place.slice(1)).inbox
      : this.#hub.rooms.open(place).log;
    return log !== undefined && id <= log.lost;
  }

  /** Who said the same thing twice, by `name ref`: nobody, or the server has failed. */
  repeated(): string[] {
    const seen = new Set<string>();
    const repeated: string[] = [];
    for (const [place, facts] of this.#places) {
      for (const { username, ref } of facts) {
        if (ref === undefined) continue;
        const key = `${place} ${username} ${ref}`;
        if (seen.has(key)) repeated.push(key);
        seen.add(key);
      }
    }
    return repeated;
  }

  #add(place: string, fact: Fact) {
    const facts = this.#places.get(place);
    if (facts) facts.push(fact);
    else this.#places.set(place, [fact]);
  }
}
