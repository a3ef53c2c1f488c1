import { assertEquals, assertStringIncludes } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test("page: two people talk, and see who is there", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");

  await ann.say("Hello, Bob");
  await ann.page.locator(".own.sent").getByRole("img", { name: "Sent" }).waitFor();
  await bob.sees("Hello, Bob");
  await bob.say("Hello, Ann\nSee https://example.com/a_(b)? (or not)");
  await ann.sees("Hello, Ann");
  assertEquals(await ann.texts(), await bob.texts());

  assertEquals(await bob.page.locator(".own").count(), 1);
  const link = ann.page.locator(".bubble a");
  assertEquals(await link.getAttribute("href"), "https://example.com/a_(b)");
  assertStringIncludes(await link.getAttribute("rel") ?? "", "noopener");

  const people = ann.page.locator("#people-list .name");
  assertEquals(await people.allTextContents(), ["Ann", "Bob"]);
  await bob.leave();
  await until("Bob has left", async () => await people.count() === 1);
  await ann.page.getByText("Bob left").waitFor();
  assertEquals(new URL(bob.page.url()).search, "?room=lobby");
});

Deno.test(
  "page: a private message is seen by two alone, and counted until it is read",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await using eve = await Person.enter(browser, server.url, "Eve");

    await ann.whisper("Bob");
    await ann.say("Between us");
    const entry = bob.page.locator("#directs").getByRole("button", { name: /^Ann/ });
    await entry.getByRole("img", { name: "1 unread" }).waitFor();
    assertStringIncludes(await bob.page.title(), "(1 for you)");
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

Deno.test("page: somebody typing is told until the message is there", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  await bob.box.pressSequentially("Hm");
  await ann.page.getByText("Bob is typing…").waitFor();
  await bob.box.press("Enter");
  await ann.sees("Hm");
  await ann.page.getByText("Bob is typing…").waitFor({ state: "hidden" });
});

Deno.test("page: typing passes, also where the clock is set back", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  await bob.box.pressSequentially("Hm");
  await ann.page.getByText("Bob is typing…").waitFor();
  await ann.page.evaluate(() => {
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
  });
  await ann.page.getByText("Bob is typing…").waitFor({ state: "hidden" });
});

Deno.test(
  "page: a private conversation tells whether the other is here, and typing",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    for (const [person, other] of [[ann, "Bob"], [bob, "Ann"]] as const) {
      await person.whisper(other);
    }
    await ann.page.locator("#count", { hasText: "here now" }).waitFor();
    await bob.box.pressSequentially("Hm");
    await ann.page.getByText("Bob is typing…").waitFor();
    await bob.leave();
    await ann.page.locator("#count", { hasText: "not in your rooms" }).waitFor();
    assertEquals(await ann.page.locator("#directs .here").count(), 0);
  },
);
