/// <reference lib="dom" />
/**
 * What the browser tests stand on: a browser, people in front of it, and ways to wait and look.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from "playwright-core";
import { need } from "../prepare/need.ts";
import { browser } from "../prepare/tools.ts";
import { root } from "../program.ts";

/** No background traffic; and no sandbox, which root may not have: only our own page is loaded. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Milliseconds to wait for what should come soon: plenty, for a machine that is busy elsewhere. */
const PATIENCE = 60_000;

const { ignore, path } = await need(browser);

/** For tests in a browser. */
export const inChromium = { ignore, timeout: 4 * PATIENCE };

/** Starts the browser, with an empty profile of its own. @throws {Error} when there is none */
export async function launch(): Promise<Browser> {
  const executablePath = path();
  // Not imported above: loading it takes permissions that a bare `deno test` does not have.
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath, args: FLAGS, timeout: PATIENCE });
}

/** Starts it as it is on somebody's own machine: with a profile that lasts, for it to be closed with. */
export async function launchAtHome(): Promise<BrowserContext> {
  const executablePath = path();
  const { chromium } = await import("playwright-core");
  return await chromium.launchPersistentContext("", { executablePath, args: FLAGS });
}

/** A person with a browser window. */
export class Person implements AsyncDisposable {
  /** Dialogs, and errors of the page and its console: at the end there must be none. */
  readonly faults: string[] = [];

  constructor(readonly context: BrowserContext, readonly page: Page, readonly name: string) {
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("dialog", (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("console", (message) => {
      // Chromium reports every connection that cannot be made, whatever the page does; and 426, by
      // which the page is told that it could be made by then, and 501, that the server cannot search.
      if (/WebSocket connection|net::ERR_|status of (426|501)/.test(message.text())) return;
      if (["error", "warning"].includes(message.type())) this.faults.push(message.text());
    });
  }

  /** Opens a window with a profile of its own, and shows nothing yet. */
  static async arrive(browser: Browser, name: string, options: BrowserContextOptions = {}) {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    return new Person(context, await context.newPage(), name);
  }

  /** Opens a window and enters a room by a link. */
  static async enter(
    browser: Browser,
    url: string,
    name: string,
    { room = "lobby", ...options }: BrowserContextOptions & { room?: string } = {},
  ): Promise<Person> {
    const person = await Person.arrive(browser, name, options);
    await person.page.goto(`${url}?${new URLSearchParams({ name, room })}`);
    await person.online();
    return person;
  }

  /** Waits until the page is connected and has entered its room. */
  async online() {
    await this.page.locator("#count:not(:empty)").waitFor({ state: "attached" });
    await this.page.locator("#banner:not(.offline, .connecting, .closed)").waitFor({
      state: "attached",
    });
  }

  /** Leaves the chat, and says so when asked. */
  async leave() {
    await this.page.locator("#leave-chat").click();
    await this.page.getByRole("button", { name: "Leave", exact: true }).click();
    await this.page.getByRole("button", { name: "Enter" }).waitFor();
  }

  /** The box to write in. */
  get box(): Locator {
    return this.page.locator("#content");
  }

  /** Writes a message and sends it. */
  async say(text: string) {
    await this.box.fill(text);
    // With a finger, Enter begins a new line.
    const touch = await this.page.evaluate(() => matchMedia("(hover: none)").matches);
    if (touch) await this.page.getByRole("button", { name: "Send" }).tap();
    else await this.box.press("Enter");
  }

  /** Enters a room by way of the finder. */
  async join(room: string) {
    await this.page.getByRole("button", { name: "Join a room" }).click();
    await this.page.getByRole("combobox", { name: "Room or person" }).fill(room);
    await this.page.keyboard.press("Enter");
    await this.page.getByPlaceholder(`Message #${room}`).waitFor();
  }

  /** Turns to the private conversation with somebody whose name is in the list of people. */
  async whisper(name: string) {
    const list = this.page.locator("#people-list");
    await list.getByRole("button", { name, exact: true }).click();
    await this.page.getByRole("menuitem", { name: "Message privately" }).click();
  }

  /** Waits until a message with this text is shown. */
  async sees(text: string) {
    await this.page.locator(".bubble", { hasText: text }).first().waitFor();
  }

  /** Texts of the messages on the page, in order. */
  async texts(): Promise<string[]> {
    return await this.page.locator(".bubble").allTextContents();
  }

  async [Symbol.asyncDispose]() {
    await this.context.close();
    assertEquals(this.faults, [], `the page of ${this.name} had faults`);
  }
}

/** Waits until something is true, and otherwise fails with what it was. */
export async function until(what: string, holds: () => boolean | Promise<boolean>) {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Cannot wait any longer until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Gives messages other times on their way to a page: those that `timeOf` their content says. */
export async function retime({ page }: Person, timeOf: (content: string) => string | undefined) {
  const change = (line: string) => {
    const message = JSON.parse(line);
    return JSON.stringify({ ...message, timestamp: timeOf(message.content) ?? message.timestamp });
  };
  await page.routeWebSocket(/\/ws\?/, (toPage) => {
    const toServer = toPage.connectToServer();
    toServer.onMessage((frame) => toPage.send(String(frame).split("\n").map(change).join("\n")));
  });
  // What was said before may come by HTTP as well.
  await page.route(/\/messages\?/, async (route) => {
    try {
      const answer = await route.fetch();
      const { messages, ...rest } = await answer.json();
      const changed = messages.map((message: unknown) =>
        JSON.parse(change(JSON.stringify(message)))
      );
      await route.fulfill({ response: answer, json: { ...rest, messages: changed } });
    } catch {
      // The page is closed by then.
    }
  });
}

/** Saves what a page shows, as `screenshots/NAME.png`. */
export async function picture({ page }: Person, name: string) {
  await Deno.mkdir(new URL("screenshots/", root), { recursive: true });
  const path = new URL(`screenshots/${name}.png`, root).pathname;
  await page.screenshot({ path, animations: "disabled", caret: "initial" });
}
