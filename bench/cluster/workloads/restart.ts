/** Redis is killed and comes back while people talk. */
import { Crowd } from "../../load/crowd.ts";
import { Pace } from "../../load/pace.ts";
import type { Outcome, Scale, Workload } from "../../workloads/workload.ts";
import type { ChatTarget } from "../chats.ts";
import { Views } from "./views.ts";
import { seatsOf } from "./usage.ts";

const CLIENTS = 100;
const SENDERS = 10;
const RATE = 200;
/** Milliseconds of talk before Redis is killed, and after: it is away for half a second. */
const BEFORE = 1_500;
const AFTER = 5_000;
/** Milliseconds for which what is still to come is waited for. */
const REST = 5_000;

function run(target: ChatTarget, _scale: Scale): Outcome {
  const crowd = new Crowd(target, seatsOf(target, CLIENTS, SENDERS));
  const pace = new Pace(crowd, Array.from({ length: SENDERS }, (_, i) => i), RATE, false);
  const views = new Views(CLIENTS, SENDERS);
  crowd.witness = ({ index }, sender, sequence) => views.take(index, sender, sequence);
  crowd.enter();
  crowd.rollCall();
  pace.run(BEFORE);
  Deno.kill(target.redis!, "SIGKILL");
  const killed = performance.now();
  views.mark();
  pace.run(AFTER);
  const silence = views.longestSilence();
  crowd.run(REST, () => performance.now() - killed > AFTER && crowd.isComplete);

  const said = crowd.connections.slice(0, SENDERS).reduce((sum, { said }) => sum + said, 0);
  const told = crowd.connections.flatMap(({ errors }) => errors);
  const dropped = crowd.connections.filter(({ ending }) => ending !== undefined).length;
  const figures = views.account(said);
  crowd.close();
  return {
    figures: { said, told: told.length, ...figures, silence },
    faults: [
      ...(dropped > 0 ? [`${dropped} clients dropped`] : []),
      ...(told.length > 0 ? [`told: ${[...new Set(told)].join(", ")}`] : []),
    ],
  };
}

/** A Redis that is killed. */
export const restart: Workload = {
  name: "R",
  title: `Redis is killed, ${CLIENTS} clients, ${RATE} messages/s`,
  about:
    `${SENDERS} of ${CLIENTS} clients of one room, spread over two nodes, say ${RATE} messages a ` +
    "second. Redis is killed by SIGKILL and started again after half a second, with what it has on " +
    "the disk (`appendfsync always`). Whoever sees their message come back holds it for accepted. It is " +
    "lost where a member never gets it. An order is another one where two messages that both got came " +
    "to one member in another order than to most.",
  metrics: [
    { key: "said", title: "said", unit: "", digits: 0 },
    { key: "accepted", title: "accepted", unit: "", digits: 0 },
    { key: "unaccepted", title: "not accepted", unit: "", digits: 0 },
    { key: "told", title: "errors told", unit: "", digits: 0 },
    { key: "lost", title: "accepted and lost", unit: "messages", digits: 0 },
    { key: "missing", title: "deliveries missing", unit: "", digits: 0 },
    { key: "doubled", title: "doubled", unit: "deliveries", digits: 0 },
    { key: "orders", title: "other orders", unit: "members", digits: 0 },
    { key: "silence", title: "longest silence", unit: "ms", digits: 0, better: "lower" },
  ],
  run: (target, scale) => run(target as ChatTarget, scale),
};
