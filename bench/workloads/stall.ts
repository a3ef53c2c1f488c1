/** One reader stops reading for a while in a busy room, then comes back. */
import type { Seat } from "../load/connection.ts";
import { Crowd, type Target } from "../load/crowd.ts";
import { Pace } from "../load/pace.ts";
import { residentMemory, Stopwatch } from "../load/usage.ts";
import { median, percentile } from "../statistics.ts";
import { CPU, faults, type Outcome, type Scale, shares, type Workload } from "./workload.ts";

const CLIENTS = 100;
const SENDERS = 10;
/** Messages a second, of about a kilobyte each. */
const RATE = 100;
const CONTENT = 800;
/** Messages a second before the measurement, so that histories are full and heaps have grown. */
const WARMUP_RATE = 500;
/** The reader that stalls is the last one. Its socket is as small as one over a real network. */
const STALLED: Seat = {
  room: 0,
  remember: true,
  shape: { receiveBuffer: 32 * 1024, segment: 536 },
};

function run(target: Target, { quick, warmup, window }: Scale): Outcome {
  const seats: Seat[] = Array.from({ length: CLIENTS - 1 }, (_, i) => ({
    room: 0,
    sender: i < SENDERS ? i : undefined,
    content: CONTENT,
  }));
  const crowd = new Crowd(target, [...seats, STALLED]);
  const pace = new Pace(crowd, Array.from({ length: SENDERS }, (_, i) => i), WARMUP_RATE);
  pace.apart.add(CLIENTS - 1);
  crowd.enter();
  crowd.rollCall();
  pace.run(quick ? warmup : 3_000);
  crowd.settle();
  pace.rate = RATE;
  pace.take();

  const watch = new Stopwatch(target.pid, crowd);
  const memory = watchMemory(pace, target, quick ? window : Math.max(window, 5_000));
  const calm = percentile(pace.take(), 0.99);
  const stalled = crowd.connections[CLIENTS - 1]!;
  crowd.stall(stalled, true);
  const growth = watchMemory(pace, target, quick ? 1_500 : 10_000) - memory;
  crowd.stall(stalled, false);
  pace.run(quick ? 500 : 2_000);
  // Whoever was dropped connects again: with what it saw last, where that helps.
  const reader = stalled.ending
    ? crowd.connect(CLIENTS - 1, target.replay ? stalled.lastId : undefined)
    : stalled;
  pace.run(quick ? 500 : 2_000);
  const during = percentile(pace.take(), 0.99);
  const usage = watch.read();
  crowd.settle();

  const { missed, repeated } = crowd.tally.account(reader.index, crowd.said().get(0)!);
  const told = [...stalled.errors, ...reader === stalled ? [] : reader.errors];
  const outcome = {
    figures: {
      missed,
      growth: growth / 2 ** 20,
      calm,
      during,
      ratio: during / calm,
      ...shares(usage),
    },
    faults: [
      ...(stalled.ending ? [`the stalled reader was dropped: ${stalled.ending}`] : []),
      ...(told.length > 0 ? [`it was told: ${told.join(", ")}`] : []),
      ...(repeated > 0 ? [`it got ${repeated} messages again`] : []),
      ...faults(crowd, usage, reader),
    ],
  };
  crowd.close();
  return outcome;
}

/**
 * Lets the messages flow for so many milliseconds; returns what memory the server had in the second
 * half of it, garbage collections evened out.
 */
function watchMemory(pace: Pace, { pid }: Target, milliseconds: number): number {
  const samples: number[] = [];
  let looked = -Infinity;
  pace.run(milliseconds, () => {
    if (performance.now() - looked < 100) return;
    looked = performance.now();
    samples.push(residentMemory(pid));
  });
  return median(samples.slice(samples.length >> 1));
}

/** A stalled reader. */
export const stall: Workload = {
  name: "F",
  title: "a reader stalls for 10 s in a busy room",
  about:
    `${SENDERS} of ${CLIENTS} clients say ${RATE} messages of ${CONTENT} characters a second. ` +
    "One client stops reading for 10 s (1.5 s with --quick, which any queue survives) and then reads " +
    "on; if it was dropped, it connects again, with `since` where the server knows that. Growth is " +
    "how much more resident memory the server had in the second half of the stall than before it.",
  metrics: [
    { key: "missed", title: "missed by it", unit: "messages", digits: 0 },
    {
      key: "growth",
      title: "growth of the server's memory",
      unit: "MiB",
      digits: 1,
      better: "lower",
    },
    { key: "calm", title: "others' p99 before", unit: "ms", digits: 2 },
    { key: "during", title: "and during", unit: "ms", digits: 2, better: "lower" },
    { key: "ratio", title: "during ÷ before", unit: "", digits: 2 },
    ...CPU,
  ],
  run,
};
