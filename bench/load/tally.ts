/** What became of the deliveries to one connection, or to all. */
export interface Account {
  /** Messages that had to arrive and did not. */
  missed: number;
  /** Messages that arrived again, or after a later one of the same sender. */
  repeated: number;
  /** Messages of another room. */
  stray: number;
}

/**
 * Keeps count of every single delivery: each connection has to get every message of its room once,
 * and those of one sender in their order.
 */
export class Tally {
  /** Bytes of a message as the server sends it; 0 until the first was seen. */
  usual = 0;
  /** Where the marker's digits begin in it. */
  digits = 0;
  /** Deliveries to all connections. */
  deliveries = 0;
  #senders: number;
  /** Sequence number that comes next, per connection and sender. */
  #next: Uint32Array;
  #skipped: Uint32Array;
  #repeated: Uint32Array;
  #stray: Uint32Array;

  /** For so many connections, in rooms of at most so many senders. */
  constructor(connections: number, senders: number) {
    this.#senders = Math.max(1, senders);
    this.#next = new Uint32Array(connections * this.#senders);
    this.#skipped = new Uint32Array(connections);
    this.#repeated = new Uint32Array(connections);
    this.#stray = new Uint32Array(connections);
  }

  /** Counts one delivery. `here`: was it said in the room of the connection? */
  count(connection: number, sender: number, sequence: number, here: boolean) {
    this.deliveries++;
    if (!here || sender >= this.#senders) {
      this.#stray[connection]!++;
      return;
    }
    const at = connection * this.#senders + sender;
    const next = this.#next[at]!;
    if (sequence === next) {
      this.#next[at] = next + 1;
    } else if (sequence > next) {
      this.#skipped[connection]! += sequence - next;
      this.#next[at] = sequence + 1;
    } else {
      this.#repeated[connection]!++;
    }
  }

  /** Starts a sender's count for a connection at `sequence`: what was said before is not for it. */
  expect(connection: number, sender: number, sequence: number) {
    this.#next[connection * this.#senders + sender] = sequence;
  }

  /** Has the connection got all that these senders (of its room) said, so far as is known? */
  complete(connection: number, said: readonly number[]): boolean {
    return said.every((count, sender) => this.#next[connection * this.#senders + sender]! >= count);
  }

  /** The account of one connection, given how many messages each sender of its room has said. */
  account(connection: number, said: readonly number[]): Account {
    let missed = this.#skipped[connection]!;
    said.forEach((count, sender) => {
      missed += Math.max(0, count - this.#next[connection * this.#senders + sender]!);
    });
    return {
      missed,
      repeated: this.#repeated[connection]!,
      stray: this.#stray[connection]!,
    };
  }
}
