import type { BrowserContext } from "playwright-core";
import { Reader } from "./reader.ts";
import { Tab } from "./tab.ts";
import type { Town } from "./town.ts";

/** The name of the person whose page is looked at. */
export const NAME = "Ann";

/** In how many rooms the reader is at most, of the 32 that a connection may have. */
const MOST = 30;

/** Milliseconds after which the browser must have kept what was written. */
const KEPT = 2_000;

/** One person with the page: what they do there, and what they remember of it. */
export class Life {
  readonly reader: Reader;
  /** The tab that is open all day. */
  tab!: Tab;
  /** Another one, now and then. */
  other?: Tab;
  /** The conversation on screen. */
  current = "";
  /** Is the tab behind others? */
  hidden = false;
  /** Has the browser no room left? */
  full = false;
  /** What the person has said, and is not known to have arrived. */
  readonly owed = new Map<string, { place: string; time: number }>();
  /** What was left in the box of each conversation; undefined: it may be that or not. */
  readonly #drafts = new Map<string, { text: string; time: number } | undefined>();
  #town: Town;
  #context: BrowserContext;
  #random: () => number;
  #words = 0;

  constructor(town: Town, context: BrowserContext, random: () => number) {
    this.#town = town;
    this.#context = context;
    this.#random = random;
    this.reader = new Reader(town.ledger);
  }

  /** The tabs that are open. */
  get tabs(): Tab[] {
    return this.other ? [this.tab, this.other] : [this.tab];
  }

  // What the browser does.

  async open(room: string) {
    this.tab = await this.#open(room);
    this.current = `room:${room}`;
    this.hidden = false;
  }

  /** Opens the page in another tab. */
  async openOther(room: string) {
    this.other = await this.#open(room);
  }

  /** Closes the other tab as a person does, or as a phone does. */
  async closeOther(kill: boolean) {
    if (!this.other) return;
    await this.listen();
    if (kill) await this.other.kill();
    else await this.other.end();
    this.reader.end(this.other, true);
    this.other = undefined;
  }

  async reload(room: string) {
    await this.listen();
    this.reader.end(this.tab, false);
    await this.tab.enter(this.#town.wire.url, room);
    this.reader.begin(this.tab);
    this.current = `room:${room}`;
  }

  /** Ends the tab without telling the page. */
  async kill() {
    await this.listen();
    const now = Date.now();
    await this.tab.kill();
    this.reader.end(this.tab, true);
    const isSafe = (time: number) => !this.full && time < now - KEPT;
    for (const [place, draft] of this.#drafts) {
      if (draft && !isSafe(draft.time)) this.#drafts.set(place, undefined);
    }
    for (const [text, { time }] of this.owed) if (!isSafe(time)) this.owed.delete(text);
  }

  async hide(hidden: boolean) {
    this.hidden = hidden;
    await this.tab.hide(hidden);
  }

  /** Fills the browser's storage, or frees it. */
  async fill(full: boolean) {
    this.full = full;
    await this.tab.fill(full);
  }

  /** Takes note of what has come to the tabs. */
  async listen() {
    for (const tab of this.tabs) this.reader.hear(tab, await tab.drain(), !this.full);
  }

  // What the person does.

  /** Does one thing or another. */
  async act() {
    const dice = this.#random();
    if (this.other) await this.tab.front();
    if (dice < 0.35) await this.turn(this.#pick(await this.#places()));
    else if (dice < 0.55) await this.say();
    else if (dice < 0.65) await this.write();
    else if (dice < 0.8) await this.tab.scroll(-20 * this.#random());
    else if (dice < 0.86) await this.tab.scroll(5 * this.#random());
    else if (dice < 0.94) await this.tab.newest();
    else if (this.other) await this.#elsewhere(this.other);
    else if (dice < 0.97) await this.#leave();
    else await this.join(this.#pick(this.#town.rooms));
  }

  /** Turns to a conversation, whose draft must be as it was left. */
  async turn(place: string) {
    if (!(await this.tab.turn(place))) return;
    this.current = place;
    const draft = this.#drafts.get(place);
    if (!draft) return;
    const found = await this.tab.draft();
    if (found !== draft.text) {
      throw new Error(`The draft in ${place} is "${found}", not "${draft.text}"`);
    }
  }

  async say() {
    const text = `${NAME} says word ${this.#words++}.`;
    this.owed.set(text, { place: this.current, time: Date.now() });
    this.#drafts.delete(this.current);
    await this.tab.say(text);
  }

  /** Writes something long, and leaves it in the box. */
  async write() {
    const text = `A draft, number ${this.#words++}. ${"It is long. ".repeat(50)}`.trim();
    await this.tab.write(text);
    this.#drafts.set(this.current, { text, time: Date.now() });
  }

  /** Enters a room, if there may be one more. */
  async join(room: string) {
    const rooms = (await this.#places()).filter((place) => place.startsWith("room:"));
    const place = `room:${room}`;
    if (rooms.includes(place)) return await this.turn(place);
    if (rooms.length >= MOST) return;
    await this.tab.join(room);
    this.current = place;
  }

  /** Leaves a room that is not on screen, or hides a private conversation. */
  async #leave() {
    const waiting = new Set([...this.owed.values()].map(({ place }) => place));
    const places = (await this.#places()).filter((place) =>
      place !== this.current && !waiting.has(place)
    );
    if (places.length < MOST / 3) return;
    const place = this.#pick(places);
    await this.listen();
    await this.tab.close(place);
    await this.listen();
    if (place.startsWith("person:")) return;
    this.reader.forget(place);
    this.#drafts.delete(place);
  }

  /** Does something in the other tab. */
  async #elsewhere(tab: Tab) {
    await tab.front();
    await tab.turn(this.#pick([...(await tab.badges()).keys()]));
    await tab.scroll(-10 * this.#random());
  }

  async #open(room: string): Promise<Tab> {
    const tab = await Tab.open(this.#context, this.#town.wire.url, NAME, room);
    this.reader.begin(tab);
    return tab;
  }

  async #places(): Promise<string[]> {
    return [...(await this.tab.badges()).keys()];
  }

  #pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.#random() * among.length)]!;
  }
}
