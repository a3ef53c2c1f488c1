import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { Program } from "../program.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";

Deno.test(
  "page: of a big room everybody can be found, whoever comes and goes",
  inChromium,
  async () => {
    await using server = await Program.start(["--announce", "30", "--rate", "0"]);
    await using crowd = new Crowd(server);
    await crowd.enter(Array.from({ length: 300 }, (_, n) => `guest ${String(n).padStart(3, "0")}`));
    await using browser = await launch();
    const viewport = { width: 1280, height: 800 };
    await using ann = await Person.arrive(browser, "Ann", { viewport });
    const { page } = ann;
    const asked = requests(page);
    await page.goto(`${server.url}?name=Ann&room=lobby`);
    const people = page.locator("#people-list");
    const at = (name: string) => people.getByText(name, { exact: true });
    await page.locator("#count", { hasText: "301 here" }).waitFor();
    await at("guest 000").waitFor();
    await picture(ann, "people-big");

    // Scrolling to the end, with few of them on the page at any time.
    await people.hover();
    const scroller = page.locator("#people-scroller");
    await until("the last name is there", async () => {
      await page.mouse.wheel(0, 4_000);
      assert(await people.locator("li").count() < 50);
      const atEnd = await scroller.evaluate(({ scrollTop, clientHeight, scrollHeight }) =>
        scrollTop + clientHeight >= scrollHeight - 1
      );
      return atEnd && await at("guest 299").count() > 0;
    });
    assertEquals(asked.length, 2);
    const last = people.locator("li").last();
    assertEquals(await last.getAttribute("aria-posinset"), "301");
    assertEquals(await last.getAttribute("aria-setsize"), "301");

    // As many go as come, who are at the other end of the list: what is read stays where it is.
    const place = async () => (await at("guest 280").boundingBox())!.y;
    const before = await place();
    await crowd.leave("guest 001");
    await crowd.enter(["Aaron", "Abel"]);
    await page.locator("#count", { hasText: "302 here" }).waitFor();
    await until(
      "it is fetched again",
      async () => await last.getAttribute("aria-posinset") === "302",
    );
    assertEquals(await place(), before);
    await scroller.evaluate((scroller) => scroller.scrollTop = 0);
    await at("Aaron").waitFor();
    assertEquals(await at("guest 001").count(), 0);

    // By a part of the name; what can be done with whom one finds.
    const filter = page.getByRole("searchbox", { name: "Find somebody" });
    await filter.fill("GUEST 29");
    await page.getByText("10 found").waitFor();
    assertEquals(await people.locator("li").count(), 10);
    await picture(ann, "people-found");
    await ann.whisper("guest 293");
    await page.getByPlaceholder("Message guest 293").waitFor();
    await filter.waitFor({ state: "hidden" });
    // Whether somebody whose name was not told is here, is not known.
    await page.locator("#count", { hasText: "in private" }).waitFor();
    await page.locator("#rooms").getByRole("button", { name: "lobby" }).first().click();
    await filter.fill("xyz");
    await page.getByText("Nobody found").waitFor();
    await filter.fill("");

    // A server that refuses, and one that is away.
    await page.route(/api\/users/, (route) => route.fulfill({ status: 429, json: {} }));
    await crowd.enter(["Abba"]);
    await page.getByText("Cannot list the people: the server is asked for too much at the moment.")
      .waitFor();
    await picture(ann, "people-refused");
    await page.unroute(/api\/users/);
    assertStringIncludes(ann.faults.pop() ?? "", "429");
    await at("Abba").waitFor();
    await page.getByText("Cannot list the people").waitFor({ state: "hidden" });
    await server.crash();
    await page.getByText("They were here when the connection was lost.").waitFor();
    assertEquals(await page.locator("#count").textContent(), "");
  },
);

Deno.test(
  "page: nobody asks for the people of a big room who does not see them",
  inChromium,
  async () => {
    await using server = await Program.start(["--announce", "3", "--rate", "0"]);
    await using crowd = new Crowd(server);
    await crowd.enter(["Bob", "Carl", "Dora", "Emil"]);
    await using browser = await launch();
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    await using ann = await Person.arrive(browser, "Ann", phone);
    const { page } = ann;
    const asked = requests(page);
    await page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await crowd.enter(["Finn"]);
    await page.locator("#count", { hasText: "6 here" }).waitFor();
    assertEquals(asked, []);
    await page.getByRole("button", { name: "People" }).tap();
    await page.locator("#people-list").getByText("Finn").waitFor();
    assertEquals(asked.length, 1);
    // Once few enough are left, they are told one by one.
    await crowd.leave("Bob", "Carl", "Dora");
    await page.getByText("3 here").waitFor();
    await crowd.enter(["Gus"]);
    await crowd.leave("Emil", "Gus");
    await until(
      "two are there",
      async () =>
        (await page.locator("#people-list .name").allTextContents()).join() === "Ann,Finn",
    );
  },
);

Deno.test(
  "page: a name leads to a private conversation, or into the message",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using bob = await Person.enter(browser, server.url, "Bob");
    await using zoe = await Person.enter(browser, server.url, "Zoë");
    const viewport = { width: 1280, height: 800 };
    await using ann = await Person.enter(browser, server.url, "Ann", { viewport });
    const { page } = ann;
    const { keyboard } = page;
    const menu = page.getByRole("menu", { name: "Bob" });
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await bob.say("One");
    await bob.say("Two");
    await zoe.say("Three");
    await ann.sees("Three");
    await ann.say("Four");
    await ann.page.locator(".own.sent").waitFor();

    // By keyboard, from the box to the newest name, on to the one before, and back.
    await ann.box.fill("Hello , how are you?");
    await ann.box.evaluate((box: HTMLTextAreaElement) => box.setSelectionRange(6, 6));
    await keyboard.press("Shift+Tab");
    assertEquals(await focused(), "Zoë");
    await keyboard.press("ArrowUp");
    assertEquals(await focused(), "Bob");
    await keyboard.press("Enter");
    await menu.waitFor();
    assertEquals(await focused(), "Message privately");
    await picture(ann, "people-menu");
    await keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
    assertEquals(await focused(), "Bob");
    await keyboard.press("ArrowDown");
    assertEquals(await focused(), "Zoë");
    await keyboard.press("Enter");
    await keyboard.press("ArrowUp");
    assertEquals(await focused(), "Mention");
    await keyboard.press("ArrowDown");
    assertEquals(await focused(), "Message privately");
    await keyboard.press("End");
    await keyboard.press("Enter");
    assertEquals(await ann.box.inputValue(), "Hello @Zoë , how are you?");
    await keyboard.press("ControlOrMeta+z");
    assertEquals(await ann.box.inputValue(), "Hello , how are you?");
    await keyboard.press("ControlOrMeta+Shift+z");
    assertEquals(await ann.box.inputValue(), "Hello @Zoë , how are you?");
    await keyboard.type("!");
    assertEquals(await ann.box.inputValue(), "Hello @Zoë !, how are you?");

    // With the mouse: a second click closes it, one on another name opens that one's.
    const names = page.locator("#lines button.name");
    assertEquals(await names.allTextContents(), ["Bob", "Zoë"]);
    await names.first().click();
    await menu.waitFor();
    await names.first().click();
    await menu.waitFor({ state: "hidden" });
    await names.last().click();
    await page.getByRole("menu", { name: "Zoë" }).waitFor();
    await names.first().click();
    await menu.waitFor();
    await page.getByRole("menuitem", { name: "Message privately" }).click();
    await page.getByPlaceholder("Message Bob").waitFor();
    await ann.say("Psst");
    await bob.page.locator("#directs").getByRole("button", { name: /^Ann/ }).click();
    await bob.sees("Psst");

    // Where one is already, there is only the mention.
    await bob.page.locator("#lines button.name").click();
    await bob.page.getByRole("menu", { name: "Ann" }).waitFor();
    assertEquals(await bob.page.getByRole("menuitem").allTextContents(), ["Mention"]);
    assertEquals(await bob.page.locator("#people-list button").allTextContents(), ["AAnn"]);
  },
);

Deno.test(
  "page: on a phone the menu of a name fits, and closes what it came from",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const phone = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true };
    const long = "W".repeat(32);
    await using _wide = await Person.enter(browser, server.url, long);
    await using ann = await Person.enter(browser, server.url, "Ann", phone);
    const { page } = ann;
    await page.getByRole("button", { name: "People" }).tap();
    await page.locator("#people-list").getByRole("button", { name: long }).tap();
    const menu = page.locator("#person-menu");
    await menu.waitFor();
    const { x, y, width, height } = (await menu.boundingBox())!;
    assert(x >= 0 && y >= 0 && x + width <= 320 && y + height <= 568);
    assertEquals(await page.locator("#people-list").isVisible(), true);
    await picture(ann, "people-menu-phone");
    // The panel stays when only the menu is closed.
    await page.keyboard.press("Escape");
    await menu.waitFor({ state: "hidden" });
    assertEquals(await page.locator("#people-list").isVisible(), true);
    await page.locator("#people-list").getByRole("button", { name: long }).tap();
    await page.getByRole("menuitem", { name: "Mention" }).tap();
    assertEquals(await ann.box.inputValue(), `@${long} `);
    assertEquals(await page.locator("#people-list").isVisible(), false);
  },
);

/** The questions for people that a page asks from here on. */
function requests(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/users")) asked.push(request.url());
  });
  return asked;
}

/** Many people in the lobby, who need no browser. */
class Crowd implements AsyncDisposable {
  #sockets = new Map<string, WebSocket>();
  #url: string;

  constructor({ port }: Program) {
    this.#url = `ws://127.0.0.1:${port}/ws`;
  }

  async enter(names: string[]) {
    await Promise.all(names.map((username) => {
      const socket = new WebSocket(`${this.#url}?${new URLSearchParams({ username })}`);
      this.#sockets.set(username, socket);
      return new Promise((resolve) => socket.onopen = resolve);
    }));
  }

  async leave(...names: string[]) {
    await Promise.all(names.map((name) => {
      const socket = this.#sockets.get(name)!;
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.onclose = resolve);
      socket.close();
      return closed;
    }));
  }

  async [Symbol.asyncDispose]() {
    await this.leave(...this.#sockets.keys());
  }
}
