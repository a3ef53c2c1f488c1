/** A message, as far as it is looked at. */
export interface Told {
  id: string;
  username: string;
  content: string;
  ref?: string;
  room?: string;
  to?: string;
}

/** Where a message is kept: in a room, as `#lobby`, or with both people's private messages, as `@ann`. */
export function channelsOf(
  { username, room, to }: Pick<Told, "username" | "room" | "to">,
): string[] {
  return to === undefined ? [`#${room}`] : [`@${username}`, `@${to}`];
}

/** What is said under a `ref` that ends with a number: so everybody can tell whether it came whole. */
export function contentOf(ref: string): string {
  const number = Number(ref.match(/\d+$/)?.[0]);
  return `${ref}:${" word".repeat(1 + number * 7 % 60)}.`;
}

/**
 * What was said, channel by channel, in the order in which whoever was first was told it. All others
 * must be told the same: so there is one list, and each knows only how far they are in it.
 */
export class Ledger {
  /** The greatest id that anybody was told. */
  newest = "";
  #channels = new Map<string, { order: string[]; ids: Map<string, string> }>();
  #acknowledged: Told[] = [];

  /** How many messages were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** All channels in which something was said. */
  get channels(): string[] {
    return [...this.#channels.keys()];
  }

  /** The ids of a channel's messages, oldest first. */
  order(channel: string): readonly string[] {
    return this.#channel(channel).order;
  }

  /** Is told a message, as somebody's nth of a channel. @throws {Error} when it must not come now */
  hear(channel: string, n: number, { id, content, ref = "" }: Told) {
    const { order, ids } = this.#channel(channel);
    if (content !== contentOf(ref)) throw new Error(`${id} in ${channel}, which nobody said so`);
    if (n < order.length) {
      if (order[n] !== id) throw new Error(`${id} in ${channel}, in place of ${order[n]}`);
      return;
    }
    const newest = order.at(-1) ?? "";
    if (id <= newest) throw new Error(`${id} in ${channel}, after ${newest}`);
    if (ids.has(ref)) throw new Error(`${ref} twice in ${channel}: ${ids.get(ref)} and ${id}`);
    order.push(id);
    ids.set(ref, id);
    if (id > this.newest) this.newest = id;
  }

  /**
   * Is told that a message is kept.
   *
   * @param before the newest id that anybody was told before it was said
   * @throws {Error} when its own is not greater
   */
  acknowledge(told: Told, before: string) {
    if (told.id <= before) {
      throw new Error(`${told.id} of ${told.ref}, which was said after ${before}`);
    }
    this.#acknowledged.push(told);
  }

  /** What was acknowledged and is not in its place, each in words. */
  get missing(): string[] {
    return this.#acknowledged.flatMap((told) =>
      channelsOf(told)
        .filter((channel) => this.#channel(channel).ids.get(told.ref ?? "") !== told.id)
        .map((channel) => `${told.id} of ${told.ref} was acknowledged, and is not in ${channel}`)
    );
  }

  #channel(name: string) {
    const known = this.#channels.get(name);
    if (known) return known;
    const channel = { order: [], ids: new Map<string, string>() };
    this.#channels.set(name, channel);
    return channel;
  }
}
