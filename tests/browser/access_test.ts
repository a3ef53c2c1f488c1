import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inspect } from "./axe.ts";
import { inChromium, launch, Person } from "./support.ts";

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`page: axe finds no fault in ${colorScheme} colours`, inChromium, async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using guest = await Person.arrive(browser, "guest", { colorScheme });
    await guest.page.goto(`${server.url}?name=@`);
    await guest.page.locator("#name-problem:not(:empty)").waitFor();
    await inspect(guest, "entry form with a problem");

    await using ann = await Person.enter(browser, server.url, "Ann", { colorScheme });
    await using bob = await Person.enter(browser, server.url, "Bob", { colorScheme });
    await inspect(ann, "empty room");
    await guest.page.getByLabel("Name").fill("Ann");
    await guest.page.locator("#name-warning:not(:empty)").waitFor();
    await inspect(guest, "entry form with a name in use");
    await bob.say("Hello @Ann, see https://example.com/");
    await ann.sees("Hello @Ann");
    await ann.say("Hello, Bob");
    await ann.page.locator(".sent").waitFor();
    await ann.page.locator(".message button.name").click();
    await ann.page.getByRole("menu").waitFor();
    await inspect(ann, "menu of an author");
    await ann.page.keyboard.press("Escape");
    await bob.whisper("Ann");
    await bob.say("In private");
    await ann.page.locator("#directs .badge:visible").waitFor();
    await inspect(ann, "messages, an unread one, and people");
    await ann.page.getByRole("button", { name: "Join a room" }).click();
    await inspect(ann, "finder");
    await ann.page.getByRole("button", { name: "Close", exact: true }).click();
    await ann.page.keyboard.press("Control+Shift+F");
    await ann.page.getByRole("combobox", { name: "Words" }).fill("hello");
    await ann.page.locator("#search mark").first().waitFor();
    await inspect(ann, "search");
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("button", { name: "Help" }).click();
    await inspect(ann, "help");
    await ann.page.keyboard.press("Escape");
    await ann.box.fill("@b");
    await ann.page.getByRole("listbox", { name: "Suggestions" }).waitFor();
    await inspect(ann, "suggestions");

    await ann.page.getByRole("button", { name: "Leave chat" }).click();
    await inspect(ann, "asked before leaving");
    await ann.page.keyboard.press("Escape");
    await ann.page.evaluate(() => document.querySelector<HTMLDialogElement>("#link")!.showModal());
    await inspect(ann, "link that cannot be copied");
    await ann.page.keyboard.press("Escape");

    // Closing the dialog goes back in the history, which would end the way to another address.
    await ann.page.waitForFunction(() => !history.state?.cover);
    await ann.page.goto(`${server.url}?name=Ann&room=lobby&with=Nobody`);
    await ann.online();
    await ann.say("Is anybody there?");
    await ann.page.locator(".failed").waitFor();
    await inspect(ann, "failed message");

    await ann.box.fill("x".repeat(5_000));
    await ann.page.locator("#counter.over").waitFor();
    await inspect(ann, "too long a message");
    await ann.box.fill("");

    await ann.page.setViewportSize({ width: 360, height: 640 });
    for (const drawer of ["Rooms", "People"]) {
      await ann.page.getByRole("button", { name: drawer, exact: false }).first().click();
      await ann.page.locator(".panel:popover-open").waitFor();
      await inspect(ann, `${drawer} on a phone`);
      await ann.page.keyboard.press("Escape");
    }
    await server.crash();
    await ann.page.locator("#banner.offline").waitFor();
    await inspect(ann, "offline");
  });
}

Deno.test("page: landmarks and headings lead through it", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;
  assertEquals(await page.locator("html").getAttribute("lang"), "en");
  await page.getByRole("navigation", { name: "Conversations" }).waitFor();
  await page.getByRole("complementary", { name: "People" }).waitFor();
  const main = page.getByRole("main");
  assertEquals(await main.count(), 1);
  await main.getByRole("log", { name: "Messages in #lobby" }).waitFor();
  await main.getByRole("textbox", { name: "Message #lobby" }).waitFor();
  assertEquals(await page.getByRole("heading", { level: 1 }).allTextContents(), ["#lobby"]);
  const sections = page.getByRole("heading", { level: 2 });
  assertEquals(await sections.allTextContents(), ["Rooms", "Private", "People"]);
  // The state of the connection, and single messages, are spoken as they come.
  assertEquals(await page.getByRole("status").count(), 1);
  await server.crash();
  await page.getByRole("status").getByText("The connection was lost.").waitFor();
});

Deno.test("page: nothing moves for those who want less motion", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  for (const [reducedMotion, moves] of [["no-preference", true], ["reduce", false]] as const) {
    await using ann = await Person.enter(browser, server.url, `Ann-${moves}`, { reducedMotion });
    const motions = ann.page.evaluate(() =>
      new Promise<number>((resolve) => {
        new MutationObserver(() => resolve(document.getAnimations().length))
          .observe(document.getElementById("lines")!, { childList: true });
      })
    );
    await ann.say("Hello");
    assertEquals(await motions > 0, moves, reducedMotion);
  }
});
