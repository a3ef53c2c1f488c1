/**
 * Random people connect, join, speak, vanish, read slowly and come back, thousands of times, while
 * somebody sets the clock; each checks what it is told against what was really said.
 *
 * @module
 */
import { setImmediate, setTimeout as wait } from "node:timers/promises";
import { named } from "../../hub/access/identity.ts";
import type { Engine } from "../../hub/engine/engine.ts";
import type { Hub } from "../../hub.ts";
import { Feed } from "../../hub/log/feed.ts";
import { ChatError } from "../../messages.ts";
import type { Member } from "../../hub/presence/person.ts";
import { randomFrom } from "../chat/proxy.ts";
import { serve } from "../support.ts";
import { Guest } from "./guest.ts";
import { Tab } from "./tab.ts";
import { type Shelf, Truth } from "./truth.ts";

/** How a run goes. */
export interface SoakOptions {
  /** A run with the same seed takes the same steps (the network's timing is its own). */
  seed: number;
  /** How long it goes on: so many steps, or until so many milliseconds have passed. */
  steps?: number;
  milliseconds?: number;
  /** An engine that takes time, and fails now and then. @default the one that is chosen for the tests */
  engine?: Engine & Shelf;
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

const ROOMS = ["lobby", "den", "attic", "cellar", "loft", "shed"];
const GUESTS = 12;
/** Rooms that the two tabs of each person enter first: one where others are, and one where nobody is. */
const TABS = ["lobby", "alone"];
/** Milliseconds for everybody to hear the last word. */
const PATIENCE = 60_000;
/** Milliseconds that the clock may be set forward or back. */
const LEAPS = [-3_600_000, -10_000, -1, 0, 0, 1, 10_000, 3_600_000];

/**
 * Runs until the steps or the time are over, then lets everybody come back and hear the rest.
 *
 * @throws {Error} at the first message that should not have come, or never did
 */
export async function soak(options: SoakOptions): Promise<Outcome> {
  const { seed, steps = Infinity, milliseconds = Infinity, engine, progress = () => {} } = options;
  const random = randomFrom(seed);
  const pick = <T>(among: readonly T[]) => among[Math.floor(random() * among.length)]!;
  let hungUp: Error | undefined;
  // Little is held, and not for long, and little may be unsent: who reads slowly or stays away for
  // long is told of gaps now and then.
  await using server = serve({
    engine,
    rate: 0,
    history: 200,
    keep: 500,
    most: 3,
    idleTimeout: 0,
    socket: { unsent: 4_096 },
    log: (level, event, fields = {}) => {
      const { code, username, error } = fields as Partial<Record<string, unknown>>;
      // Some say more than the server queues while they read nothing: they are hung up on with 4429.
      // Where something could not be read, the conversation ends.
      const failed = engine && String(error).startsWith("ChatError");
      if ((level === "error" && !failed) || code === 4400 || code === 4408) {
        hungUp ??= new Error(`${event} of ${username}: ${code}`);
      }
    },
  });
  using clock = new UnsteadyClock();
  const truth = new Truth(server.hub, engine);
  const passers = new Passers(server.hub);
  const guests = Array.from({ length: GUESTS }, (_, n) => {
    // Two people have two devices each.
    const name = `guest-${n % (GUESTS - 2)}`;
    return new Guest(server.host, { name, mark: `device-${n}`, v1: n % 2 === 0 }, truth);
  });
  await using open = new AsyncDisposableStack();
  const tabs = ["ann", "bob"].flatMap((name) =>
    TABS.map((room) => {
      const mark = `tab-${room}`;
      return open.use(new Tab(server.host, { name, mark, room, random }, truth));
    })
  );
  const everybody = [...guests, ...tabs];
  const check = () => {
    if (hungUp) throw hungUp;
    for (const { fault } of [truth, ...everybody]) if (fault) throw fault;
  };

  const say = (one: Guest | Tab) => {
    const content = "x".repeat(1 + Math.floor(random() ** 3 * 3_000));
    const [room, to] = [pick(one.rooms), pick(everybody).name];
    one.say(random() < 0.2 || room === undefined ? { to } : { room }, content);
  };
  /** What may happen, and how often, in relation to each other. */
  const events: [number, () => unknown][] = [
    [12, () => pick(guests).connect(random() < 0.2)],
    [60, () => say(pick(everybody))],
    [2, () => {
      const one = pick(everybody);
      for (let i = 0; i < 20; i++) say(one);
    }],
    [4, () => pick(guests).repeat()],
    [2, () => pick(guests).type(pick(ROOMS))],
    [6, () => pick(everybody).join(pick(ROOMS))],
    [3, () => pick(everybody).leave(pick(ROOMS))],
    [6, () => pick(everybody).rejoin(pick(ROOMS))],
    [4, () => pick(guests).cut(random() < 0.5)],
    [4, () => pick(guests).cutAfter(Math.floor(random() * 20_000))],
    [2, () => pick(guests).silence()],
    [2, () => pick(guests).bury()],
    [6, () => pick(guests).pause()],
    [8, () => pick(guests).resume()],
    [1, () => pick(tabs).network.cut()],
    [1, () => pick(tabs).network.cutAfter(Math.floor(random() * 20_000))],
    [0.3, () => pick(tabs).network.silence()],
    [0.3, () => pick(tabs).network.halfOpen()],
    [0.3, () => pick(tabs).network.stall()],
    [1, () => pick(tabs).network.resume()],
    [0.3, wake],
    [0.3, () => clock.leap(pick(LEAPS))],
    [0.1, () => void flood(server.hub, pick(ROOMS))],
    [0.3, () => unlessUnavailable(() => passers.pass(pick(ROOMS)))],
    [8, () => setImmediate()],
  ];
  const total = events.reduce((sum, [weight]) => sum + weight, 0);

  const end = performance.now() + milliseconds;
  let step = 0;
  for (; step < steps && performance.now() < end; step++) {
    let dice = random() * total;
    const [, happen] = events.find(([weight]) => (dice -= weight) < 0)!;
    await happen();
    if (random() < 0.2) await setImmediate();
    check();
    if (step % 5_000 === 0) progress(`step ${step}: ${truth.size} messages`);
  }

  for (const guest of guests) {
    guest.cutAfter(Infinity);
    guest.resume();
    await guest.bury();
  }
  for (const tab of tabs) {
    tab.network.cutAfter(Infinity);
    tab.network.resume();
    // In no room it has nothing to ask for, and may take half a minute to notice a dead line.
    if (tab.rooms.length === 0) tab.join("lobby");
  }
  for (const end = performance.now() + PATIENCE;;) {
    check();
    const missing = everybody.flatMap((one) => one.missing.map((what) => `${one.name}: ${what}`));
    if (missing.length === 0) break;
    if (performance.now() > end) throw new Error(`Cannot wait any longer:\n${missing.join("\n")}`);
    // Whoever has heard nothing yet, so that nothing can be missing, hears this.
    for (const room of ROOMS) {
      await unlessUnavailable(async () => await server.hub.say("bot", room, "the last word"));
    }
    for (const guest of guests) {
      const stayed = guest.connected;
      await guest.connect();
      await guest.bury();
      // Who has just come has said all of it already, and may be no faster than the server.
      if (guest.missing.length === 0 || !stayed) continue;
      guest.insist();
      guest.say({ to: guest.name }, "the last word");
    }
    wake();
    await wait(100);
  }
  const outcome = { steps: step, said: truth.size, heard: 0, resumed: 0, gaps: 0 };
  for (const { heard, resumed, gaps } of everybody) {
    outcome.heard += heard;
    outcome.resumed += resumed;
    outcome.gaps += gaps;
  }
  for (const guest of guests) await guest.cut(false);
  return outcome;
}

/** The machine's clock, which somebody sets; until it is disposed of. */
class UnsteadyClock implements Disposable {
  #now = Date.now;
  #off = 0;

  constructor() {
    Date.now = () => this.#now.call(Date) + this.#off;
  }

  /** Sets it to so many milliseconds from the true time. */
  leap(off: number) {
    this.#off = off;
  }

  [Symbol.dispose]() {
    Date.now = this.#now;
  }
}

/** The network is back: who is online looks whether that is true. */
function wake() {
  globalThis.dispatchEvent(new Event("online"));
}

/** Does something, unless the engine fails. */
async function unlessUnavailable(act: () => Promise<unknown>) {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof ChatError && error.code === "unavailable")) throw error;
  }
}

/** Says more at once than a room holds. */
async function flood(hub: Hub, room: string) {
  const say = async () => await hub.say("bot", room, "x".repeat(500));
  await Promise.all(Array.from({ length: 250 }, () => unlessUnavailable(say)));
}

/**
 * Somebody leaves a room and comes back, but in between more people come and go than it holds notices
 * of: those who have not heard of the leaving must be told anew who is there.
 */
class Passers {
  #hub: Hub;
  #staying = new Map<string, Member>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  async pass(room: string) {
    const stayed = this.#staying.get(room);
    if (stayed) this.#hub.dismiss(stayed);
    for (let i = 0; i < 150; i++) this.#hub.dismiss(await this.#enter(room, `passer-by-${i}`));
    this.#staying.set(room, await this.#enter(room, `inhabitant of ${room}`));
  }

  async #enter(room: string, username: string): Promise<Member> {
    const { member } = await this.#hub.connect(named(username), new Feed());
    await this.#hub.join(room, member);
    return member;
  }
}
