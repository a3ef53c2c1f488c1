import { assert, assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test(
  "page: the finder leads to rooms and people, and says which is which",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using bob = await Person.enter(browser, server.url, "Bob", { room: "garden" });
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using _zoe = await Person.enter(browser, server.url, "Zoë");
    const { page } = ann;
    const { keyboard } = page;
    const options = page.locator("#finder").getByRole("option");
    const rows = async () =>
      (await options.allTextContents()).map((text) => text.replace(/^[#+ABZ]/, ""));
    const all = ["lobby2 here · on screen", "Zoëhere now", "garden1 here"];

    await keyboard.press("Control+k");
    await until("all are there", async () => `${await rows()}` === `${all}`);
    await keyboard.type("gar");
    await keyboard.press("Control+k");
    assertEquals(await rows(), ["garden1 here", "Create roomgar"]);
    await keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "#garden" }).waitFor();
    await bob.whisper("Ann");
    await page.getByRole("button", { name: "lobby", exact: true }).click();
    await bob.say("Psst");
    await page.locator("#directs .badge:visible").waitFor();

    // What has news comes first, what is on screen last; with the mouse, too.
    await page.getByRole("button", { name: "Join a room" }).click();
    const mine = ["Bob1 unread · here now", "garden2 here · joined", "lobby2 here · on screen"];
    await until("mine are there", async () => `${(await rows()).slice(0, 3)}` === `${mine}`);
    await keyboard.type("the room");
    await page.getByText("no room can have it: it must be 1 to 64 of a-z").waitFor();
    await page.locator("#finder").getByRole("combobox").fill("#a-new-room");
    await page.getByRole("option", { name: "Create room a-new-room" }).click();
    await page.getByRole("heading", { level: 1, name: "#a-new-room" }).waitFor();
    assert(await ann.box.evaluate((box) => box === document.activeElement));

    // Where the server does not answer, it says so, and what is known can be chosen.
    await page.route(/\/api\/rooms\?/, (route) => route.abort());
    await keyboard.press("Control+k");
    await page.getByText("Cannot list the rooms: the server cannot be reached.").waitFor();
    await keyboard.type("attic");
    assertEquals(await rows(), ["Join roomattic"]);
    await page.locator("#finder").getByRole("combobox").fill("bob");
    await keyboard.press("Enter");
    await ann.sees("Psst");
  },
);

Deno.test("page: the server's answer moves nothing away from under Enter", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route(/\/api\/rooms\?/, async (route) => {
    await promise;
    await route.fulfill({ json: { rooms: [{ room: "attic-2", users: 9 }] } });
  });
  await page.keyboard.press("Control+k");
  await page.getByText("Asking the server for its rooms…").waitFor();
  await page.keyboard.type("attic");
  resolve();
  await page.getByRole("option", { name: "attic-2" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "#attic", exact: true }).waitFor();
});

Deno.test("page: what was said is found, also where it is not on screen", inChromium, async () => {
  await using server = await Program.start(["--rate", "0"]);
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob");
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;
  await bob.say("Is <b>CAKE</b> from the straße?");
  await ann.sees("CAKE");
  await Promise.all(Array.from({ length: 300 }, async (_, number) => {
    const body = JSON.stringify({ username: "Zoë", content: `Filler ${number}` });
    const url = `${server.url}api/rooms/lobby/messages`;
    await (await fetch(url, { method: "POST", body })).body?.cancel();
  }));
  const cake = page.locator(".bubble", { hasText: "CAKE" });
  await until("it is not on the page", async () => await cake.count() === 0);
  await ann.whisper("Bob");
  await ann.say("Cake, in private");
  await page.locator(".sent").waitFor();

  await page.getByRole("button", { name: "Search messages" }).click();
  await page.getByText("Searches what this page holds.").waitFor();
  await page.keyboard.type("CAKE");
  const options = page.locator("#search").getByRole("option");
  await until("both are found", async () => await options.count() === 2);
  assertEquals(await options.locator("mark").allTextContents(), ["Cake", "CAKE"]);
  assertEquals(await options.locator("b").count(), 0);
  await page.getByText("2 messages.").waitFor();
  await page.keyboard.type(" strasse bob");
  await until("one is found", async () => await options.count() === 1);
  assertEquals(await options.locator(".excerpt").textContent(), "Is <b>CAKE</b> from the straße?");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "#lobby" }).waitFor();
  await until("the line is in view", () =>
    cake.evaluateAll(([bubble]) => {
      const { top = -1, bottom = 0 } = bubble?.getBoundingClientRect() ?? {};
      return top >= 0 && bottom <= innerHeight;
    }));
  await page.keyboard.press("Control+Shift+F");
  await page.keyboard.type("nothing like it");
  await page.getByText("No message has all these words.").waitFor();
});
