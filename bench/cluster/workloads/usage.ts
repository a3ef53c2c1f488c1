import type { Seat } from "../../load/connection.ts";
import { cpuTime, Stopwatch, type Usage } from "../../load/usage.ts";
import type { Metric } from "../../workloads/workload.ts";
import type { ChatTarget } from "../chats.ts";

/** Clients of one room, by turns on all nodes; the first of them speak. */
export function seatsOf({ ports }: ChatTarget, clients: number, senders: number): Seat[] {
  return Array.from({ length: clients }, (_, i) => ({
    ...{ room: 0, port: ports[i % ports.length]! },
    sender: i < senders ? i : undefined,
  }));
}

/** What a chat uses; milliseconds. */
export interface ChatUsage extends Usage {
  /** CPU time of all nodes, and that of Redis. */
  nodes: number;
  redis: number;
}

/** Measures what a chat of many processes uses from its creation on. */
export class ChatStopwatch {
  #watch: Stopwatch;
  #redis: number | undefined;
  #start: number;

  /** @param waiter as of a {@linkcode Stopwatch} */
  constructor({ pids, redis }: ChatTarget, waiter: { readonly idle: number }) {
    this.#watch = new Stopwatch(redis === undefined ? pids : [...pids, redis], waiter);
    this.#redis = redis;
    this.#start = this.#now();
  }

  /** What passed so far. */
  read(): ChatUsage {
    const usage = this.#watch.read();
    const redis = this.#now() - this.#start;
    return { ...usage, redis, nodes: usage.server - redis };
  }

  #now(): number {
    return this.#redis === undefined ? 0 : cpuTime(this.#redis);
  }
}

/** What a message costs, and a delivery. */
export const COSTS: Metric[] = [
  { key: "cost", title: "CPU per delivery, all", unit: "µs", digits: 2, better: "lower" },
  { key: "nodes", title: "nodes' CPU per message", unit: "µs", digits: 0 },
  { key: "redis", title: "Redis' CPU per message", unit: "µs", digits: 1 },
];

/** Shares of one core that show what is the limit. */
export const SHARES: Metric[] = [
  { key: "server", title: "CPU of all", unit: "%", digits: 0 },
  { key: "generator", title: "generator CPU", unit: "%", digits: 0 },
];

/** The figures of {@linkcode COSTS}. */
export function costs(usage: ChatUsage, deliveries: number, clients: number) {
  const messages = deliveries / clients;
  return {
    cost: usage.server / deliveries * 1_000,
    nodes: usage.nodes / messages * 1_000,
    redis: usage.redis / messages * 1_000,
  };
}
