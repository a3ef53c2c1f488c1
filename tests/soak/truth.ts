import type { Hub } from "../../hub.ts";
import { whenThere } from "../../hub/base/soon.ts";
import type { Channel } from "../../hub/engine/engine.ts";
import type { Entry } from "../../hub/log/batch.ts";
import { keyOf } from "../../static/names.js";

/** What a message was, as far as the checks need it. */
export interface Fact {
  id: string;
  username: string;
  ref?: string;
}

/** The name under which somebody's private messages are kept. */
export const inboxOf = (username: string): string => `@${keyOf(username)}`;

/** Something in which all that was ever said can be looked up. */
export interface Shelf {
  kept(channel: Channel): readonly Entry[];
}

/**
 * Everything that was ever said, room by room and inbox by inbox, in the order in which the hub took
 * it: written down when it is said, and never forgotten; or as an engine has it that keeps all.
 */
export class Truth {
  #hub: Hub;
  #shelf?: Shelf;
  #places = new Map<string, Fact[]>();
  /** Who said what: `name ref`, each once. */
  #said = new Set<string>();
  /** The first thing that was said out of order, or twice. */
  fault?: Error;

  /**
   * Listens to a hub from now on.
   *
   * @param shelf what its engine keeps, if it may tell the hub later than its readers what was said
   */
  constructor(hub: Hub, shelf?: Shelf) {
    this.#hub = hub;
    this.#shelf = shelf;
    if (shelf) return;
    const { engine } = hub;
    const open = engine.open.bind(engine);
    engine.open = (channel, window) =>
      open(channel, {
        begin: (origin) => window.begin(origin),
        append: (entry) => {
          if (entry.type === "chat") this.#tell(channel, JSON.parse(entry.text));
          window.append(entry);
        },
        lose: (id) => window.lose(id),
        miss: (id) => window.miss(id),
        tear: (id) => window.tear(id),
      });
    // It may be kept without being told: a window that nobody needs may be closed meanwhile.
    const say = engine.say.bind(engine);
    engine.say = (channels, draft) =>
      whenThere(say(channels, draft), (said) => {
        const { id } = said.entry;
        if (!said.again) channels.forEach((channel) => this.#tell(channel, { ...draft, id }));
        return said;
      });
  }

  /** Is nothing forgotten? Then what is told of who comes and goes may come later, too. */
  get keeps(): boolean {
    return this.#hub.engine.health.name !== "memory";
  }

  /** How much was said. */
  get size(): number {
    return [...this.#places.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** What comes next after an id, if anything does yet. */
  next(place: string, after: string): Fact | undefined {
    const facts = this.#facts(place);
    return facts[firstAfter(facts, after)];
  }

  /** What came right before an id: an empty text where nothing did. */
  before(place: string, id: string): string {
    const facts = this.#facts(place);
    const index = facts.findLastIndex((fact) => fact.id < id);
    return facts[index]?.id ?? "";
  }

  /** Was a message said here? */
  has(place: string, id: string): boolean {
    return this.next(place, this.before(place, id))?.id === id;
  }

  /** The newest message that a newcomer is not told any more, or an empty text. */
  newest(place: string): string {
    // What is kept may still have to be brought.
    if (this.#shelf) return "";
    return this.#facts(place).at(-1)?.id ?? "";
  }

  /** Has somebody said something of this `ref`, anywhere? */
  heard(username: string, ref: string): boolean {
    return this.#said.has(`${username} ${ref}`);
  }

  /** Everything after this id is held by the server; of what came before, it may tell a gap. */
  floor(place: string): string {
    const unknown = this.keeps ? this.#hub.engine.start : FORGOTTEN;
    if (!place.startsWith("@")) return this.#hub.rooms.get(place)?.log.floor ?? unknown;
    try {
      return this.#hub.people.get(place.slice(1))!.floor;
    } catch {
      return unknown;
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

  /** What was said in a place. */
  #facts(place: string): readonly Fact[] {
    if (this.#shelf) {
      const channel = place.startsWith("@") ? place as Channel : `#${place}` as const;
      const known = this.#places.get(place)?.length ?? 0;
      for (const { text } of this.#shelf.kept(channel).slice(known)) {
        this.#add([place], JSON.parse(text), ` in ${place}`);
      }
    }
    return this.#places.get(place) ?? [];
  }

  /** Takes note of what was told in a channel, or kept there, whichever comes first. */
  #tell(channel: Channel, { id, username, ref }: Fact) {
    const place = channel.startsWith("#") ? channel.slice(1) : channel;
    if (this.#places.get(place)?.findLast((fact) => fact.id <= id)?.id === id) return;
    this.#add([place], { id, username, ref }, ` in ${place}`);
  }

  /** @param where it must not have been said before @default anywhere */
  #add(places: string[], { id, username, ref }: Fact, where = "") {
    const key = `${username} ${ref}`;
    const once = `${key}${where}`;
    if (ref !== undefined && this.#said.has(once)) this.fault ??= new Error(`Said twice: ${once}`);
    this.#said.add(key).add(once);
    for (const place of places) {
      const facts = this.#places.get(place) ?? [];
      const newest = facts.at(-1)?.id ?? "";
      if (id <= newest) this.fault ??= new Error(`Out of order: ${id} in ${place}`);
      facts.push({ id, username, ref });
      this.#places.set(place, facts);
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
