/** Fan-out in a closed loop: how many deliveries a second a server makes when it is kept busy. */
import { Crowd, type Target } from "../load/crowd.ts";
import { Stopwatch } from "../load/usage.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

/** Milliseconds that a frame to one client costs a server which sends each message by itself. */
const FRAME = 0.01;

interface Shape {
  clients: number;
  senders: number;
  /** Messages of one sender on their way at the same time. */
  flight: number;
}

function run({ clients, senders, flight }: Shape, target: Target, scale: Scale): Outcome {
  const crowd = new Crowd(
    target,
    Array.from({ length: clients }, (_, i) => ({ room: 0, sender: i < senders ? i : undefined })),
  );
  crowd.enter();
  crowd.rollCall();

  // About half of what is on its way to each client, at most 16 KiB.
  const gulp = Math.min(16 * 1024, senders * flight * 100);
  crowd.setGulp(gulp);
  crowd.afterRead = (connection) => {
    if (connection.seat.sender === undefined) return;
    while (connection.said - connection.echoed < flight && connection.say());
  };
  const nobodyLeft = () => crowd.alive === 0;
  const round = senders * flight * clients * FRAME;
  let before = 0;
  let watch = new Stopwatch(target.pid, crowd);
  for (let i = 0; i < flight; i++) {
    for (const connection of crowd.connections.slice(0, senders)) connection.say();
  }
  crowd.run(Math.max(scale.warmup, round), nobodyLeft);
  // A server that has dropped everybody by now is measured up to that moment.
  if (!nobodyLeft()) {
    before = deliveriesNow(crowd);
    crowd.setGulp(gulp);
    watch = new Stopwatch(target.pid, crowd);
    crowd.run(Math.max(scale.window, 2 * round), nobodyLeft);
  }
  const deliveries = deliveriesNow(crowd) - before;
  const usage = watch.read();

  crowd.afterRead = undefined;
  crowd.settle();
  const outcome = {
    figures: {
      rate: deliveries / usage.elapsed * 1_000,
      cost: usage.server / deliveries * 1_000,
      bytes: crowd.tally.usual,
      ...shares(usage),
    },
    faults: faults(crowd, usage),
  };
  crowd.close();
  return outcome;
}

/** The deliveries that have arrived, those included that wait for a gulp. Gulps end with it. */
function deliveriesNow(crowd: Crowd): number {
  crowd.setGulp(1);
  crowd.sweep();
  return crowd.tally.deliveries;
}

function fanout(name: string, shape: Shape): Workload {
  const { clients, senders, flight } = shape;
  return {
    name,
    title: `fan-out, ${clients} clients, ${senders} senders × ${flight} in flight`,
    about: `${clients.toLocaleString("en")} clients share a room; ${senders} of them keep ` +
      `${flight} messages each on their way and say the next one when one comes back.`,
    metrics: [
      { key: "rate", title: "deliveries/s", unit: "", digits: 0, better: "higher" },
      { key: "cost", title: "CPU per delivery", unit: "µs", digits: 2, better: "lower" },
      { key: "bytes", title: "bytes per message", unit: "", digits: 0 },
      ...CPU,
    ],
    run: (target, scale) => run(shape, target, scale),
  };
}

/** The closed loops. */
export const fanouts: Workload[] = [
  fanout("A", { clients: 100, senders: 10, flight: 4 }),
  fanout("B", { clients: 100, senders: 50, flight: 16 }),
  fanout("C", { clients: 1_000, senders: 20, flight: 4 }),
];
