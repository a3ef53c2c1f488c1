/**
 * A tab of a browser, and a person in front of it: the same words whatever browser it is. What is
 * behind them is in a file per browser.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { root } from "../../program.ts";
import { until } from "../support.ts";

/** A sequence of actions of one device, in the words of W3C's WebDriver, classic and BiDi alike. */
export interface Device {
  type: "key" | "pointer" | "wheel";
  id: string;
  actions: Record<string, string | number>[];
}

/** What a browser lets a test do. */
export interface Tab extends AsyncDisposable {
  /** Goes to an address, and waits until the page is there. */
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  back(): Promise<void>;
  /** The value of an expression in the page, or what it promises; JSON has to know it. */
  value(expression: string): Promise<unknown>;
  perform(devices: Device[]): Promise<void>;
  /** Gives the window a size in pixels. */
  resize(width: number, height: number): Promise<void>;
  /** What is shown, as PNG in Base64. */
  picture(): Promise<string>;
  /** Errors and warnings of the page, as far as the browser tells them. */
  faults(): Promise<string[]>;
}

/** Keys that write nothing, by their names; W3C gives each a character. */
const KEYS: Record<string, string> = {
  ...{ Tab: "\uE004", Enter: "\uE007", Shift: "\uE008", Control: "\uE009", Alt: "\uE00A" },
  ...{ Escape: "\uE00C", PageUp: "\uE00E", Home: "\uE011", ArrowUp: "\uE013" },
};

/** Somebody who looks, clicks and types, and waits for what is to come. */
export class Guest {
  constructor(readonly tab: Tab) {}

  /** Runs a function in the page, with arguments that JSON knows. */
  async run<A extends unknown[], T>(task: (...args: A) => T, ...args: A): Promise<Awaited<T>> {
    return await this.tab.value(`(${task})(...${JSON.stringify(args)})`) as Awaited<T>;
  }

  /** Is an element on screen, and with this in its text or its name? */
  async shows(selector: string, words = ""): Promise<boolean> {
    return await this.run(
      (selector, words) =>
        [...document.querySelectorAll(selector)].some((element) =>
          element.checkVisibility() &&
          `${element.textContent} ${element.getAttribute("aria-label")}`.includes(words)
        ),
      selector,
      words,
    );
  }

  /** Waits until an element is on screen. */
  async sees(selector: string, words = "") {
    await until(`${selector} ${words} is shown`, () => this.shows(selector, words));
  }

  /** Waits until an element is not on screen. */
  async misses(selector: string, words = "") {
    await until(`${selector} ${words} is gone`, async () => !await this.shows(selector, words));
  }

  /** Texts of the elements of a kind. */
  async texts(selector: string): Promise<string[]> {
    return await this.run(
      (selector) => [...document.querySelectorAll(selector)].map((each) => each.textContent!),
      selector,
    );
  }

  /** What stands in a field. */
  async written(selector: string): Promise<string> {
    return await this.run(
      (selector) => document.querySelector<HTMLInputElement>(selector)!.value,
      selector,
    );
  }

  /** Clicks in the middle of an element, which has to be there and uncovered. */
  async click(selector: string) {
    let place: { x: number; y: number } | null = null;
    await until(`${selector} can be clicked`, async () => {
      place = await this.run((selector) => {
        const element = document.querySelector(selector);
        element?.scrollIntoView({ block: "nearest" });
        const box = element?.getBoundingClientRect();
        if (!element || !box) return null;
        const [x, y] = [Math.floor(box.x + box.width / 2), Math.floor(box.y + box.height / 2)];
        return element.contains(document.elementFromPoint(x, y)) ? { x, y } : null;
      }, selector);
      return place !== null;
    });
    await this.point(place!.x, place!.y);
  }

  /** Clicks at a place in the window. */
  async point(x: number, y: number) {
    await this.tab.perform([{
      type: "pointer",
      id: "mouse",
      actions: [
        { type: "pointerMove", x, y, duration: 0 },
        { type: "pointerDown", button: 0 },
        { type: "pointerUp", button: 0 },
      ],
    }]);
  }

  /** Turns the wheel over an element, by pixels. */
  async wheel(selector: string, deltaY: number) {
    const { x, y } = await this.run((selector) => {
      const { x, y, width, height } = document.querySelector(selector)!.getBoundingClientRect();
      return { x: Math.floor(x + width / 2), y: Math.floor(y + height / 2) };
    }, selector);
    const scroll = { type: "scroll", x, y, deltaX: 0, deltaY, duration: 0 };
    await this.tab.perform([{ type: "wheel", id: "wheel", actions: [scroll] }]);
  }

  /** Types a text where the focus is. */
  async type(text: string) {
    await this.#keys([...text].flatMap((value) => [["keyDown", value], ["keyUp", value]]));
  }

  /** Presses a key, with others held: `Control+k`. */
  async press(keys: string) {
    const values = keys.split("+").map((name) => KEYS[name] ?? name);
    await this.#keys([
      ...values.map((value) => ["keyDown", value]),
      ...values.toReversed().map((value) => ["keyUp", value]),
    ]);
  }

  /** Writes a message and sends it. */
  async say(text: string) {
    await this.click("#content");
    await this.type(text);
    await this.press("Enter");
    await until("it is sent", async () => await this.written("#content") === "");
  }

  /** Saves what is shown as `screenshots/NAME.png`, once nothing moves. */
  async picture(name: string) {
    await this.run(async () => {
      await Promise.allSettled(document.getAnimations().map(({ finished }) => finished));
      // What is asked for is painted in a frame, which is there once the next one begins.
      for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    });
    const bytes = Uint8Array.fromBase64(await this.tab.picture());
    await Deno.mkdir(new URL("screenshots/", root), { recursive: true });
    await Deno.writeFile(new URL(`screenshots/${name}.png`, root), bytes);
  }

  /** Nothing of the page is outside of the window. */
  async fits() {
    const [page, view] = await this.run(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return [[scrollWidth, scrollHeight], [innerWidth, innerHeight]];
    });
    assertEquals(page, view);
  }

  async #keys(pairs: string[][]) {
    const actions = pairs.map(([type, value]) => ({ type: type!, value: value! }));
    await this.tab.perform([{ type: "key", id: "keyboard", actions }]);
  }
}
