/** Fan-out in a closed loop: how many deliveries a second a server makes when it is kept busy. */
import { Crowd, type Target } from "../load/crowd.ts";
import { Stopwatch } from "../load/usage.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

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
  crowd.setGulp(Math.min(16 * 1024, senders * flight * 100));
  crowd.afterRead = (connection) => {
    if (connection.seat.sender === undefined) return;
    while (connection.said - connection.echoed < flight && connection.say());
  };
  const nobodyLeft = () => crowd.alive === 0;
  let before = 0;
  let watch = new Stopwatch(target.pid);
  for (let i = 0; i < flight; i++) {
    for (const connection of crowd.connections.slice(0, senders)) connection.say();
  }
  crowd.run(scale.warmup, nobodyLeft);
  // A server that has dropped everybody by now is measured up to that moment.
  if (!nobodyLeft()) {
    before = crowd.tally.deliveries;
    watch = new Stopwatch(target.pid);
    crowd.run(scale.window, nobodyLeft);
  }
  const usage = watch.read();
  const deliveries = crowd.tally.deliveries - before;

  crowd.afterRead = undefined;
  crowd.setGulp(1);
  crowd.settle();
  const outcome = {
    figures: {
      rate: deliveries / usage.elapsed * 1_000,
      cost: usage.server / deliveries * 1_000,
      ...shares(usage),
    },
    faults: faults(crowd, usage),
  };
  crowd.close();
  return outcome;
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
      { key: "cost", title: "CPU per delivery", unit: "µs", digits: 2 },
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
