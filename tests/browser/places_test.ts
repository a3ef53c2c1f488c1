import { assert, assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { flood } from "./flood.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test("page: rooms are found, joined, counted and left", inChromium, async () => {
  await using server = await Program.start(["--rate", "0"]);
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob", { room: "garden" });
  await bob.say("Said before Ann came");
  await bob.page.locator(".sent").waitFor();

  await ann.page.getByRole("button", { name: "Join a room" }).click();
  await ann.page.getByRole("option", { name: /garden/ }).click();
  await ann.sees("Said before Ann came");
  assertEquals(new URL(ann.page.url()).searchParams.get("room"), "garden");

  const lobby = ann.page.locator("#rooms").getByRole("button", { name: /^# ?lobby|^lobby/ });
  await lobby.click();
  await bob.say("Said while Ann was elsewhere");
  const garden = ann.page.locator("#rooms").getByRole("button", { name: /^garden/ });
  const badge = (name: string) => garden.getByRole("img", { name, exact: true });
  await badge("1 unread").waitFor();
  assert(!await badge("1 unread").evaluate(({ classList }) => classList.contains("calls")));
  await bob.say("@Ann, are you there?");
  await badge("2 unread, 1 for you").waitFor();
  assert(
    await badge("2 unread, 1 for you").evaluate(({ classList }) => classList.contains("calls")),
  );
  await garden.click();
  await ann.page.locator(".separator.new").waitFor();
  assertEquals(await garden.getByRole("img").count(), 0);
  await flood(server, 1, 120);
  await ann.page.locator("#rooms").getByRole("img", { name: "120 unread", exact: true }).waitFor();
  assertEquals(await ann.page.locator("#rooms .badge:visible").textContent(), "99+");
  await ann.page.getByRole("button", { name: "Leave #garden" }).click();
  await until("the garden is gone", async () => await garden.count() === 0);
  await bob.page.getByText("Ann left").waitFor();
});

Deno.test(
  "page: what is typed before the next frame stays where it belongs",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using _bob = await Person.enter(browser, server.url, "Bob");
    const { page } = ann;
    await ann.whisper("Bob");
    await page.getByPlaceholder("Message Bob").waitFor();
    await page.locator("#rooms").getByRole("button", { name: /^lobby/ }).evaluate((button) => {
      (button as HTMLButtonElement).click();
      const box = document.querySelector<HTMLTextAreaElement>("#content")!;
      box.value = "Typed at once";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await page.getByPlaceholder("Message #lobby").waitFor();
    assertEquals(await ann.box.inputValue(), "Typed at once");
    await page.locator("#directs").getByRole("button", { name: /^Bob/ }).click();
    assertEquals(await ann.box.inputValue(), "");
  },
);

Deno.test("page: a reload keeps name, rooms, place and private messages", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  await ann.say("In the lobby");
  await bob.sees("In the lobby");
  await ann.whisper("Bob");
  await ann.say("In private");
  await ann.page.locator(".sent").waitFor();

  await ann.page.reload();
  await ann.online();
  await ann.sees("In private");
  assertEquals(await ann.page.locator("#title").textContent(), "Bob");
  assertEquals(await ann.page.locator("#me").textContent(), "AAnn");
  await ann.page.locator("#rooms").getByRole("button", { name: "lobby" }).first().click();
  await ann.sees("In the lobby");
  assertEquals(await ann.texts(), ["In the lobby"]);
  await ann.say("Still here");
  await bob.sees("Still here");
});
