import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Server } from "./server.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test("page: two people talk, and see who is there", inChromium, async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");

  await ann.say("Hello, Bob");
  await bob.sees("Hello, Bob");
  await bob.say("Hello, Ann\nSee https://example.com/a_(b)? (or not)");
  await ann.sees("Hello, Ann");
  assertEquals(await ann.texts(), await bob.texts());

  await ann.page.locator(".own.sent").getByRole("img", { name: "Sent" }).waitFor();
  assertEquals(await bob.page.locator(".own").count(), 1);
  const link = ann.page.locator(".bubble a");
  assertEquals(await link.getAttribute("href"), "https://example.com/a_(b)");
  assertStringIncludes(await link.getAttribute("rel") ?? "", "noopener");

  const people = ann.page.locator("#people-list .name");
  assertEquals(await people.allTextContents(), ["Ann", "Bob"]);
  await bob.page.getByRole("button", { name: "Leave chat" }).click();
  await until("Bob has left", async () => await people.count() === 1);
  await ann.page.getByText("Bob left").waitFor();
  assertEquals(new URL(bob.page.url()).search, "");
});

Deno.test("page: times are told in the time zone of who reads them", inChromium, async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann", { timezoneId: "Asia/Tokyo" });
  await using bob = await Person.enter(browser, server.url, "Bob", { timezoneId: "Etc/GMT+5" });
  await ann.say("What time is it?");
  await bob.sees("What time is it?");
  const instant = await ann.page.locator("time").first().getAttribute("datetime");
  assertEquals(await bob.page.locator("time").first().getAttribute("datetime"), instant);
  for (const [person, timeZone] of [[ann, "Asia/Tokyo"], [bob, "Etc/GMT+5"]] as const) {
    const time = person.page.locator("time").first();
    const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone });
    assertEquals(await time.textContent(), clock.format(new Date(instant!)));
    assertStringIncludes(await time.getAttribute("title") ?? "", String(new Date().getFullYear()));
  }
});

Deno.test(
  "page: a private message is seen by two alone, and counted until it is read",
  inChromium,
  async () => {
    await using server = await Server.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await using eve = await Person.enter(browser, server.url, "Eve");

    await ann.page.locator("#people-list").getByRole("button", { name: "Bob" }).click();
    await ann.say("Between us");
    const entry = bob.page.locator("#directs").getByRole("button", { name: /^Ann/ });
    await entry.getByRole("img", { name: "1 unread" }).waitFor();
    assertStringIncludes(await bob.page.title(), "(1)");
    await entry.click();
    await bob.sees("Between us");
    assertEquals(await entry.locator(".badge:visible").count(), 0);
    assertEquals(await bob.page.title(), "Ann · Bob · Parley");

    await bob.say("Just us");
    await ann.sees("Just us");
    await ann.page.locator("#rooms").getByRole("button", { name: "lobby" }).first().click();
    await ann.say("For everybody");
    await eve.sees("For everybody");
    assertEquals(await eve.texts(), ["For everybody"]);
  },
);

Deno.test("page: rooms are found, joined, counted and left", inChromium, async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob", { room: "garden" });
  await bob.say("Said before Ann came");
  await bob.page.locator(".sent").waitFor();

  await ann.page.getByRole("button", { name: "Join a room" }).click();
  await ann.page.locator("#offered").getByRole("button", { name: /garden/ }).click();
  await ann.sees("Said before Ann came");
  assertEquals(new URL(ann.page.url()).searchParams.get("room"), "garden");

  const lobby = ann.page.locator("#rooms").getByRole("button", { name: /^# ?lobby|^lobby/ });
  await lobby.click();
  await bob.say("Said while Ann was elsewhere");
  const garden = ann.page.locator("#rooms").getByRole("button", { name: /^garden/ });
  await garden.getByRole("img", { name: "1 unread" }).waitFor();
  await garden.click();
  await ann.page.locator(".separator.new").waitFor();
  await ann.page.getByRole("button", { name: "Leave #garden" }).click();
  await until("the garden is gone", async () => await garden.count() === 0);
  await bob.page.getByText("Ann left").waitFor();
});

Deno.test("page: somebody typing is told until the message is there", inChromium, async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  await bob.box.pressSequentially("Hm");
  await ann.page.getByText("Bob is typing…").waitFor();
  await bob.box.press("Enter");
  await ann.sees("Hm");
  await ann.page.getByText("Bob is typing…").waitFor({ state: "hidden" });
});

Deno.test("page: a reload keeps name, rooms, place and private messages", inChromium, async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  await ann.say("In the lobby");
  await bob.sees("In the lobby");
  await ann.page.locator("#people-list").getByRole("button", { name: "Bob" }).click();
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

Deno.test("page: the entry form says what is wrong with a name or a room", inChromium, async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using guest = await Person.arrive(browser, "guest");
  await guest.page.goto(`${server.url}?name=@ann&room=lobby`);
  await guest.page.getByText("A name does not begin with @ or #.").waitFor();
  await guest.page.getByLabel("Name").fill("Ann");
  const room = guest.page.getByRole("textbox", { name: "Room", exact: true });
  await room.fill("The big room");
  await guest.page.getByRole("button", { name: "Enter" }).click();
  await guest.page.getByText(/^A room's name is made of/).waitFor();
  await room.fill("Big-Room");
  await guest.page.keyboard.press("Enter");
  await guest.online();
  const { searchParams } = new URL(guest.page.url());
  assertEquals([...searchParams], [["name", "Ann"], ["room", "big-room"]]);
  assert(await guest.box.evaluate((box) => box === document.activeElement));
});
