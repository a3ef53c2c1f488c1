import { ChatError, type Settings } from "../../messages.ts";
import { keyOf } from "../../static/names.js";
import { clock } from "../base/clock.ts";
import { type Soon, whenThere } from "../base/soon.ts";
import type { Called } from "../engine/company.ts";
import type { Fact, Facts } from "../engine/facts.ts";
import type { Rights } from "./identity.ts";
import { span } from "./words.ts";

/** What somebody may not do: be there, or speak. */
export type Kind = "ban" | "mute";

/** That somebody may not do something, in a room or anywhere. */
export interface Ruling {
  username: string;
  /** Who decided it. */
  by: string;
  /** When: RFC 3339. */
  at: string;
  why?: string;
  /** Milliseconds since the epoch. @default for ever */
  until?: number;
  /** Is it only that they are sent away, and may come back in a moment? */
  kick?: boolean;
  /** Does it hold only for a guest of that name? */
  guests?: boolean;
  /** Does it hold for all guests of their addresses too? */
  address?: boolean;
}

/** What tells somebody from others: as an identity has it, or a right. */
type Known = Rights & { readonly key?: string };

/**
 * What moderators have decided, as facts: `ban * @ann` that ann may be nowhere, `mute #dev @ann` that she may
 * not speak in a room, `room #dev` what holds there. A ruling is found by a name (`@ann`), or by that of a
 * guest (`~ann`), and besides by the owner of that name (`#` and their id), and by a network from which
 * guests come.
 */
export class Rulings {
  #facts: Facts;
  /** Marks and rooms about which there are facts; some that are over may be among them. */
  #concerned = new Set<string>();
  /** By what those are known who were asked about. */
  #marks = new WeakMap<Known, string[]>();
  /** Facts that were read already. */
  #read = new WeakMap<Fact, Ruling | Settings>();

  constructor(facts: Facts) {
    this.#facts = facts;
    this.#survey();
    facts.watch((name, fact) => {
      if (!fact) return;
      this.#note(name);
      if (this.#concerned.size > facts.size + OVER) this.#survey();
    });
  }

  /** What keeps somebody from something, in one room or, without it, everywhere. */
  find(kind: Kind, who: Known, room?: string): Ruling | undefined {
    if (this.#concerned.size === 0) return undefined;
    let marks = this.#marks.get(who);
    if (!marks) this.#marks.set(who, marks = marksOf(who));
    for (const mark of marks) {
      // To put a name together for each message takes longer than all the rest.
      if (!this.#concerned.has(mark)) continue;
      const fact = this.#facts.get(beginningOf(kind, room) + mark);
      const ruling = fact && this.#rulingOf(fact);
      if (ruling) return ruling;
    }
  }

  /** The ruling about a name, or what a mark such as an address stands for. */
  get(name: string): Ruling | undefined {
    const fact = this.#facts.get(name);
    return fact && this.#rulingOf(fact);
  }

  /** Those about names, sorted. */
  list(kind: Kind, room?: string): Ruling[] {
    const beginning = beginningOf(kind, room);
    return this.#facts.list(beginning).filter(([name]) => isNamed(name.slice(beginning.length)))
      .map(([, fact]) => this.#rulingOf(fact));
  }

  /**
   * Has one hold about somebody instead of what held before: also for the owner of the name, and for their
   * addresses, as far as those are meant again. But for who is only sent away, and may not come back in a
   * moment anyway.
   *
   * @returns what holds then @throws {ChatError} `unavailable`
   */
  set(kind: Kind, { key, username }: Called, ruling: Ruling, room?: string): Soon<Ruling> {
    const beginning = beginningOf(kind, room);
    const name = `${beginning}${ruling.guests ? "~" : "@"}${keyOf(username)}`;
    const owner = ownerOf(key);
    const others = new Set(
      this.#about(kind, username, room).filter((name) => this.get(name)?.guests === ruling.guests),
    );
    others.delete(name);
    if (owner !== undefined) others.add(beginning + owner);
    const next = (known?: Fact) =>
      ruling.kick && known && !this.#rulingOf(known).kick ? known : factOf(ruling);
    return whenThere(this.#facts.change(name, next), (fact) => {
      const held = this.#rulingOf(fact!);
      let done: Soon<unknown> = undefined;
      for (const other of others) {
        const isNetwork = !/^[@~#]/.test(other.slice(beginning.length));
        done = whenThere(
          done,
          () =>
            isNetwork && !held.address
              ? this.#facts.set(other, undefined)
              : this.#facts.change(other, next),
        );
      }
      return whenThere(done, () => held);
    });
  }

  /** Has one hold for guests of a network too. @throws {ChatError} `unavailable` */
  extend(kind: Kind, network: string, ruling: Ruling, room?: string): Soon<void> {
    return this.#facts.set(beginningOf(kind, room) + network, factOf(ruling));
  }

  /** Lifts what is about somebody. @returns was there any? @throws {ChatError} `unavailable` */
  async lift(kind: Kind, username: string, room?: string): Promise<boolean> {
    const { length } = beginningOf(kind, room);
    const isName = (name: string) => Number(isNamed(name.slice(length)));
    const found = this.#about(kind, username, room)
      // The name last, so that whoever must try again finds it.
      .sort((a, b) => isName(a) - isName(b));
    for (const name of found) await this.#facts.set(name, undefined);
    return found.length > 0;
  }

  /** Names of the facts that are about somebody: by their name, its owner, or their addresses. */
  #about(kind: Kind, username: string, room?: string): string[] {
    const key = keyOf(username);
    return this.#facts.list(beginningOf(kind, room))
      .filter(([, fact]) => keyOf(this.#rulingOf(fact).username) === key)
      .map(([name]) => name);
  }

  /** What holds in a room. */
  settings(room: string): Settings {
    return this.#concerned.has(room) ? this.#settingsOf(this.#facts.get(ROOM + room)) : NOTHING;
  }

  /** Changes what holds in a room. @returns all that holds then @throws {ChatError} `unavailable` */
  change(room: string, wish: Settings): Soon<Settings> {
    const changed = this.#facts.change(ROOM + room, (known) => {
      const now = this.#settingsOf(known);
      const { topic = now.topic, slow = now.slow, closed = now.closed } = wish;
      const settings = {
        ...(topic && { topic }),
        ...(slow && { slow }),
        ...(closed && { closed }),
      };
      const isAny = Object.keys(settings).length > 0;
      return isAny ? { value: JSON.stringify(settings) } : undefined;
    });
    return whenThere(changed, (fact) => this.#settingsOf(fact));
  }

  /** Takes note of all that there is. */
  #survey() {
    this.#concerned.clear();
    for (const beginning of ["ban ", "mute ", ROOM]) {
      for (const [name] of this.#facts.list(beginning)) this.#note(name);
    }
  }

  #note(name: string) {
    const about = name.startsWith(ROOM) ? name.slice(ROOM.length) : readName(name)?.mark;
    if (about !== undefined) this.#concerned.add(about);
  }

  #settingsOf(fact: Fact | undefined): Settings {
    return fact ? this.#parsed<Settings>(fact) : NOTHING;
  }

  #rulingOf(fact: Fact): Ruling {
    return { ...this.#parsed<Ruling>(fact), until: fact.until };
  }

  #parsed<T extends Ruling | Settings>(fact: Fact): T {
    let value = this.#read.get(fact);
    if (!value) this.#read.set(fact, value = JSON.parse(fact.value) as T);
    return value as T;
  }
}

/** With what the name of a fact begins that says what holds in a room. */
const ROOM = "room #";
/** Where nothing was decided. */
const NOTHING: Settings = {};
/** Marks that are over, and are remembered until there are more of them. */
const OVER = 1_000;

/** What a ruling's fact says: its kind, its room, and about what. */
export function readName(name: string): { kind: Kind; room?: string; mark: string } | undefined {
  const [, kind, room, mark] = name.match(/^(ban|mute) (?:\*|#(\S+)) (.*)$/) ?? [];
  return kind === undefined ? undefined : { kind: kind as Kind, room, mark: mark! };
}

/** What somebody is told whom a ruling keeps from something. */
export function refusal(kind: Kind, ruling: Ruling, room?: string): ChatError {
  const { kick, until, why } = ruling;
  const place = room === undefined ? "here" : `in ${room}`;
  const left = until === undefined ? undefined : Math.max(1, until - clock.date());
  const time = left === undefined ? "" : ` for ${span(left)}`;
  const words = kind === "mute"
    ? `You may not speak ${place}${time}: a moderator has muted you`
    : kick
    ? `You may not be ${place}${time}: a moderator has sent you away`
    : `You may not be ${place}${time}: a moderator has banned you`;
  return new ChatError(kind === "mute" ? "muted" : "forbidden", words + (why ? `: ${why}` : ""), {
    room,
    retryAfter: left,
  });
}

/** With what the names begin of facts about a room, or about everywhere. */
const beginningOf = (kind: Kind, room?: string) =>
  room === undefined ? `${kind} * ` : `${kind} #${room} `;

function factOf({ until, ...ruling }: Ruling): Fact {
  return { value: JSON.stringify(ruling), until };
}

/** By what rulings know somebody. */
export function marksOf({ key, guest, address }: Known): string[] {
  const marks: string[] = [];
  if (key !== undefined) {
    // A name may have a # in it, but not at its beginning.
    const name = key.replace(/^#[^#]*#/, "");
    marks.push(`@${name}`);
    if (guest) marks.push(`~${name}`);
    const owner = ownerOf(key);
    if (owner !== undefined) marks.push(owner);
  }
  if (guest && address !== undefined) marks.push(address);
  return marks;
}

/** Is it a name by which a ruling is found, as one of anybody or of a guest? */
export function isNamed(mark: string): boolean {
  return mark.startsWith("@") || mark.startsWith("~");
}

/** By what rulings know whose a name is, where names are claimed. */
function ownerOf(key: string): string | undefined {
  const end = key.indexOf("#", 1);
  return end > 1 && key.startsWith("#") ? key.slice(0, end) : undefined;
}
