/** A closed loop over all nodes: how many deliveries a second a chat makes when it is kept busy. */
import { Crowd } from "../../load/crowd.ts";
import { setGulp } from "../../load/sockets.ts";
import {
  faults,
  type Outcome,
  type Scale,
  shares,
  type Workload,
} from "../../workloads/workload.ts";
import type { ChatTarget } from "../chats.ts";
import { ChatStopwatch, COSTS, costs, seatsOf, SHARES } from "./usage.ts";

const CLIENTS = 100;

interface Shape {
  senders: number;
  /** Messages of one sender on their way at the same time. */
  flight: number;
  /** Does the generator leave its core to others while it waits? */
  sleeps?: boolean;
}

function run({ senders, flight, sleeps }: Shape, target: ChatTarget, scale: Scale): Outcome {
  const crowd = new Crowd(target, seatsOf(target, CLIENTS, senders), { sleeps });
  crowd.enter();
  crowd.rollCall();

  // What has come to each node: otherwise one that brings its own people everything at once, and
  // others later, would be asked for more than it brings.
  const came = target.ports.map(() => new Uint32Array(senders));
  came.forEach((counts, node) =>
    crowd.connections[node]!.witness = (_, sender, sequence) => counts[sender] = sequence + 1
  );
  const speak = (index: number) => {
    const connection = crowd.connections[index]!;
    while (
      connection.said - Math.min(connection.echoed, ...came.map((counts) => counts[index]!)) <
        flight && connection.say()
    );
  };
  const speakers = Array.from({ length: senders }, (_, i) => i);
  const gulp = Math.min(16 * 1024, senders * flight * 100);
  const setGulps = (bytes: number) => {
    crowd.setGulp(bytes);
    for (const { fd, ending } of crowd.connections.slice(0, senders)) if (!ending) setGulp(fd, 1);
  };
  const count = () => {
    setGulps(1);
    crowd.sweep();
    return crowd.tally.deliveries;
  };

  crowd.afterRead = ({ index, seat }) => {
    if (index < came.length) speakers.forEach(speak);
    else if (seat.sender !== undefined) speak(index);
  };
  setGulps(gulp);
  speakers.forEach(speak);
  crowd.run(scale.warmup);
  const before = count();
  setGulps(gulp);
  const watch = new ChatStopwatch(target, crowd);
  crowd.run(scale.window);
  const deliveries = count() - before;
  const usage = watch.read();

  crowd.afterRead = undefined;
  crowd.settle();
  const outcome = {
    figures: {
      rate: deliveries / usage.elapsed * 1_000,
      ...costs(usage, deliveries, CLIENTS),
      ...shares(usage),
    },
    faults: faults(crowd, usage),
  };
  crowd.close();
  return outcome;
}

function full(name: string, where: string, shape: Shape): Workload {
  const { senders, flight } = shape;
  return {
    name,
    title: `${where}, ${CLIENTS} clients, ${senders} senders × ${flight} in flight`,
    about: `${CLIENTS} clients of one room are spread over the nodes; ${senders} of them keep ` +
      `${flight} messages each on their way, and say the next one when one has come back to them ` +
      `and to somebody on each node.`,
    metrics: [
      { key: "rate", title: "deliveries/s", unit: "", digits: 0, better: "higher" },
      ...COSTS,
      ...SHARES,
    ],
    run: (target, scale) => run(shape, target as ChatTarget, scale),
  };
}

/** All processes on one core, the generator on another; and all on all. */
export const fulls: Workload[] = [
  full("A", "full load on one core", { senders: 10, flight: 4 }),
  full("B", "full load on one core", { senders: 50, flight: 16 }),
  full("S", "full load on all cores", { senders: 50, flight: 16, sleeps: true }),
];
