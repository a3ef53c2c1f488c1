/** What each member of one room has seen, message by message. */
export class Views {
  /** Of each member: the messages, in the order in which they came. */
  #seen: number[][];
  #known: Set<number>[];
  #doubled = 0;
  #senders: number;
  #last = 0;
  #silence = 0;

  /** For so many members, of whom the first speak. */
  constructor(members: number, senders: number) {
    this.#seen = Array.from({ length: members }, () => []);
    this.#known = this.#seen.map(() => new Set());
    this.#senders = senders;
  }

  /** A message has come to a member. */
  take(member: number, sender: number, sequence: number) {
    const message = sequence * this.#senders + sender;
    if (this.#known[member]!.has(message)) {
      this.#doubled++;
      return;
    }
    this.#known[member]!.add(message);
    this.#seen[member]!.push(message);
    const now = performance.now();
    this.#silence = Math.max(this.#silence, now - this.#last);
    this.#last = now;
  }

  /** Silences count from here on. */
  mark() {
    this.#last = performance.now();
    this.#silence = 0;
  }

  /** The longest time in which nobody was told anything, in milliseconds. */
  longestSilence(): number {
    return Math.max(this.#silence, performance.now() - this.#last);
  }

  /** What became of so many messages. */
  account(said: number) {
    const accepted = this.#known.slice(0, this.#senders).flatMap((known, sender) =>
      [...known].filter((message) => message % this.#senders === sender)
    );
    let missing = 0;
    let lost = 0;
    for (const message of accepted) {
      const without = this.#known.filter((known) => !known.has(message)).length;
      missing += without;
      if (without > 0) lost++;
    }
    return {
      accepted: accepted.length,
      unaccepted: said - accepted.length,
      ...{ lost, missing, doubled: this.#doubled, orders: this.#orders() },
    };
  }

  /** Members who have seen what all have seen in another order than most. */
  #orders(): number {
    const common = this.#known.reduce((all, known) => all.intersection(known));
    const counts = new Map<string, number>();
    for (const seen of this.#seen) {
      const order = seen.filter((message) => common.has(message)).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    return this.#seen.length - Math.max(...counts.values());
  }
}
