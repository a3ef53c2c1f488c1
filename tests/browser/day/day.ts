/**
 * A day in the life of a page: people talk in fifty rooms, a reader goes about in the page, and what
 * happens to pages happens to it. Whenever it is quiet, what it shows is compared with what was said.
 *
 * @module
 */
import { launch } from "../support.ts";
import { randomFrom } from "../../chat/proxy.ts";
import { Comparison } from "./comparison.ts";
import { Life, NAME } from "./life.ts";
import type { Load } from "./tab.ts";
import { Town } from "./town.ts";
import { end, suffer, Troubles } from "./troubles.ts";

/** How a day goes. */
export interface DayOptions {
  /** Days with the same seed have the same troubles (what the network does in between is its own). */
  seed: number;
  /** How many minutes it has. */
  minutes: number;
  /** In how many rooms the reader is when it begins. */
  rooms: number;
  /** Does the page hold all it can before its load is measured, so that it must stay the same? */
  filled?: boolean;
  /** Is told how far it is. */
  progress?: (text: string) => void;
}

/** What a day was like. */
export interface Outcome {
  said: number;
  /** How many lines were compared, and badges. */
  lines: number;
  badges: number;
  /** What happened to the page, and how often. */
  troubles: Record<string, number>;
  /** How much the page took after each minute since it was opened last. */
  loads: Load[];
}

/** What is said in a minute of a busy chat. */
const TALK = 600;

/** Milliseconds between two messages of one of those who speak, so that they speak all the time. */
const PACE = 40;

/** The part of the day, its beginning, in which the page is begun anew every other minute. */
const MORNING = 0.4;

/** Every so many minutes all conversations are read from their start to their end. */
const READ = 10;

/** How much more a page may take at the end of the day. */
const GROWTH = 1.25;

/** In a minute the reader does so many things. */
const ACTS = 14;

/**
 * Spends a day.
 *
 * @throws {Error} when the page shows something that is not so
 */
export async function spend(options: DayOptions): Promise<Outcome> {
  const { seed, minutes, rooms, filled = false, progress = () => {} } = options;
  // Each has its own: who speaks when must not decide what happens next.
  const [random, theirs, mine] = [randomFrom(seed), randomFrom(seed + 1), randomFrom(seed + 2)];
  await using browser = await launch();
  await using town = await Town.open(NAME, theirs);
  const life = new Life(town, await browser.newContext({ locale: "en-GB" }), mine);
  const comparison = new Comparison(life, town);
  const troubles = new Troubles(random);
  const suffered: Record<string, number> = {};
  let loads: Load[] = [];

  await life.open("lobby");
  for (const room of town.rooms.slice(1, rooms)) await life.join(room);
  const noon = Math.ceil(minutes * MORNING);
  for (let minute = 1; minute <= minutes; minute++) {
    const { tab } = life;
    const trouble = troubles.draw(minute <= noon && minute % 2 === 0);
    const at = Math.floor(random() * ACTS);
    const live = async () => {
      for (let act = 0; act < ACTS; act++) {
        if (act === at) await suffer(trouble, { life, town, random });
        if (life.hidden) await new Promise((resolve) => setTimeout(resolve, 100));
        else await life.act();
        await life.listen();
      }
    };
    progress(`minute ${minute}: ${trouble}`);
    await Promise.all([town.talk(TALK, { pace: PACE }), live()]);
    await comparison.quiet();
    await comparison.counts();
    if (life.hidden) await life.hide(false);
    await comparison.read(minute % READ === 0 || minute === minutes, random);
    await comparison.counts();
    await end(life, random);
    if (filled && minute === noon) await fill(life, town);
    if (tab !== life.tab) loads = [];
    loads.push(await life.tab.load());
    suffered[trouble] = (suffered[trouble] ?? 0) + 1;
    progress(`  ${town.said} said, ${comparison.lines} lines and ${comparison.badges} badges`);
  }
  if (filled) compare(loads);
  const { lines, badges } = comparison;
  return { said: town.said, lines, badges, troubles: suffered, loads };
}

/** Has so much said in the reader's rooms that the page holds all it can. */
async function fill(life: Life, town: Town) {
  for (const place of (await life.tab.badges()).keys()) {
    if (place.startsWith("room:")) await town.talk(1_050, { rooms: [place.slice(5)] });
    await life.listen();
  }
}

/** A page that is full must not take more at the end of the day than at noon. */
function compare(loads: Load[]) {
  const third = Math.floor(loads.length / 3);
  for (const what of ["heap", "nodes", "listeners"] as const) {
    const [first, last] = [loads.slice(0, third), loads.slice(-third)].map((part) =>
      part.map((load) => load[what]).sort((a, b) => a - b)[Math.floor(third / 2)]!
    );
    if (last! > first! * GROWTH) throw new Error(`It took ${first} ${what}, and then ${last}`);
  }
}
