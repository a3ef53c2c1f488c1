/** An open loop: how long messages take at a load that every server can bear. */
import { Crowd, type Target } from "../load/crowd.ts";
import { Pace } from "../load/pace.ts";
import { Stopwatch } from "../load/usage.ts";
import { percentile } from "../statistics.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

const CLIENTS = 100;
const SENDERS = 10;
/** Messages a second before the measurement: enough that every just-in-time compiler has done its work. */
const WARMUP_RATE = 1_000;

function run(rate: number, target: Target, scale: Scale): Outcome {
  const crowd = new Crowd(
    target,
    Array.from({ length: CLIENTS }, (_, i) => ({ room: 0, sender: i < SENDERS ? i : undefined })),
  );
  const pace = new Pace(crowd, Array.from({ length: SENDERS }, (_, i) => i), WARMUP_RATE);
  crowd.enter();
  crowd.rollCall();
  pace.run(scale.warmup);
  crowd.settle();
  pace.rate = rate;
  pace.take();
  const before = crowd.tally.deliveries;
  const watch = new Stopwatch(target.pid, crowd);
  pace.run(scale.window);
  const usage = watch.read();
  const latencies = pace.take();
  const deliveries = crowd.tally.deliveries - before;
  crowd.settle();
  const outcome = {
    figures: {
      median: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      cost: usage.server / deliveries * 1_000,
      ...shares(usage),
    },
    faults: faults(crowd, usage),
  };
  crowd.close();
  return outcome;
}

function latency(rate: number): Workload {
  return {
    name: `D${rate}`,
    title: `latency, ${CLIENTS} clients, ${rate.toLocaleString("en")} messages/s`,
    about: `${SENDERS} of ${CLIENTS} clients in a room say ${rate.toLocaleString("en")} messages ` +
      "a second in turn, whatever comes back. Latency is the time from saying a message to a " +
      "client's having read it, over all deliveries; the server's CPU time is told per delivery.",
    metrics: [
      { key: "median", title: "median", unit: "ms", digits: 2, better: "lower" },
      { key: "p99", title: "p99", unit: "ms", digits: 2, better: "lower" },
      { key: "cost", title: "CPU per delivery", unit: "µs", digits: 2, better: "lower" },
      ...CPU,
    ],
    run: (target, scale) => run(rate, target, scale),
  };
}

/** The open loops. */
export const latencies: Workload[] = [latency(100), latency(1_000)];
