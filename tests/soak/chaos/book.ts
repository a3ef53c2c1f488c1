import { channelsOf, contentOf, type Told } from "../kill/ledger.ts";

/** What can be wrong with a chat. */
export type Kind = "lost" | "doubled" | "misordered" | "invented" | "ghost" | "other";

/** One thing that is wrong, in words. */
export interface Fault {
  kind: Kind;
  what: string;
}

/** Where something is said. */
export type Target = { room: string } | { to: string };

/** What somebody was told of a channel from when they came until they left. */
export interface View {
  readonly who: string;
  readonly channel: string;
  /** Everything after this place is for them; not known until they are let in. */
  from?: string;
  /** In the order in which they were told. */
  readonly ids: string[];
  /** Were they there to the last? */
  open: boolean;
  /** What else befell them, each after so many messages, for whoever looks for a fault. */
  readonly trail: string[];
}

/** A message that somebody was told, or acknowledged, or that is kept. */
interface Known {
  id: string;
  ref: string;
}

/** How many faults of a kind are told in words; all of them are counted. */
const TOLD = 20;

/** Messages around one that is lost, near which it is told what befell somebody; and how much of that. */
const NEAR = 10;

/**
 * What everybody said, and what everybody was told: it can say what is wrong with that. Some of it at
 * once, and the rest when all is over, because what is not there may only be late.
 */
export class Book {
  /** The first faults of each kind, in words. */
  readonly faults: Fault[] = [];
  /** How many there are of each kind. */
  readonly counts = new Map<Kind, number>();
  /** Milliseconds that each acknowledgement took. */
  readonly delays: number[] = [];
  /** How often somebody was told a message. */
  told = 0;
  #said = new Map<string, Target>();
  #acknowledged: Told[] = [];
  #views: View[] = [];
  /** By channel and id. */
  #known = new Map<string, Map<string, Known>>();
  /** By channel and `ref`: the first id. */
  #ids = new Map<string, Map<string, string>>();

  /** How many messages were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** All channels of which something is known. */
  get channels(): string[] {
    return [...this.#known.keys()];
  }

  /** The ids of all that is known of a channel, in their order. */
  order(channel: string): string[] {
    return [...this.#known.get(channel)?.keys() ?? []].sort();
  }

  /** Somebody begins to be told what is in a channel. */
  begin(who: string, channel: string, from?: string): View {
    const view: View = { who, channel, from, ids: [], open: true, trail: [] };
    this.#views.push(view);
    return view;
  }

  /** Somebody is about to say something; a `ref` ends with a number, and is used once by all. */
  say(ref: string, target: Target) {
    this.#said.set(ref, target);
  }

  /** Somebody is told a message. */
  hear(view: View, message: Told) {
    const { who, channel, ids } = view;
    const newest = ids.at(-1) ?? "";
    const known = this.#know(channel, message);
    if (!known) return;
    this.told++;
    if (known.id <= newest) {
      this.fault(
        known.id === newest || ids.includes(known.id) ? "doubled" : "misordered",
        `${who} was told ${known.id} in ${channel}, after ${newest}`,
      );
    }
    ids.push(known.id);
  }

  /**
   * Somebody is told that what they said is kept.
   *
   * @param before what they had been told last of its channel when they said it
   */
  acknowledge(told: Told, before: string, milliseconds: number) {
    for (const channel of channelsOf(told)) this.#know(channel, told);
    if (told.id <= before) {
      this.fault("misordered", `${told.id} of ${told.ref} was said after ${before}`);
    }
    this.#acknowledged.push(told);
    this.delays.push(milliseconds);
  }

  /** Takes note of a fault. */
  fault(kind: Kind, what: string) {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count <= TOLD) this.faults.push({ kind, what });
  }

  /** How much somebody has yet to be told of what is known. */
  missing(): number {
    const orders = this.#orders();
    return this.#views.reduce((sum, view) => sum + missedBy(view, orders).length, 0);
  }

  /** All is over: takes note of what is lost. */
  close() {
    const orders = this.#orders();
    for (const view of this.#views) {
      for (const id of missedBy(view, orders)) {
        const { ref } = this.#known.get(view.channel)!.get(id)!;
        const what = `${view.who} was not told ${id} of ${ref} in ${view.channel}`;
        this.fault("lost", `${what}${around(view, id)}`);
      }
    }
  }

  /**
   * Is told which messages of a channel are kept, as somebody could read them: all from the first of
   * them on.
   */
  compare(where: string, channel: string, kept: string[]) {
    const there = new Set(kept);
    if (there.size < kept.length) this.fault("doubled", `${where} has some of ${channel} twice`);
    if (kept.some((id, i) => id <= (kept[i - 1] ?? ""))) {
      this.fault("misordered", `${where} has ${channel} in another order`);
    }
    for (const id of this.order(channel)) {
      if (id < (kept[0] ?? "") || there.has(id)) continue;
      const { ref } = this.#known.get(channel)!.get(id)!;
      this.fault("lost", `${where} does not have ${id} of ${ref} in ${channel}`);
    }
    for (const id of kept) {
      if (!this.#known.get(channel)?.has(id)) {
        this.fault("lost", `${where} has ${id} in ${channel}, which nobody was told`);
      }
    }
  }

  #orders(): Map<string, string[]> {
    return new Map(this.channels.map((channel) => [channel, this.order(channel)]));
  }

  /** Looks whether a message may be where it is. */
  #know(channel: string, message: Told): Known | undefined {
    const { id, ref = "", content } = message;
    const ids = getOrMake(this.#known, channel, () => new Map<string, Known>());
    const before = ids.get(id);
    if (before && before.ref === ref && content === contentOf(ref)) return before;
    const target = this.#said.get(ref);
    const wrong = !target || content !== contentOf(ref)
      ? "which nobody said so"
      : !channelsOf({ username: message.username, ...target }).includes(channel)
      ? "which was said elsewhere"
      : before
      ? `which is the id of ${before.ref}, too`
      : undefined;
    if (wrong) {
      this.fault("invented", `${id} of ${ref} in ${channel}, ${wrong}`);
      return;
    }
    const known = { id, ref };
    ids.set(id, known);
    const refs = getOrMake(this.#ids, channel, () => new Map<string, string>());
    const first = refs.get(ref);
    if (first) this.fault("doubled", `${ref} is in ${channel} as ${first} and as ${id}`);
    else refs.set(ref, id);
    return known;
  }
}

/** The ids of a channel that are for somebody, and that they were not told. */
function missedBy(
  { channel, from, ids, open }: View,
  orders: Map<string, string[]>,
): string[] {
  if (from === undefined) return [];
  const there = new Set(ids);
  const last = ids.at(-1) ?? "";
  const order = orders.get(channel) ?? [];
  return order.filter((id) => id > from && (open || id < last) && !there.has(id));
}

/** What somebody was told before and after a message, and what befell them then. */
function around({ from, ids, trail }: View, id: string): string {
  const next = ids.findIndex((other) => other > id);
  const before = next < 0 ? ids.length : next;
  const near = trail.filter((what) => Math.abs(Number(what.split(" ")[0]) - before) <= NEAR);
  if (near.length === 0) return "";
  return ` (it is for them from ${from} on; ${ids[before - 1]} came before and ${
    ids[before]
  } after; ${near.slice(-NEAR).join(", ")})`;
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
