/**
 * What becomes of a chat of many nodes, calculated from what each step costs here: who is busy first,
 * Redis with its one core, or the nodes, of which there can be more.
 *
 * @module
 */
import { table } from "../report.ts";
import { format } from "../statistics.ts";
import { FEW, MANY, SPEAKERS } from "./workloads/apart.ts";
import { NODES, type RedisCosts, STEPS } from "./redis_costs.ts";

/** CPU time of nodes in µs. */
export interface NodeCosts {
  /** Of taking a message in and sending it to Redis, of being told one by it, and of bringing it to a reader; one at a time. */
  taken: number;
  told: number;
  reader: number;
  /** Of a message under full load on one node that has 100 readers, with all of that. */
  full: number;
}

/** What two nodes do for a message, of which one speaks and the other listens, in µs. */
export interface Apart {
  speaks: number;
  listens: number;
}

/** Calculates them from what was measured of two nodes, of which one speaks; with few readers, and with many. */
export function nodeCosts(few: Apart, many: Apart, full: number): NodeCosts {
  const reader = (many.listens - few.listens) / (MANY - FEW);
  const told = few.listens - FEW * reader;
  return { taken: few.speaks - told - SPEAKERS * reader, told, reader, full };
}

const MICROSECONDS = 1e6;
/** Nodes for which it is calculated. */
const SIZES = [1, 2, 5, 10, 20, 50];
/** People in a small room; and of a large one on each node. */
const SMALL = 20;
const LARGE = 100;
/** Messages of a call in a busy room. */
const BUSY = 10;

/** What Redis does for a call with so many messages that so many nodes are told, in µs: a plane through what was measured. */
export function callCost({ calls }: RedisCosts, steps: number, nodes: number): number {
  const [few, many] = [NODES[0]!, NODES.at(-1)!];
  // Of each number of messages: what a node more costs, and what it would cost with none.
  const lines = calls.map((row) => {
    const slope = (row.at(-1)! - row[0]!) / (many - few);
    return { slope, base: row[0]! - few * slope };
  });
  const between = (key: "slope" | "base") => {
    const [first, last] = [lines[0]![key], lines.at(-1)![key]];
    const each = (last - first) / (STEPS.at(-1)! - STEPS[0]!);
    return first + each * (steps - STEPS[0]!);
  };
  return between("base") + nodes * between("slope");
}

/** The tables, as Markdown. */
export function calculated(redis: RedisCosts, nodes: NodeCosts): string {
  const smalls = SIZES.map((size) => {
    const told = Math.min(size, SMALL);
    return row(size, {
      redis: callCost(redis, 1, told),
      nodes: (nodes.taken + told * nodes.told + SMALL * nodes.reader) / size,
      deliveries: SMALL,
    });
  });
  const larges = SIZES.map((size) =>
    row(size, {
      redis: callCost(redis, BUSY, size) / BUSY,
      nodes: nodes.full,
      deliveries: size * LARGE,
    })
  );
  const head = [
    "nodes",
    "messages/s, Redis full",
    "messages/s, nodes full",
    "deliveries/s",
    "full first",
  ];
  const looks = SIZES.map((size) =>
    format(size * 10_000 / 10 * redis.look / MICROSECONDS * 100, 1)
  );
  return [
    "### What Redis does, in µs of its CPU time",
    "A call of `say.lua`, which keeps so many messages of one room and publishes them to so many nodes; " +
    "16 rooms talk at the same time.",
    table(
      ["messages in a call", ...NODES.map((count) => `to ${count} nodes`)],
      STEPS.map((steps, i) => [
        format(steps, 0),
        ...redis.calls[i]!.map((cost) => format(cost, 0)),
      ]),
    ),
    `Looking how an idle room stands takes it ${
      format(redis.look, 2)
    } µs: where each node holds 10,000 ` +
    `rooms and looks every ten seconds, that is ${
      SIZES.map((size, i) => `${looks[i]} % (${size} nodes)`).join(", ")
    } of its core.` +
    (redis.visit === undefined
      ? ""
      : ` Somebody's coming into a room and leaving it takes it ${
        format(redis.visit, 0)
      } µs, told to one ` +
        `node: ${format(MICROSECONDS / redis.visit, 0)} a second at most.`),
    "### Many nodes, calculated",
    "Each node has a core, and so has Redis. How many messages a second there can be until Redis has no " +
    "time left, and until the nodes have none; and how many deliveries a second that is, with the lower " +
    "of the two.",
    `**Small rooms**: ${SMALL} people each, every one on another node as far as there are so many, and calm: ` +
    `one message a call. Taking a message in costs a node ${
      format(nodes.taken, 0)
    } µs, being told ` +
    `of one ${format(nodes.told, 0)} µs, and each reader ${format(nodes.reader, 1)} µs.`,
    table(head, smalls),
    `**One large room**: ${LARGE} people on each node, and so busy that a call has ${BUSY} messages. A ` +
    `message costs each node ${format(nodes.full, 0)} µs, all its readers included.`,
    table(head, larges),
  ].join("\n\n");
}

/** @param costs of a message, in µs: of Redis, and of each node on average */
function row(size: number, costs: { redis: number; nodes: number; deliveries: number }): string[] {
  const [redis, nodes] = [MICROSECONDS / costs.redis, MICROSECONDS / costs.nodes];
  return [
    format(size, 0),
    format(redis, 0),
    format(nodes, 0),
    format(Math.min(redis, nodes) * costs.deliveries, 0),
    redis < nodes ? "Redis" : "nodes",
  ];
}
