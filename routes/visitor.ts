import { Allowances } from "../hub/conversation/allowances.ts";
import { keyOf } from "../static/names.js";
import { type Rate, tooFast } from "../hub/conversation/rate.ts";
import type { Hub } from "../hub.ts";
import type { Company } from "../hub/engine/company.ts";
import type { Rooms } from "../hub/presence/rooms.ts";
import { ChatError } from "../messages.ts";

/** What may come from each address, and over HTTP in each name. */
export class Gate {
  readonly rooms: Rooms;
  readonly company: Company;
  readonly requests: Allowances;
  readonly searches: Allowances;
  readonly commands: Allowances;
  readonly connections: Allowances;
  readonly openings: Allowances;
  /** By address and name: who posts in somebody's name elsewhere takes nothing from them. */
  readonly names: Allowances;
  readonly perName: Rate;

  /**
   * @param perAddress requests a second, to which all else from an address is in proportion; 0: no limit
   * @param perName of what is posted
   */
  constructor({ rooms, everywhere }: Hub, perAddress: number, perName: Rate) {
    const allowances = (rate: number, burst: number) =>
      new Allowances({ rate: perAddress * rate, burst: perAddress * burst });
    this.rooms = rooms;
    this.company = everywhere;
    this.requests = allowances(1, 50);
    this.searches = allowances(0.05, 1);
    this.commands = allowances(1, 15);
    this.connections = allowances(0.2, 10);
    this.openings = allowances(0.01, 2.5);
    this.names = new Allowances(perName);
    this.perName = perName;
  }
}

/** A client, of whom only the address is known: what it may do it shares with all who have the same. */
export class Visitor {
  #gate: Gate;
  #address: string | undefined;

  /** @param address where there is none, nothing is limited but what is posted in one name */
  constructor(gate: Gate, address: string | undefined) {
    this.#gate = gate;
    this.#address = address;
  }

  /** Takes tokens for a command, and gives 0; or none, and gives the milliseconds to wait. */
  command(cost: number): number {
    return this.#take(this.#gate.commands, cost);
  }

  /** Asks for something, or begins to post something. @throws {ChatError} `rate_limited` */
  request(method: string) {
    if (method === "POST") refuse("messages", this.command(1));
    else refuse("requests", this.#take(this.#gate.requests));
  }

  /** Searches, which takes as long as many other requests. @throws {ChatError} `rate_limited` */
  search() {
    refuse("searches", this.#take(this.#gate.searches));
  }

  /**
   * Posts in somebody's name. Of the cost, one token is paid by its request.
   *
   * @throws {ChatError} `rate_limited`
   */
  async speak(username: string, cost: number) {
    const { names, perName, company } = this.#gate;
    const name = `${this.#address ?? ""} ${keyOf(username)}`;
    const wait = names.take(name, cost) || this.command(cost - 1) ||
      await company.take?.(name, perName, cost);
    if (wait) throw tooFast(wait);
  }

  /** Opens a WebSocket or an event stream. @throws {ChatError} `rate_limited` */
  connect() {
    refuse("connections", this.#take(this.#gate.connections));
  }

  /** Needs a room, which may have to be opened. @throws {ChatError} `rate_limited` */
  enter(room: string) {
    if (!this.#gate.rooms.get(room)) refuse("new rooms", this.#take(this.#gate.openings));
  }

  #take(allowances: Allowances, cost = 1): number {
    return this.#address === undefined ? 0 : allowances.take(this.#address, cost);
  }
}

function refuse(what: string, wait: number) {
  if (wait === 0) return;
  throw new ChatError(
    "rate_limited",
    `Cannot take so many ${what} from one address: wait ${wait} ms`,
    { retryAfter: wait },
  );
}
