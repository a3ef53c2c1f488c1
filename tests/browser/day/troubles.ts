/**
 * What happens to pages.
 *
 * @module
 */
import { until } from "../support.ts";
import type { Life } from "./life.ts";
import { HISTORY, type Town } from "./town.ts";

/** What a page must bear. */
const PASSING = [
  "calm",
  "cut",
  "absence",
  "crash",
  "crash in absence",
  "hidden",
  "full",
  "second tab",
] as const;

/** What it does not survive, so that it is begun anew. */
const ENDS = ["reload", "kill", "kill in absence", "kill while full"] as const;

export type Trouble = typeof PASSING[number] | typeof ENDS[number];

/** Troubles in an order left to chance, each before any comes again. */
export class Troubles {
  #random: () => number;
  #passing: Trouble[] = [];
  #ends: Trouble[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  /** The next one. @param ends is it to be one that ends the page? */
  draw(ends: boolean): Trouble {
    const left = ends ? this.#ends : this.#passing;
    if (left.length === 0) left.push(...ends ? ENDS : PASSING);
    const [drawn] = left.splice(Math.floor(this.#random() * left.length), 1);
    return drawn!;
  }
}

/** Lets one happen. What does not pass by itself is left to {@linkcode end}. */
export async function suffer(
  trouble: Trouble,
  { life, town, random }: { life: Life; town: Town; random: () => number },
) {
  const { wire } = town;
  const room = () => town.rooms[Math.floor(random() * town.rooms.length / 2)]!;
  const wait = (most: number) => new Promise<void>((go) => setTimeout(go, random() * most));
  /** More is said in some rooms than the server holds. */
  const flood = async () => {
    for (const name of [room(), room()]) await town.talk(HISTORY + 50, { rooms: [name] });
  };
  /** The network is gone for a while, and the reader goes on. */
  const away = async (meanwhile: () => Promise<unknown>) => {
    wire.cut();
    await Promise.all([meanwhile(), life.act()]);
    wire.restore();
    if (random() < 0.7) await life.tab.wake();
  };
  const kill = async () => {
    await life.kill();
    wire.restore();
    await life.open(room());
  };
  /** The browser has no room left, not even for a draft. */
  const fill = async () => {
    await life.fill(true);
    await life.write();
    await until("that is told", () => life.tab.unkept());
  };
  switch (trouble) {
    case "calm":
      return;
    case "cut":
      return await away(() => wait(2_000));
    case "absence":
      return await away(flood);
    case "crash":
      return await town.crash(() => wait(500));
    case "crash in absence":
      await away(async () => {
        await flood();
        await town.crash(() => wait(500));
      });
      // Private messages of meanwhile are gone.
      town.ledger.floor = Date.now();
      return;
    case "hidden":
      await life.hide(true);
      return await wait(1_000);
    case "full":
      return await fill();
    case "second tab":
      return await life.openOther(room());
    case "reload":
      return await life.reload(room());
    case "kill":
      return await kill();
    case "kill in absence":
      wire.cut();
      await life.act();
      await flood();
      return await kill();
    case "kill while full":
      await fill();
      await wait(1_000);
      return await kill();
  }
}

/** Ends what has not passed by itself. */
export async function end(life: Life, random: () => number) {
  if (life.full) await life.fill(false);
  await life.closeOther(random() < 0.5);
}
