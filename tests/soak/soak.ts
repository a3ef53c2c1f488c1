/**
 * Random people connect, join, speak, vanish, read slowly and come back, thousands of times; each
 * checks what it is told against what was really said.
 *
 * @module
 */
import { setImmediate, setTimeout as wait } from "node:timers/promises";
import type { Hub } from "../../hub.ts";
import { randomFrom } from "../chat/proxy.ts";
import { serve } from "../support.ts";
import { Guest } from "./guest.ts";
import { Truth } from "./truth.ts";

/** How a run goes. */
export interface SoakOptions {
  /** A run with the same seed takes the same steps (the network's timing is its own). */
  seed: number;
  /** How long it goes on: so many steps, or until so many milliseconds have passed. */
  steps?: number;
  milliseconds?: number;
  /** Is told now and then how far it is. */
  progress?: (text: string) => void;
}

/** What a run did. */
export interface Outcome {
  steps: number;
  said: number;
  heard: number;
  resumed: number;
  gaps: number;
}

const ROOMS = ["lobby", "den", "attic", "cellar"];
const GUESTS = 12;
/** Milliseconds for everybody to hear the last word. */
const PATIENCE = 60_000;

/**
 * Runs until the steps or the time are over, then lets everybody come back and hear the rest.
 *
 * @throws {Error} at the first message that should not have come, or never did
 */
export async function soak(options: SoakOptions): Promise<Outcome> {
  const { seed, steps = Infinity, milliseconds = Infinity, progress = () => {} } = options;
  const random = randomFrom(seed);
  const pick = <T>(among: readonly T[]) => among[Math.floor(random() * among.length)]!;
  // Little is held and little may be unsent, so that slow readers are told of gaps now and then.
  await using server = serve({
    rate: 0,
    history: 200,
    idleTimeout: 0,
    socket: { unsent: 4_096 },
  });
  const truth = new Truth(server.hub);
  const guests = Array.from({ length: GUESTS }, (_, n) => {
    // Two people have two devices each.
    const name = `guest-${n % (GUESTS - 2)}`;
    return new Guest(server.host, name, `device-${n}`, n % 2 === 0, truth);
  });
  const check = () => {
    for (const { fault } of guests) if (fault) throw fault;
  };

  const say = (guest: Guest) => {
    const content = "x".repeat(1 + Math.floor(random() ** 3 * 3_000));
    const [room, to] = [pick(guest.rooms), pick(guests).name];
    guest.say(random() < 0.2 || room === undefined ? { to } : { room }, content);
  };
  /** What may happen, and how often, in relation to each other. */
  const events: [number, (guest: Guest) => unknown][] = [
    [12, (guest) => guest.connect()],
    [50, say],
    [2, (guest) => Array.from({ length: 20 }, () => say(guest))],
    [4, (guest) => guest.repeat()],
    [5, (guest) => guest.join(pick(ROOMS))],
    [2, (guest) => guest.leave(pick(ROOMS))],
    [4, (guest) => guest.cut(random() < 0.5)],
    [4, (guest) => guest.cutAfter(Math.floor(random() * 20_000))],
    [6, (guest) => guest.pause()],
    [8, (guest) => guest.resume()],
    [0.1, () => flood(server.hub, pick(ROOMS))],
    [6, () => setImmediate()],
  ];
  const total = events.reduce((sum, [weight]) => sum + weight, 0);

  const end = Date.now() + milliseconds;
  let step = 0;
  for (; step < steps && Date.now() < end; step++) {
    let dice = random() * total;
    const [, happen] = events.find(([weight]) => (dice -= weight) < 0)!;
    await happen(pick(guests));
    if (random() < 0.2) await setImmediate();
    check();
    if (step % 5_000 === 0) progress(`step ${step}: ${truth.size} messages`);
  }

  for (const guest of guests) {
    guest.cutAfter(Infinity);
    guest.resume();
  }
  for (const end = Date.now() + PATIENCE; !guests.every(({ settled }) => settled);) {
    check();
    if (Date.now() > end) {
      throw new Error(
        guests.filter(({ settled }) => !settled).map((one) => one.missing).join("\n"),
      );
    }
    // Whoever has heard nothing yet, so that nothing can be missing, hears this.
    for (const room of ROOMS) server.hub.say("bot", room, "the last word");
    for (const guest of guests) {
      await guest.connect();
      if (guest.settled) continue;
      guest.insist();
      guest.say({ to: guest.name }, "the last word");
    }
    await wait(100);
  }
  const repeated = truth.repeated();
  if (repeated.length > 0) throw new Error(`Said twice: ${repeated.join(", ")}`);
  const outcome = { steps: step, said: truth.size, heard: 0, resumed: 0, gaps: 0 };
  for (const guest of guests) {
    outcome.heard += guest.heard;
    outcome.resumed += guest.resumed;
    outcome.gaps += guest.gaps;
    await guest.cut(false);
  }
  return outcome;
}

/** Says more at once than a room holds. */
function flood(hub: Hub, room: string) {
  for (let i = 0; i < 250; i++) hub.say("bot", room, "x".repeat(500));
}
