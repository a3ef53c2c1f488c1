/** One node speaks and the other listens: what each of them does for a message. */
import type { Seat } from "../../load/connection.ts";
import { Crowd } from "../../load/crowd.ts";
import { Pace } from "../../load/pace.ts";
import { cpuTime, Stopwatch } from "../../load/usage.ts";
import { faults, type Outcome, type Scale, type Workload } from "../../workloads/workload.ts";
import type { ChatTarget } from "../chats.ts";

/** Clients of the node that speaks, and how many messages a second they say. */
export const SPEAKERS = 10;
const RATE = 1_000;

function run(listeners: number, target: ChatTarget, scale: Scale): Outcome {
  const [speaking, listening] = target.ports as [number, number];
  const crowd = new Crowd(target, [
    ...Array.from({ length: SPEAKERS }, (_, i): Seat => ({ room: 0, port: speaking, sender: i })),
    ...Array.from({ length: listeners }, (): Seat => ({ room: 0, port: listening })),
  ]);
  const speakers = Array.from({ length: SPEAKERS }, (_, i) => i);
  const pace = new Pace(crowd, speakers, RATE, false);
  crowd.enter();
  crowd.rollCall();
  pace.run(scale.warmup);
  crowd.settle();
  const said = () => crowd.said().get(0)!.reduce((sum, count) => sum + count, 0);
  const before = said();
  const used = target.pids.map(cpuTime);
  const watch = new Stopwatch(target.pids, crowd);
  pace.run(scale.window);
  const usage = watch.read();
  const messages = said() - before;
  const [speaks, listens] = target.pids.map((pid, i) =>
    (cpuTime(pid) - used[i]!) / messages * 1_000
  ) as [number, number];
  crowd.settle();
  const outcome = { figures: { speaks, listens }, faults: faults(crowd, usage) };
  crowd.close();
  return outcome;
}

function apart(listeners: number): Workload {
  return {
    name: `N${listeners}`,
    title: `one node speaks, ${listeners} on the other listen`,
    about:
      `${SPEAKERS} clients of one node say ${
        RATE.toLocaleString("en")
      } messages a second in turn; ` +
      `in the same room ${listeners} of the other node say nothing.`,
    metrics: [
      { key: "speaks", title: "CPU per message, of the one", unit: "µs", digits: 0 },
      { key: "listens", title: "of the other", unit: "µs", digits: 0 },
    ],
    run: (target, scale) => run(listeners, target as ChatTarget, scale),
  };
}

/** With few who listen, and with many: the difference is what a reader costs. */
export const [FEW, MANY] = [1, 41];
export const aparts: Workload[] = [apart(FEW), apart(MANY)];
