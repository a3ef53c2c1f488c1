/**
 * Everybody talks, and the server is killed again and again, and started again at once. Nobody may
 * notice: what was acknowledged is there, once, and in the same order for all.
 *
 * @module
 */
import { setTimeout as wait } from "node:timers/promises";
import { randomFrom } from "../../chat/proxy.ts";
import { Disks } from "../../engine/disk.ts";
import { within } from "../../support.ts";
import { Crowd, ROOMS } from "./crowd.ts";
import { backwards, forwards } from "./history.ts";
import { Server } from "./server.ts";

/** How a run goes. */
export interface KillOptions {
  /** Determines when the server is killed, and who says what where; the network's timing is its own. */
  seed: number;
  kills: number;
  /** Does the server keep in memory what is said, so that much must be wrong? @default false */
  forgetful?: boolean;
  /** Milliseconds that each sync of its disk takes longer (Linux, and it takes a C compiler). @default 0 */
  delay?: number;
  /** Is told now and then how far it is. */
  progress?: (text: string) => void;
}

/** What a run did. */
export interface Outcome {
  kills: number;
  acknowledged: number;
  /** How often somebody read on in a room from a place. */
  resumed: number;
  /** How many came back after long, and read what they had missed. */
  late: number;
  seconds: number;
  /** What was wrong, in words. */
  wrong: string[];
}

/** The longest life of a server that listens, in milliseconds. */
const LIFE = 1_500;
/** The share of lives in which the clock is a minute ahead. */
const EARLY = 0.1;
/** Milliseconds for all that is under way to arrive. */
const PATIENCE = 30_000;
/** How much is told of what is wrong. */
const TOLD = 20;

/** Runs until so many kills are over, or something is wrong. */
export async function kill({ forgetful, delay, ...options }: KillOptions): Promise<Outcome> {
  if (forgetful) return await run(options);
  using disks = delay ? await Disks.make() : undefined;
  const directory = await Deno.makeTempDir();
  try {
    return await run({ ...options, directory, env: disks?.env(directory, { delay }) });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function run(
  { seed, kills, directory, env, progress }: KillOptions & {
    directory?: string;
    env?: Record<string, string>;
  },
): Promise<Outcome> {
  const began = performance.now();
  const random = randomFrom(seed);
  const wrong: string[] = [];
  let killed = 0;
  await using server = await Server.start(directory, env);
  await using crowd = new Crowd(server.host, random);
  try {
    await crowd.talk();
    const late: Promise<void>[] = [];
    while (killed < kills && crowd.faults.length === 0) {
      late.push(crowd.comeLate());
      // Often so soon that not everybody is back.
      await wait(LIFE * random() ** 2);
      await server.kill(random() < EARLY);
      if (++killed % 10 === 0) progress?.(`${killed} kills, ${crowd.ledger.acknowledged} messages`);
    }
    if (crowd.faults.length === 0) {
      await within(Promise.all([crowd.finish(), ...late]), "the last answers", PATIENCE);
      wrong.push(...await crowd.missing(PATIENCE), ...await misread(server.host, crowd));
    }
  } catch (error) {
    wrong.push((error as Error).message);
  }
  wrong.unshift(...crowd.faults, ...server.faults);
  return {
    kills: killed,
    acknowledged: crowd.ledger.acknowledged,
    resumed: crowd.resumed,
    late: crowd.late,
    seconds: Math.round((performance.now() - began) / 1_000),
    wrong: wrong.slice(0, TOLD),
  };
}

/** The rooms whose history by HTTP is not what was told, each in words. */
async function misread(host: string, { ledger }: Crowd): Promise<string[]> {
  const wrong: string[] = [];
  for (const room of ROOMS) {
    const told = ledger.order(`#${room}`);
    const read = {
      backwards: await backwards(host, room),
      forwards: [told[0], ...await forwards(host, room, told[0]!)],
    };
    for (const [way, ids] of Object.entries(read)) {
      const n = told.findIndex((id, n) => ids[n] !== id);
      if (n < 0 && ids.length === told.length) continue;
      wrong.push(
        `the history of ${room} ${way} has ${ids.length} messages, not ${told.length}; at ${n}`,
      );
    }
  }
  return wrong;
}
