/** Everybody comes back at once, and wants what was said meanwhile. */
import { Crowd, type Target } from "../load/crowd.ts";
import { Stopwatch } from "../load/usage.ts";
import { median } from "../statistics.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

const CLIENTS = 500;
const BEHIND = 500;
/** Clients that come back one after the other, for comparison. */
const SINGLES = 10;
/** Messages on their way while the history is made: no server's inbox overflows. */
const FLIGHT = 16;

function run(target: Target, _scale: Scale): Outcome {
  const crowd = new Crowd(target, [
    { room: 0, sender: 0, remember: true },
    ...Array.from({ length: SINGLES + 2 * CLIENTS }, () => ({ room: 0 })),
  ]);
  crowd.enter({ most: 1 });
  const speaker = crowd.connections[0]!;
  crowd.rollCall();
  const say = (upTo: number) => {
    while (speaker.echoed < upTo) {
      if (speaker.ending) throw new Error(`Cannot make the history: ${speaker.ending}`);
      while (speaker.said < Math.min(upTo, speaker.echoed + FLIGHT) && speaker.say());
      crowd.pump(20);
    }
  };
  say(1);
  const since = target.replay ? speaker.lastId : undefined;
  say(1 + BEHIND);
  // The first message is known to all who come, and those who want nothing know the others too.
  const first = 1 + SINGLES;
  for (let index = 1; index <= SINGLES + 2 * CLIENTS; index++) {
    crowd.tally.expect(index, 0, index < first + CLIENTS ? 1 : 1 + BEHIND);
  }

  const come = (count: number, since?: string) => {
    const began = performance.now();
    const before = crowd.tally.deliveries;
    const wanted = since ? count * BEHIND : 0;
    crowd.enter({ since, most: crowd.connections.length + count, together: count });
    crowd.run(30_000, () => crowd.tally.deliveries - before >= wanted);
    return performance.now() - began;
  };
  const single = median(Array.from({ length: SINGLES }, () => come(1, since)));
  const watch = new Stopwatch(target.pid, crowd);
  const all = come(CLIENTS, since);
  const usage = watch.read();
  if (!since) crowd.run(500);
  const said = crowd.said().get(0)!;
  const missed = crowd.connections.slice(first)
    .reduce((sum, { index }) => sum + crowd.tally.account(index, said).missed, 0);
  const bare = come(CLIENTS);

  const outcome: Outcome = {
    figures: {
      missed,
      bare,
      ...(since
        ? { single, all, ratio: all / single / CLIENTS, rate: CLIENTS * BEHIND / all * 1_000 }
        : undefined),
      ...shares(usage),
    },
    faults: since ? faults(crowd, usage) : ["no replay"],
  };
  crowd.close();
  return outcome;
}

/** Replay. */
export const replay: Workload = {
  name: "G",
  title: `replay, ${CLIENTS} clients come back at once, ${BEHIND} messages behind`,
  about:
    `${CLIENTS} clients connect at the same moment with the id of a message since which ${BEHIND} ` +
    "were said; the time is told until the last of them has all. For comparison: one client that " +
    `comes back alone, and ${CLIENTS} that connect at once without wanting anything.`,
  metrics: [
    { key: "missed", title: "missed", unit: "messages", digits: 0 },
    { key: "all", title: "all complete after", unit: "ms", digits: 1 },
    { key: "single", title: "one alone", unit: "ms", digits: 1 },
    { key: "ratio", title: `all ÷ ${CLIENTS} × one`, unit: "", digits: 2 },
    { key: "rate", title: "replayed/s", unit: "", digits: 0 },
    { key: "bare", title: "connecting without replay", unit: "ms", digits: 1 },
    ...CPU,
  ],
  run,
};
