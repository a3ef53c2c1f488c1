import type { Facts } from "../engine/facts.ts";
import { revoked } from "./access.ts";
import type { Rights } from "./identity.ts";
import { isNamed, type Kind, marksOf, readName, type Ruling, type Rulings } from "./rulings.ts";

/** Networks of one person that are meant where their address is. */
const NETWORKS = 16;

/** Somebody who is here for a while: a conversation, or who listens to a room. */
export interface Attendant {
  readonly who: Rights;
  /** Goes where they may not be any more: from a room, or from everywhere. */
  review(room?: string): void;
}

/** Sends away who may not stay, as soon as it is decided, wherever that is. */
export class Doorkeeper {
  #present = new Set<Attendant>();
  /** For which rooms, or undefined for all, it is to be looked who may stay. */
  #places = new Set<string | undefined>();
  #rulings: Rulings;
  #failed: (error: unknown) => void;

  /** @param failed is told where it could not be kept that an address is meant too */
  constructor(facts: Facts, rulings: Rulings, failed: (error: unknown) => void) {
    this.#rulings = rulings;
    this.#failed = failed;
    facts.watch((name, fact) => {
      if (fact) this.#hear(name);
    });
  }

  /** Somebody has come in. */
  admit(attendant: Attendant) {
    this.#present.add(attendant);
  }

  /** Somebody has gone. */
  dismiss(attendant: Attendant) {
    this.#present.delete(attendant);
  }

  #hear(name: string) {
    if (name.startsWith(revoked(""))) return this.#review();
    const about = readName(name);
    if (!about) return;
    const { kind, room, mark } = about;
    const ruling = isNamed(mark) ? this.#rulings.get(name) : undefined;
    if (ruling?.address) {
      for (const network of this.#networksOf(mark)) {
        this.#extend(kind, network, ruling, room);
      }
    }
    if (kind === "ban") this.#review(room);
  }

  /** From where somebody comes: that is known only where they are. */
  #networksOf(mark: string): string[] {
    const networks = [...this.#present]
      .filter(({ who }) => marksOf(who).includes(mark))
      .flatMap(({ who: { address } }) => address ?? []);
    return [...new Set(networks)].slice(0, NETWORKS);
  }

  #extend(kind: Kind, network: string, ruling: Ruling, room?: string) {
    try {
      const extended = this.#rulings.extend(kind, network, ruling, room);
      if (extended instanceof Promise) extended.catch(this.#failed);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Has everybody looked at once more, in one go where much is decided at the same time. */
  #review(room?: string) {
    if (this.#places.size === 0) queueMicrotask(() => this.#reviewAll());
    this.#places.add(room);
  }

  #reviewAll() {
    const places = [...this.#places];
    this.#places.clear();
    for (const attendant of [...this.#present]) {
      for (const place of places) attendant.review(place);
    }
  }
}
