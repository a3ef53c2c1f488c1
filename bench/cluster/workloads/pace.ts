/** An open loop over all nodes: how long messages take, and to those on other nodes. */
import { Crowd } from "../../load/crowd.ts";
import { Pace } from "../../load/pace.ts";
import { percentile } from "../../statistics.ts";
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
const SENDERS = 10;
/** Messages a second before the measurement: enough that every just-in-time compiler has done its work. */
const WARMUP_RATE = 1_000;

function run(rate: number, target: ChatTarget, scale: Scale): Outcome {
  const crowd = new Crowd(target, seatsOf(target, CLIENTS, SENDERS));
  const pace = new Pace(crowd, Array.from({ length: SENDERS }, (_, i) => i), WARMUP_RATE);
  const nodes = target.ports.length;
  const far: number[] = [];
  crowd.enter();
  crowd.rollCall();
  pace.run(scale.warmup);
  crowd.settle();
  pace.rate = rate;
  pace.take();
  pace.noted = (index, sender, latency) => {
    if (index % nodes !== sender % nodes) far.push(latency);
  };
  const before = crowd.tally.deliveries;
  const watch = new ChatStopwatch(target, crowd);
  pace.run(scale.window);
  const usage = watch.read();
  const latencies = pace.take();
  const deliveries = crowd.tally.deliveries - before;
  crowd.settle();
  far.sort((a, b) => a - b);
  const outcome = {
    figures: {
      median: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      farMedian: percentile(far, 0.5),
      farP99: percentile(far, 0.99),
      ...costs(usage, deliveries, CLIENTS),
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
    about: `${SENDERS} of ${CLIENTS} clients of one room, which are spread over the nodes, say ` +
      `${
        rate.toLocaleString("en")
      } messages a second in turn, whatever comes back. Latency is the ` +
      "time from saying a message to a client's having read it, over all deliveries, and over those " +
      "to clients of another node than the sender's.",
    metrics: [
      { key: "median", title: "median", unit: "ms", digits: 2, better: "lower" },
      { key: "p99", title: "p99", unit: "ms", digits: 2, better: "lower" },
      { key: "farMedian", title: "median to the other node", unit: "ms", digits: 2 },
      { key: "farP99", title: "p99 to the other node", unit: "ms", digits: 2 },
      ...COSTS,
      ...SHARES,
    ],
    run: (target, scale) => run(rate, target as ChatTarget, scale),
  };
}

/** The open loops. */
export const latencies: Workload[] = [latency(100), latency(1_000)];
