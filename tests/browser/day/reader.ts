import { type Ledger, timeOf } from "./ledger.ts";
import type { Event } from "./recorder.ts";
import type { Tab } from "./tab.ts";

/** How much should be unread in a conversation, at least and at most. */
export type Count = [least: number, most: number];

/** Milliseconds after which the browser must have kept what is seen. */
const KEPT = 3_000;

/** Sets of ids, by conversation. */
class Ids {
  #sets = new Map<string, Set<string>>();

  of(place: string): Set<string> {
    const set = this.#sets.get(place) ?? new Set();
    this.#sets.set(place, set);
    return set;
  }

  delete(place: string) {
    this.#sets.delete(place);
  }

  get places(): string[] {
    return [...this.#sets.keys()];
  }
}

/** What came to one tab. */
interface Ears {
  /** What was said in private up to this id came before it was opened. */
  begun: string;
  /** The newest, by conversation. */
  come: Map<string, string>;
  /** Messages of others that are not seen. */
  unread: Ids;
  /** Messages of others that were seen right before a page was killed: it may not have kept that. */
  again: Ids;
}

/**
 * What one person has seen and what not, in all their tabs: so much of what was said since should be
 * told to be unread.
 */
export class Reader {
  #ledger: Ledger;
  #tabs = new Map<Tab, Ears>();
  /** How far the person has seen each conversation, in whatever tab. */
  #seen = new Map<string, string>();
  /** How far a page knows it that was killed before the browser had kept more, where nothing was seen since. */
  #stale = new Map<string, string>();
  /**
   * How far that was when the person last looked at what was unread, until they have reached the end:
   * what is below them counts as read in the tab they look at, and may be unread for any other.
   */
  #way = new Map<string, string>();
  /** How far that was at some times when the browser could keep it, newest first. */
  #kept: { time: number; seen: Map<string, string> }[] = [];
  /** Private messages of others that have come. */
  #private = new Ids();
  /** When a tab was ended last, in milliseconds since the epoch. */
  #ended = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The private conversations in which something was said. */
  get people(): string[] {
    return this.#private.places;
  }

  /** A tab is opened. */
  begin(tab: Tab) {
    this.#tabs.set(tab, { begun: "", come: new Map(), unread: new Ids(), again: new Ids() });
  }

  /** A tab is closed; or it is killed. */
  end(tab: Tab, killed: boolean) {
    this.#tabs.delete(tab);
    this.#ended = Date.now();
    for (const [place, seen] of this.#way) this.#stale.set(place, seen);
    if (!killed) return this.#keep();
    const safe = this.#kept.find(({ time }) => time < this.#ended - KEPT) ?? this.#kept.at(-1);
    for (const [place, seen] of this.#seen) {
      const kept = safe?.seen.get(place) ?? "";
      if (kept < (this.#stale.get(place) ?? seen)) this.#stale.set(place, kept);
    }
  }

  /** Takes note of what has happened in a tab. @param keeping may the browser keep it? */
  hear(tab: Tab, events: Event[], keeping: boolean) {
    const ears = this.#tabs.get(tab)!;
    const { come, unread, again } = ears;
    for (const event of events) {
      const { type, place } = event;
      if (type === "look") {
        const [, most] = this.expected(tab, place);
        if (most > 0 && !this.#way.has(place)) this.#way.set(place, this.#keptOf(place));
        const before = [...this.#private.of(place)].filter((id) => id <= ears.begun);
        for (const id of [...before, come.get(place) ?? ""]) this.#see(place, id, ears);
        again.delete(place);
        this.#stale.delete(place);
        continue;
      }
      const { id } = event;
      if (type === "begun") {
        ears.begun = id;
        continue;
      }
      if (id > (come.get(place) ?? "")) come.set(place, id);
      if (type === "own" || event.old) continue;
      if (place.startsWith("person:")) this.#private.of(place).add(id);
      if (event.seen) this.#see(place, id, ears);
      else if (id > this.#seenOf(place)) unread.of(place).add(id);
      else if (id > this.#keptOf(place)) again.of(place).add(id);
    }
    if (keeping) this.#keep();
  }

  /** The person has gone to the end of a conversation. */
  arrive(place: string) {
    this.#way.delete(place);
    for (const { again } of this.#tabs.values()) again.delete(place);
  }

  /** A room is left, and forgotten. */
  forget(place: string) {
    for (const map of [this.#seen, this.#stale, this.#way]) map.delete(place);
    for (const { seen } of this.#kept) seen.delete(place);
    for (const { come, unread, again } of this.#tabs.values()) {
      for (const map of [come, unread, again]) map.delete(place);
    }
  }

  /** How much should be unread in a conversation of a tab. */
  expected(tab: Tab, place: string): Count {
    const { begun, unread, again } = this.#tabs.get(tab)!;
    const sure = new Set(unread.of(place));
    const perhaps = new Set(again.of(place));
    // Private messages that came before are the browser's to keep.
    const floor = this.#keptOf(place);
    for (const id of this.#private.of(place)) {
      if (id > begun || id <= floor) continue;
      (id <= this.#seenOf(place) || this.#isLate(id) ? perhaps : sure).add(id);
    }
    if (place.startsWith("person:")) {
      const late = this.#ledger.of(place).filter(({ id }) => id <= begun && this.#isLate(id));
      for (const { id } of late) if (!sure.has(id)) perhaps.add(id);
    }
    return [sure.size, sure.union(perhaps).size];
  }

  /** May it have come to a tab right before its end, so that nobody knows? */
  #isLate(id: string): boolean {
    return Math.abs(timeOf(id) - this.#ended) < KEPT;
  }

  #seenOf(place: string): string {
    return this.#seen.get(place) ?? "";
  }

  /** How far the browser must know that it was seen. */
  #keptOf(place: string): string {
    const seen = this.#stale.get(place) ?? this.#seenOf(place);
    const way = this.#way.get(place) ?? seen;
    return way < seen ? way : seen;
  }

  #keep() {
    const seen = new Map([...this.#seen, ...this.#stale, ...this.#way]);
    this.#kept.unshift({ time: Date.now(), seen });
    this.#kept.splice(100);
  }

  /** @param eyes the tab that is looked at */
  #see(place: string, id: string, eyes: Ears) {
    if (id <= this.#seenOf(place)) return;
    this.#stale.delete(place);
    this.#seen.set(place, id);
    const sure = this.#way.get(place) ?? id;
    for (const ears of this.#tabs.values()) {
      const { unread, again } = ears;
      for (const other of unread.of(place)) {
        if (other > id) continue;
        unread.of(place).delete(other);
        if (ears !== eyes && other > sure) again.of(place).add(other);
      }
    }
  }
}
