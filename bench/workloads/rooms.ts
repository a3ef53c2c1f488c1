/** Many small rooms against one: what a room costs. */
import { Crowd, type Target } from "../load/crowd.ts";
import { Pace } from "../load/pace.ts";
import { Stopwatch, type Usage } from "../load/usage.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

const ROOMS = 1_000;
/** Messages a second in all; each is delivered to both members of its room. */
const RATE = 2_000;

function run(target: Target, scale: Scale): Outcome {
  const crowd = new Crowd(
    target,
    Array.from({ length: 2 * ROOMS }, (_, i) => ({ room: i >> 1, sender: i % 2 })),
  );
  crowd.enter();
  crowd.rollCall();

  /** CPU time per delivery, in µs, while these speak. */
  const cost = (speakers: number[]): { cost: number; usage: Usage } => {
    const pace = new Pace(crowd, speakers, RATE, false);
    pace.run(scale.warmup);
    const before = crowd.tally.deliveries;
    const watch = new Stopwatch(target.pid, crowd);
    pace.run(scale.window);
    const usage = watch.read();
    return { cost: usage.server * 1_000 / (crowd.tally.deliveries - before), usage };
  };
  const one = cost([0, 1]);
  const many = cost(crowd.connections.map(({ index }) => index));
  crowd.settle();
  const outcome = {
    figures: {
      one: one.cost,
      many: many.cost,
      ratio: many.cost / one.cost,
      ...shares(many.usage),
    },
    faults: faults(crowd, many.usage),
  };
  crowd.close();
  return outcome;
}

/** One room against many. */
export const rooms: Workload = {
  name: "H",
  title: `one room against ${ROOMS.toLocaleString("en")}`,
  about:
    `${(2 * ROOMS).toLocaleString("en")} clients sit in ${ROOMS.toLocaleString("en")} rooms, ` +
    `two in each. ${
      RATE.toLocaleString("en")
    } messages a second are said, first all in one room, ` +
    "then spread over all rooms: the same number of messages, deliveries and connections. The cost " +
    "is the server's CPU time per delivery.",
  metrics: [
    { key: "one", title: "one room", unit: "µs", digits: 2, better: "lower" },
    { key: "many", title: "1,000 rooms", unit: "µs", digits: 2, better: "lower" },
    { key: "ratio", title: "1,000 ÷ one", unit: "", digits: 2 },
    ...CPU,
  ],
  run,
};
