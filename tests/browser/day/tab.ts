/// <reference lib="dom" />
/**
 * One tab with the page, and what its reader does there.
 *
 * @module
 */
import type { BrowserContext, CDPSession } from "playwright-core";
import { Person, until } from "../support.ts";
import { type Event, install, type Line } from "./recorder.ts";
import { type Scroll, walk } from "./walk.ts";

/** How much a page takes. */
export interface Load {
  /** Bytes of the heap, after a collection. */
  heap: number;
  nodes: number;
  listeners: number;
}

export class Tab {
  readonly person: Person;
  #devtools: CDPSession;

  private constructor(person: Person, devtools: CDPSession) {
    this.person = person;
    this.#devtools = devtools;
  }

  /** Opens a tab, and the chat in it. */
  static async open(context: BrowserContext, url: string, name: string, room: string) {
    const page = await context.newPage();
    const person = new Person(context, page, name);
    await page.addInitScript(install, name);
    const tab = new Tab(person, await context.newCDPSession(page));
    await tab.enter(url, room);
    return tab;
  }

  /** Loads the page anew, and enters a room by its link. */
  async enter(url: string, room: string) {
    const { page, name } = this.person;
    await page.goto(`${url}?${new URLSearchParams({ name, room })}`);
    await page.locator("#chat").waitFor();
    await page.evaluate((place) => recorder.turn(place), `room:${room}`);
  }

  /** Puts it in front of the others: browsers let those rest. */
  async front() {
    await this.person.page.bringToFront();
  }

  /** Takes out what has happened. */
  async drain(): Promise<Event[]> {
    return await this.person.page.evaluate(() => recorder.drain());
  }

  async line(): Promise<Line> {
    return await this.person.page.evaluate(() => recorder.line());
  }

  /** The conversations in the lists, and how much is said to be unread in each. */
  async badges(): Promise<Map<string, number>> {
    const badges = await this.person.page.evaluate(() =>
      recorder.entries().map(([place, entry]): [string, number] => {
        const badge = entry.querySelector<HTMLElement>(".badge")!;
        return [place, badge.hidden ? 0 : parseInt(badge.getAttribute("aria-label")!)];
      })
    );
    return new Map(badges);
  }

  /** How much is unread: in private, if anything is, and else in the rooms; as the title tells. */
  async title(): Promise<{ count: number; isPrivate: boolean }> {
    const [, count = "0", words = ""] =
      /^\((\d+)( for you)?\)/.exec(await this.person.page.title()) ?? [];
    return { count: Number(count), isPrivate: words !== "" };
  }

  /** Turns to a conversation in the lists, if it is there. */
  async turn(place: string): Promise<boolean> {
    return await this.person.page.evaluate((place) => {
      const button = recorder.entry(place);
      button?.click();
      if (button) recorder.turn(place);
      return button !== undefined;
    }, place);
  }

  /** Enters another room without leaving the page. */
  async join(room: string) {
    const { page } = this.person;
    await page.locator("#browse-open").click();
    await page.locator("dialog[open] input").fill(room);
    await page.evaluate((place) => recorder.expect(place), `room:${room}`);
    await page.keyboard.press("Enter");
    await page.locator("#title", { hasText: `#${room}` }).waitFor();
  }

  /** Takes a conversation that is not on screen out of the lists. */
  async close(place: string) {
    await this.person.page.evaluate((place) => {
      const item = recorder.entry(place)?.parentElement;
      item?.querySelector<HTMLElement>(".leave")?.click();
      recorder.leave(place);
    }, place);
    // Somebody may speak in private at once, and it is there again.
    if (place.startsWith("person:")) return;
    await until(`${place} is gone`, async () => !(await this.badges()).has(place));
  }

  async hide(hidden: boolean) {
    await this.person.page.evaluate((hidden) => recorder.hide(hidden), hidden);
  }

  /** Writes something, and sends it. */
  async say(text: string) {
    await this.person.say(text);
  }

  /** Writes something, and leaves it in the box. */
  async write(text: string) {
    await this.person.box.fill(text);
  }

  async draft(): Promise<string> {
    return await this.person.box.inputValue();
  }

  /** Scrolls by so many windows, up if that is negative. */
  async scroll(by: number) {
    await this.person.page.evaluate((by) => {
      const timeline = document.querySelector("#timeline")!;
      timeline.scrollTop += by * timeline.clientHeight;
    }, by);
  }

  /** Goes to the newest line, as one who sees the button does. */
  async newest() {
    await this.person.page.evaluate(() => {
      const button = document.querySelector<HTMLElement>("#newer")!;
      if (!button.hidden) button.click();
    });
  }

  /** Reads the conversation from its start to its end. */
  async read(): Promise<Scroll> {
    return await this.person.page.evaluate(walk);
  }

  /** Discards what could not be sent in the conversation on screen. */
  async discard() {
    const { page } = this.person;
    await page.evaluate(() => {
      for (const button of document.querySelectorAll<HTMLElement>('[data-act="discard"]')) {
        button.click();
      }
    });
  }

  /** Fills the browser's storage to the last character, or frees it. */
  async fill(full: boolean) {
    await this.person.page.evaluate((full) => {
      const names = Object.keys(localStorage).filter((name) => name.startsWith("ballast"));
      if (!full) return names.forEach((name) => localStorage.removeItem(name));
      for (let size = 2 ** 20; size >= 1; size /= 2) {
        try {
          for (let n = 0;; n++) localStorage.setItem(`ballast-${size}-${n}`, "x".repeat(size));
        } catch {
          // Something smaller may fit.
        }
      }
    }, full);
  }

  /** Does the page say that the browser keeps nothing? */
  async unkept(): Promise<boolean> {
    return await this.person.page.locator("#unkept").textContent() !== "";
  }

  /** The network is said to be back, as browsers do. */
  async wake() {
    await this.person.page.evaluate(() => dispatchEvent(new Event("online")));
  }

  /** Ends it as a phone does: the page is told nothing. */
  async kill() {
    const { page } = this.person;
    const crashed = page.waitForEvent("crash");
    this.#devtools.send("Page.crash").catch(() => {});
    await crashed;
    await page.close();
  }

  /** Ends it as a reader does. */
  async end() {
    await this.person.page.close({ runBeforeUnload: false });
  }

  async load(): Promise<Load> {
    await this.#devtools.send("HeapProfiler.collectGarbage");
    const { usedSize } = await this.#devtools.send("Runtime.getHeapUsage");
    const { nodes, jsEventListeners } = await this.#devtools.send("Memory.getDOMCounters");
    return { heap: usedSize, nodes, listeners: jsEventListeners };
  }
}
