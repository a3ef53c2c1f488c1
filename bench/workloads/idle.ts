/** Many connections that do nothing: how fast they come in, and what each costs in memory. */
import { Crowd, type Target } from "../load/crowd.ts";
import { residentMemory, Stopwatch } from "../load/usage.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

const CLIENTS = 4_000;
/** Connections before the measurement, for what a server only needs once. */
const FIRST = 100;

function run(target: Target, { quick }: Scale): Outcome {
  const clients = quick ? CLIENTS / 4 : CLIENTS;
  const crowd = new Crowd(target, Array.from({ length: clients }, () => ({ room: 0 })));
  crowd.enter({ most: FIRST });
  crowd.run(quick ? 300 : 2_000);
  const memory = residentMemory(target.pid);
  const watch = new Stopwatch(target.pid, crowd);
  crowd.enter();
  const usage = watch.read();
  crowd.run(quick ? 300 : 2_000);
  const grown = residentMemory(target.pid) - memory;
  const outcome = {
    figures: {
      rate: (clients - FIRST) / usage.elapsed * 1_000,
      memory: grown / (clients - FIRST) / 1024,
      ...shares(usage),
    },
    faults: faults(crowd, usage),
  };
  crowd.close();
  return outcome;
}

/** Idle connections. */
export const idle: Workload = {
  name: "E",
  title: `${CLIENTS.toLocaleString("en")} idle connections`,
  about:
    `${CLIENTS.toLocaleString("en")} clients (a quarter of them with --quick) connect to one ` +
    "room, 64 handshakes at a time, and stay silent. Memory is what the server's resident memory " +
    `grew by from the ${FIRST}th connection on, per connection.`,
  metrics: [
    { key: "rate", title: "connects/s", unit: "", digits: 0, better: "higher" },
    { key: "memory", title: "memory per connection", unit: "KiB", digits: 1, better: "lower" },
    ...CPU,
  ],
  run,
};
