import { assert, assertEquals } from "@std/assert";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test("page: Back and Forward go through the conversations", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using _bob = await Person.enter(browser, server.url, "Bob");
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;

  // A dialog is closed first, and leaves no trace when it is closed otherwise.
  const dialog = page.getByRole("dialog");
  for (const close of [() => page.goBack(), () => page.keyboard.press("Escape")]) {
    await page.getByRole("button", { name: "Join a room" }).click();
    await dialog.waitFor();
    await noted(ann);
    await close();
    await dialog.waitFor({ state: "hidden" });
    await shows(ann, "#lobby", "?room=lobby");
  }
  await ann.join("garden");
  await shows(ann, "#garden", "?room=garden");
  await room(ann, "lobby").click();
  await shows(ann, "#lobby", "?room=lobby");
  await ann.whisper("Bob");
  await shows(ann, "Bob", "?room=lobby&with=Bob");

  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");
  await page.goBack();
  await shows(ann, "#garden", "?room=garden");
  await page.reload();
  await ann.online();
  await shows(ann, "#garden", "?room=garden");
  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");
  for (let step = 0; step < 3; step++) await page.goForward();
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  await page.evaluate(() => history.go(-3));
  await shows(ann, "#lobby", "?room=lobby");

  // The skip link goes nowhere.
  await page.locator(".skip").focus();
  await page.keyboard.press("Enter");
  await until("the box has the focus", () => ann.box.evaluate((b) => b === document.activeElement));
  assertEquals(new URL(page.url()).hash, "");
  await page.goForward();
  await shows(ann, "#garden", "?room=garden");
});

Deno.test("page: what was left is found again, and not in the way", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;
  const join = async (name: string) => {
    await ann.join(name);
    await shows(ann, `#${name}`, `?room=${name}`);
  };
  const leave = (name: string) => page.getByRole("button", { name: `Leave #${name}` }).click();

  // A room that is left is no step of its own.
  await join("attic");
  await leave("attic");
  await shows(ann, "#lobby", "?room=lobby");
  await page.goBack();
  assertEquals(page.url(), "about:blank");
  await page.goForward();
  await ann.online();

  // Elsewhere on the way it is: whoever goes back there enters it again.
  await join("barn");
  await room(ann, "lobby").click();
  await shows(ann, "#lobby", "?room=lobby");
  await page.locator("#rooms li", { hasText: "barn" }).hover();
  await leave("barn");
  await until("the barn is gone", async () => await room(ann, "barn").count() === 0);
  await page.goBack();
  await shows(ann, "#barn", "?room=barn");
  await room(ann, "barn").waitFor();
  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");

  // One that is left while another is on its way to.
  await join("cellar");
  await join("den");
  await leave("den");
  await shows(ann, "#lobby", "?room=lobby");
  await page.goBack();
  await shows(ann, "#cellar", "?room=cellar");
});

Deno.test(
  "page: Back finds the place in a room, and the rooms in their order",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    const { page } = ann;
    await flood(server, 1, 60);
    await ann.sees("message 60.");
    await page.locator("#timeline").evaluate((element) => element.scrollTop = 300);
    const line = page.locator(".bubble", { hasText: "message 12." });
    const before = (await line.boundingBox())!.y;
    const rooms = () => page.locator("#rooms .name").allTextContents();
    for (const name of ["garden", "attic"]) {
      await ann.join(name);
      await shows(ann, `#${name}`, `?room=${name}`);
    }
    await page.evaluate(() => history.go(-2));
    await shows(ann, "#lobby", "?room=lobby");
    await line.waitFor();
    const after = (await line.boundingBox())!.y;
    assert(Math.abs(after - before) <= 2, `it moved from ${before} to ${after}`);
    assertEquals(await rooms(), ["lobby", "garden", "attic"]);
    await page.goForward();
    await shows(ann, "#garden", "?room=garden");
    await page.reload();
    await ann.online();
    await until("all are there", async () => (await rooms()).length === 3);
    assertEquals(await rooms(), ["lobby", "garden", "attic"]);
  },
);

Deno.test("page: nothing of the chat is in the way after leaving it", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using _bob = await Person.enter(browser, server.url, "Bob");
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;
  const enter = page.getByRole("button", { name: "Enter" });
  await ann.whisper("Bob");
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  await room(ann, "lobby").click();
  await ann.leave();
  // At its beginning nothing is written into the history.
  await until("the way is back", async () => await page.evaluate(() => history.state) === null);
  assertEquals([new URL(page.url()).search, await page.title()], ["?room=lobby", "Parley"]);
  await page.goForward();
  assertEquals(await enter.isVisible(), true);
  await page.goBack();
  assertEquals(page.url(), "about:blank");
  await page.goForward();
  await enter.click();
  await ann.online();
  await shows(ann, "#lobby", "?room=lobby");
  await page.goForward();
  await shows(ann, "#lobby", "?room=lobby");

  // Back in the same moment.
  await ann.whisper("Bob");
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  await page.locator("#leave-chat").click();
  await page.evaluate(async () => {
    const dialog = document.querySelector("dialog[open]")!;
    const closed = new Promise((resolve) => dialog.addEventListener("close", resolve));
    dialog.querySelector<HTMLElement>("[value=leave]")!.click();
    await closed;
    document.querySelector<HTMLFormElement>("#entry-form")!.requestSubmit();
  });
  await shows(ann, "#lobby", "?room=lobby");
  await ann.whisper("Bob");
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");
  await page.goBack();
  assertEquals(page.url(), "about:blank");
});

Deno.test("page: on a phone, Back closes the drawer first", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob");
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  await using ann = await Person.enter(browser, server.url, "Ann", phone);
  const { page } = ann;
  const rooms = page.locator("#sidebar");
  const people = page.locator("#people");
  const open = async (name: "Rooms" | "People") => {
    await page.getByRole("button", { name }).tap();
    await (name === "Rooms" ? rooms : people).waitFor();
    await noted(ann);
  };
  const closed = async () => {
    await rooms.waitFor({ state: "hidden" });
    await people.waitFor({ state: "hidden" });
  };

  await open("People");
  await ann.whisper("Bob");
  await closed();
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  for (const name of ["Rooms", "People"] as const) {
    await open(name);
    await page.goBack();
    await closed();
    await shows(ann, "Bob", "?room=lobby&with=Bob");
    // Forward does not open it.
    await page.goForward();
    await closed();
  }
  // Closed otherwise, it is no step either: by a tap beside it, or on where one is.
  await open("Rooms");
  await page.touchscreen.tap(380, 400);
  await closed();
  await open("Rooms");
  await page.locator("#directs").getByRole("button", { name: /^Bob/ }).tap();
  await closed();
  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");
  await page.goForward();
  await shows(ann, "Bob", "?room=lobby&with=Bob");

  // From a drawer into a dialog, and from there into a room.
  await open("Rooms");
  await page.getByRole("button", { name: "Join a room" }).tap();
  await page.getByRole("dialog").waitFor();
  await closed();
  await noted(ann);
  await page.goBack();
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await open("Rooms");
  await ann.join("garden");
  await shows(ann, "#garden", "?room=garden");

  // The room on screen is left in the drawer, which stays.
  await open("Rooms");
  await page.getByRole("button", { name: "Leave #garden" }).tap();
  await shows(ann, "#lobby", "?room=lobby");
  assertEquals(await rooms.isVisible(), true);
  await page.goBack();
  await closed();
  await shows(ann, "#lobby", "?room=lobby");
  await page.goBack();
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");

  // The menu of a name is closed first, too.
  await bob.say("Hello");
  await page.locator(".message").getByRole("button", { name: "Bob" }).tap();
  await page.getByRole("menu").waitFor();
  await noted(ann);
  await page.goBack();
  await page.getByRole("menu").waitFor({ state: "hidden" });
  await shows(ann, "#lobby", "?room=lobby");

  // A reload closes the drawer.
  await open("People");
  await page.reload();
  await ann.online();
  await closed();
  await page.goBack();
  assertEquals(page.url(), "about:blank");
});

Deno.test("page: the way holds, however fast one goes", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using _bob = await Person.enter(browser, server.url, "Bob");
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  await using ann = await Person.enter(browser, server.url, "Ann", phone);
  const { page } = ann;
  await page.getByRole("button", { name: "People" }).tap();
  await ann.whisper("Bob");
  await shows(ann, "Bob", "?room=lobby&with=Bob");

  // A drawer that is opened and closed many times, while the browser is on its way.
  await page.evaluate(async () => {
    const drawer = document.getElementById("sidebar")!;
    const task = () => new Promise((resolve) => setTimeout(resolve));
    for (let time = 0; time < 5; time++) {
      drawer.showPopover();
      await task();
      drawer.hidePopover();
      await task();
    }
    drawer.showPopover();
    drawer.querySelector<HTMLElement>("[data-name=lobby]")!.click();
  });
  await shows(ann, "#lobby", "?room=lobby");
  await page.goBack();
  await shows(ann, "Bob", "?room=lobby&with=Bob");

  // Back in the same moment as the drawer closes.
  await page.getByRole("button", { name: "Rooms" }).tap();
  await noted(ann);
  await page.evaluate(async () => {
    const drawer = document.getElementById("sidebar")!;
    const closed = new Promise((resolve) => drawer.addEventListener("toggle", resolve));
    drawer.hidePopover();
    await closed;
    history.back();
  });
  await shows(ann, "#lobby", "?room=lobby");
  await page.goForward();
  await shows(ann, "Bob", "?room=lobby&with=Bob");

  // More than the browser remembers.
  await page.evaluate(async () => {
    for (let time = 0; time < 30; time++) {
      for (const name of ["lobby", "Bob"]) {
        document.querySelector<HTMLElement>(`#sidebar [data-name=${name}]`)!.click();
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  });
  await page.goBack();
  await shows(ann, "#lobby", "?room=lobby");
  await page.goForward();
  await shows(ann, "Bob", "?room=lobby&with=Bob");
  await page.getByRole("button", { name: "Rooms" }).tap();
  await page.getByRole("button", { name: "Leave chat" }).tap();
  await page.getByRole("button", { name: "Leave", exact: true }).tap();
  await page.getByRole("button", { name: "Enter" }).tap();
  await ann.online();
  await shows(ann, "#lobby", "?room=lobby");
});

/** The button of a room in the list of those where the person is. */
function room({ page }: Person, name: string) {
  return page.locator("#rooms").locator(`[data-name="${name}"]`);
}

/** Waits until what covers the chat is in the history: a moment after it is seen, and before any finger. */
async function noted({ page }: Person) {
  await page.waitForFunction(() => history.state?.cover);
}

/** Waits until a conversation is on screen, and in the address. */
async function shows({ page }: Person, title: string, search: string) {
  await page.locator("#title").getByText(title, { exact: true }).waitFor();
  await until(`the address is ${search}`, () => new URL(page.url()).search === search);
}
