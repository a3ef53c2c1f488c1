/**
 * The load generator of `deno task bench:auth`: brings people with tokens to a server, given as JSON on
 * standard input, and prints what it came to as JSON.
 *
 * @module
 */
import type { Seat } from "../load/connection.ts";
import { Crowd, type Target } from "../load/crowd.ts";
import { Pace } from "../load/pace.ts";
import { Stopwatch } from "../load/usage.ts";
import { percentile } from "../statistics.ts";
import { faults } from "../workloads/workload.ts";

/** What the process is told to do. */
export interface Job {
  what: "connect" | "talk" | "storm";
  target: Target;
  /** One for each, by number; none where nobody needs any. */
  tokens: (string | null)[];
}

/** What it came to, by name, and what went wrong. */
export interface Outcome {
  figures: Record<string, number>;
  faults: string[];
}

/** Connections before the measurement, for what a server only needs once. */
const FIRST = 100;
/** Milliseconds of talk, before the measurement and in it. */
const WARMUP = 1_000;
const WINDOW = 3_000;
/** Messages a second of all who talk. */
const TALK = 5_000;
/** Messages a second of the pair that talks meanwhile. */
const RATE = 100;
/** Handshakes under way at the same time. */
const TOGETHER = 64;
/** The longest storm, in milliseconds. */
const LONGEST = 60_000;

const seats = (tokens: Job["tokens"], seatOf: (i: number) => Seat): Seat[] =>
  tokens.map((token, i) => ({ ...seatOf(i), token: token ?? undefined }));

/** How fast people come in who never came before; and once more, when all of them come back. */
function connect({ target, tokens }: Job): Outcome {
  const first = new Crowd(target, seats(tokens, () => ({ room: 0 })));
  first.enter({ most: FIRST });
  let watch = new Stopwatch(target.pid, first);
  first.enter();
  const came = watch.read();
  const wrong = faults(first, came);
  first.close();
  const again = new Crowd(target, seats(tokens, () => ({ room: 0 })));
  again.enter({ most: FIRST });
  watch = new Stopwatch(target.pid, again);
  again.enter();
  const back = watch.read();
  wrong.push(...faults(again, back));
  again.close();
  const count = tokens.length - FIRST;
  const figures = {
    ...{ rate: count / came.elapsed * 1_000, again: count / back.elapsed * 1_000 },
    ...{ cost: came.server / count * 1_000, costAgain: back.server / count * 1_000 },
  };
  return { figures, faults: wrong };
}

/** What a message costs: many rooms of two, in each of which one speaks, all of them at a steady pace. */
function talk({ target, tokens }: Job): Outcome {
  const crowd = new Crowd(
    target,
    seats(tokens, (i) => ({ room: i >> 1, sender: i % 2 === 0 ? 0 : undefined })),
  );
  crowd.enter();
  crowd.rollCall();
  const speakers = tokens.map((_, i) => i).filter((i) => i % 2 === 0);
  const pace = new Pace(crowd, speakers, TALK, false);
  pace.run(WARMUP);
  crowd.settle();
  const watch = new Stopwatch(target.pid, crowd);
  pace.run(WINDOW);
  crowd.settle();
  const usage = watch.read();
  const outcome = {
    figures: { cost: usage.server / (TALK * WINDOW / 1_000) * 1_000 },
    faults: faults(crowd, usage),
  };
  crowd.close();
  return outcome;
}

/** A pair talks, alone at first; then everybody else comes at once. */
function storm({ target, tokens }: Job): Outcome {
  const crowd = new Crowd(
    target,
    seats(tokens, (i) => i < 2 ? { room: 0, sender: i } : { room: 1 + i % 100 }),
  );
  const pace = new Pace(crowd, [0, 1], RATE);
  crowd.enter({ most: 2 });
  crowd.rollCall();
  pace.run(WARMUP);
  pace.take();
  pace.run(WARMUP);
  const calm = pace.take();
  const began = performance.now();
  const coming = () => crowd.connections.filter(({ open, ending }) => !open && !ending).length;
  while (crowd.connections.length < tokens.length || coming() > 0) {
    if (performance.now() - began > LONGEST) break;
    for (let free = TOGETHER - coming(); free > 0; free--) {
      if (crowd.connections.length < tokens.length) crowd.connect(crowd.connections.length);
    }
    pace.run(5);
  }
  const took = performance.now() - began;
  const busy = pace.take();
  crowd.run(1_000, () => crowd.isComplete);
  const pair = crowd.connections.slice(0, 2);
  const lost = pair.reduce(
    (sum, { said, echoed, ending }) => sum + said - echoed + (ending ? 1 : 0),
    0,
  );
  const inside = crowd.connections.filter(({ open, ending }) => open && !ending).length - 2;
  const ends = crowd.connections.map(({ ending }) => ending).filter((end) => end !== undefined);
  const told = ends.filter((end) => end.includes("with 1013")).length;
  const figures = {
    ...{ inside, told, other: ends.length - told, took: took / 1_000, lost },
    ...{ calm: percentile(calm, 0.99), p99: percentile(busy, 0.99), worst: busy.at(-1)! },
  };
  crowd.close();
  return { figures, faults: [] };
}

const job: Job = await new Response(Deno.stdin.readable).json();
const outcome = { connect, talk, storm }[job.what](job);
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(outcome) + "\n"));
Deno.exit(0);
