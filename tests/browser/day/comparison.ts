import { assertEquals } from "@std/assert";
import { keyOf } from "../../../static/names.js";
import { until } from "../support.ts";
import { judge } from "./judge.ts";
import { type Said, timeOf } from "./ledger.ts";
import { type Life, NAME } from "./life.ts";
import type { Count } from "./reader.ts";
import type { Tab } from "./tab.ts";
import type { Town } from "./town.ts";
import type { Scroll } from "./walk.ts";

/** Milliseconds for everything to come that is to come. */
const PATIENCE = 60_000;

/** How many characters of what is wrong are told. */
const TOLD = 4_000;

/** Compares what the page shows, whenever it is quiet, with what was said. */
export class Comparison {
  /** How many lines were compared, and badges. */
  lines = 0;
  badges = 0;
  #life: Life;
  #town: Town;

  constructor(life: Life, town: Town) {
    this.#life = life;
    this.#town = town;
  }

  /** Waits until all has come to every tab that is to come. */
  async quiet() {
    let before = "";
    let missing: string[] = [];
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      missing = [];
      const heads = await this.#town.heads();
      for (const tab of this.#life.tabs) missing.push(...await this.#missing(tab, heads));
      await pause();
      const now = JSON.stringify([...heads]);
      if (missing.length === 0 && now === before) return await this.#life.listen();
      before = now;
    }
    throw new Error(`Cannot wait any longer: ${missing.join(", ")}`);
  }

  /** Every badge must tell what was not seen. Of a hidden page, only the title is up to date. */
  async counts() {
    const { reader, tabs, tab: main, hidden, full } = this.#life;
    let wrong: string[] = [];
    const compare = (what: string, unread: number, [least, most]: Count) => {
      this.badges++;
      if (unread < least || unread > most) {
        wrong.push(`${what}: ${unread}, not ${least} to ${most}`);
      }
    };
    const agree = async () => {
      await this.#life.listen();
      wrong = [];
      for (const [index, tab] of tabs.entries()) {
        await tab.front();
        const badges = await tab.badges();
        if (hidden && tab === main) {
          const { count, isPrivate } = await tab.title();
          let sum: Count = [0, 0];
          // Who has spoken in private meanwhile is not in its lists yet.
          for (const place of new Set([...badges.keys(), ...reader.people])) {
            if (isPrivate && place.startsWith("room:")) continue;
            const [least, most] = reader.expected(tab, place);
            sum = [sum[0] + least, sum[1] + most];
          }
          compare("the title", count, sum);
        } else {
          for (const [place, unread] of badges) {
            compare(`${place} in tab ${index}`, unread, reader.expected(tab, place));
          }
        }
      }
      return wrong.length === 0;
    };
    for (const end = Date.now() + PATIENCE / 6; !(await agree());) {
      if (Date.now() > end) throw new Error(`Unread: ${wrong.join("; ").slice(0, TOLD)}`);
      await pause();
    }
    for (const { person } of tabs) assertEquals(person.faults, [], "faults of the page");
    if (hidden || full) return;
    await until("the browser is said to have room", async () => !await main.unkept());
  }

  /** Reads conversations, which must be what was said there. @param all every one, or a few */
  async read(all: boolean, random: () => number) {
    for (const tab of this.#life.tabs) {
      await tab.front();
      const places = [...(await tab.badges()).keys()];
      const some = places.filter((place) =>
        all || random() < (place.startsWith("person:") ? 0.5 : 0.12)
      );
      for (const place of some) await this.#read(tab, place);
    }
    if (all) this.#once();
  }

  async #read(tab: Tab, place: string) {
    const life = this.#life;
    if (tab === life.tab) await life.turn(place);
    else await tab.turn(place);
    const scroll = await tab.read();
    await life.listen();
    life.reader.arrive(place);
    const { ledger } = this.#town;
    const held = place.startsWith("room:")
      ? await this.#held(place.slice(5))
      : this.#private(place, scroll);
    const faults = judge(scroll, { place, ledger, held });
    this.lines += scroll.rows.length;
    faults.push(...this.#settle(place, scroll));
    assertEquals(faults.join("\n").slice(0, TOLD), "");
    await tab.discard();
  }

  async #held(room: string): Promise<Said[]> {
    const held = await this.#town.history(room);
    for (const message of held) this.#town.ledger.add({ ...message, room });
    return held;
  }

  /** Private messages that the page must have. */
  #private(place: string, { rows, start }: Scroll): Said[] {
    const { ledger } = this.#town;
    const first = start === "" ? "" : rows[0]?.order ?? "";
    return ledger.of(place).filter(({ id }) =>
      id >= first && timeOf(id) > ledger.floor && !ledger.mayHave(id)
    );
  }

  /** What the person has said must have arrived once, or be told to have failed. */
  #settle(place: string, { rows }: Scroll): string[] {
    const { ledger } = this.#town;
    const failed = new Set(rows.filter(({ kind }) => kind === "failed").map(({ text }) => text));
    const shown = new Set(rows.map(({ text }) => text));
    const lost: string[] = [];
    for (const [text, owed] of this.#life.owed) {
      if (owed.place !== place) continue;
      const isKnown = failed.has(text) || ledger.count(place, text) > 0 || shown.has(text);
      if (!isKnown) lost.push(`neither said nor failed: ${text}`);
      this.#life.owed.delete(text);
    }
    const pending = rows.filter(({ kind }) => kind === "pending");
    return [...lost, ...pending.map(({ text }) => `still on its way: ${text}`)];
  }

  /** Nothing that the person said may have been said twice. */
  #once() {
    const { ledger } = this.#town;
    const texts = ledger.places.flatMap((place) => ledger.of(place))
      .filter(({ username }) => keyOf(username) === keyOf(NAME))
      .map(({ content }) => content);
    const twice = texts.filter((text, index) => texts.indexOf(text) !== index);
    assertEquals(twice, [], "said twice");
  }

  /** What has not come to a tab. */
  async #missing(tab: Tab, heads: Map<string, string>): Promise<string[]> {
    const { online, told, places } = await tab.line();
    if (!online) return ["a connection"];
    const missing: string[] = [];
    for (const place of (await tab.badges()).keys()) {
      if (!place.startsWith("room:")) continue;
      if (!told.includes(place)) missing.push(`all that was missed in ${place}`);
      else if ((heads.get(place) ?? "") > (places[place] ?? "")) missing.push(`news of ${place}`);
    }
    if ((places.inbox ?? "") < this.#town.newest) missing.push("private messages");
    return missing;
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 200));
