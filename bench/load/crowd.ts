import { Connection, type Seat, type Witness } from "./connection.ts";
import { type DialectName, dialects } from "./dialects.ts";
import { Poller, ReceiveBuffer, setGulp } from "./sockets.ts";
import { type Account, Tally } from "./tally.ts";

/** The server that is put under load. */
export interface Target {
  port: number;
  dialect: DialectName;
  /** Process id, for the resources it uses. */
  pid: number;
  /** Does it understand `since`? */
  replay: boolean;
}

/** How {@linkcode Crowd.enter} goes about it. */
export interface EnterOptions {
  /** Id of the last message they know. */
  since?: string;
  /** Only so many connections in all. @default all seats */
  most?: number;
  /** Handshakes under way at the same time. @default 64 */
  together?: number;
}

/**
 * Many connections to one server and the loop that serves them. Everything is synchronous: the
 * loop waits in the kernel for sockets, never for promises.
 */
export class Crowd {
  readonly connections: Connection[] = [];
  readonly tally: Tally;
  /** Told of every delivery, when somebody wants to know its time. */
  witness?: Witness;
  /** Called after a connection has read. */
  afterRead?: (connection: Connection) => void;
  #target: Target;
  #seats: readonly Seat[];
  #poller: Poller;
  #buffer = new ReceiveBuffer();

  /**
   * A seat for each connection; {@linkcode enter} takes them.
   *
   * @param sleeps leave the core to others while nothing is to be read?
   */
  constructor(target: Target, seats: readonly Seat[], { sleeps = false } = {}) {
    this.#poller = new Poller(sleeps);
    this.#target = target;
    this.#seats = seats;
    const senders = Math.max(...seats.map(({ sender = -1 }) => sender)) + 1;
    this.tally = new Tally(seats.length, senders);
  }

  /** Milliseconds of CPU time that were spent waiting until now. */
  get idle(): number {
    return this.#poller.idle;
  }

  /** Connections that live. */
  get alive(): number {
    return this.connections.reduce((count, { ending }) => count + (ending ? 0 : 1), 0);
  }

  /**
   * Connects everyone who has no connection yet, and waits for the upgrades.
   *
   * @throws {Error} when somebody is refused, or the server takes over 60 s
   */
  enter({ since, most = Infinity, together = 64 }: EnterOptions = {}) {
    const deadline = performance.now() + 60_000;
    const entering: Connection[] = [];
    for (
      let index = this.connections.length;
      index < Math.min(this.#seats.length, most) || entering.length > 0;
    ) {
      while (index < Math.min(this.#seats.length, most) && entering.length < together) {
        entering.push(this.connect(index++, since));
      }
      this.pump(100);
      for (let i = entering.length - 1; i >= 0; i--) {
        const { open, ending } = entering[i]!;
        if (ending) throw new Error(`Cannot enter the chat: ${ending}`);
        if (open) entering.splice(i, 1);
      }
      if (performance.now() > deadline) throw new Error("Cannot enter the chat: over 60 s");
    }
  }

  /** Connects one seat, anew if it had a connection before. */
  connect(index: number, since?: string): Connection {
    const { port, dialect } = this.#target;
    const seat = this.#seats[index]!;
    const connection = new Connection(index, seat, {
      port: seat.port ?? port,
      dialect: dialects[dialect],
      tally: this.tally,
      since,
    });
    connection.witness = this.witness;
    this.connections[index] = connection;
    this.#poller.add(connection.fd, index);
    return connection;
  }

  /**
   * Makes sure that everyone is in their room: somebody speaks in each until all have heard it.
   *
   * @throws {Error} when somebody has heard nothing after 20 s
   */
  rollCall() {
    const deadline = performance.now() + 20_000;
    let absent: Connection[];
    while ((absent = this.connections.filter(({ present }) => !present)).length > 0) {
      const gone = absent.find(({ ending }) => ending !== undefined);
      if (gone || performance.now() > deadline) {
        const why = gone?.ending ?? "20 s have passed";
        throw new Error(
          `Cannot start: ${absent.length} clients hear nothing in their room: ${why}`,
        );
      }
      const first = new Map(absent.map((connection) => [connection.seat.room, connection]));
      for (const connection of first.values()) connection.callRoll();
      this.run(200, () => this.connections.every(({ present }) => present));
    }
    // A roll call that was repeated may still be on its way to some.
    this.run(50);
  }

  /** Serves the sockets for so many milliseconds, or until `done`. */
  run(milliseconds: number, done: () => boolean = () => false) {
    const end = performance.now() + milliseconds;
    for (let now = performance.now(); now < end && !done(); now = performance.now()) {
      this.pump(Math.min(end - now, 20));
    }
  }

  /** Waits at most so many milliseconds for sockets, and serves them once. */
  pump(milliseconds: number) {
    this.#poller.wait(milliseconds, this.#serve);
  }

  /** Reads what has arrived by now, once from everybody. */
  sweep() {
    for (let left = this.connections.length; left > 0; left -= Poller.AT_ONCE) this.pump(0);
  }

  /** Stops or resumes reading from a connection. */
  stall(connection: Connection, stalled: boolean) {
    if (stalled) this.#poller.remove(connection.fd);
    else this.#poller.add(connection.fd, connection.index);
  }

  /**
   * Lets those who only read do so in gulps of so many bytes; 1: as soon as there is anything. It
   * spares the generator most of its work, and no server can tell: the data waits in the kernel.
   */
  setGulp(bytes: number) {
    for (const { fd, seat, ending } of this.connections) {
      if (seat.sender === undefined && !ending) setGulp(fd, bytes);
    }
  }

  /** Has everybody all that was said? */
  get isComplete(): boolean {
    const said = this.said();
    return this.connections.every(({ index, ending, seat }) =>
      ending !== undefined || this.tally.complete(index, said.get(seat.room) ?? [])
    );
  }

  /** Waits until everybody has all that was said, or nothing comes for a second. */
  settle() {
    let deliveries = -1;
    while (deliveries !== this.tally.deliveries && !this.isComplete) {
      deliveries = this.tally.deliveries;
      this.run(1_000, () => this.isComplete);
    }
  }

  /** The accounts of all connections but `apart`, added up. */
  account(apart?: Connection): Account {
    const sum: Account = { missed: 0, repeated: 0, stray: 0 };
    const said = this.said();
    for (const { index, seat } of this.connections) {
      if (index === apart?.index) continue;
      const { missed, repeated, stray } = this.tally.account(index, said.get(seat.room) ?? []);
      sum.missed += missed;
      sum.repeated += repeated;
      sum.stray += stray;
    }
    return sum;
  }

  /** How many messages each sender has said, by room. */
  said(): Map<number, number[]> {
    const said = new Map<number, number[]>();
    for (const { seat: { room, sender }, said: count } of this.connections) {
      if (sender === undefined) continue;
      if (!said.has(room)) said.set(room, []);
      said.get(room)![sender] = count;
    }
    return said;
  }

  /** Closes everything. */
  close() {
    for (const connection of this.connections) connection.close();
    this.#poller.close();
  }

  #serve = (index: number) => {
    const connection = this.connections[index]!;
    connection.receive(this.#buffer);
    if (connection.ending) this.#poller.remove(connection.fd);
    else this.afterRead?.(connection);
  };
}
