/// <reference lib="dom" />
import { assert, assertEquals } from "@std/assert";
import { inspect } from "./axe.ts";
import { follow, link, start } from "./invited.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** A service that is asked about each message, and lets nothing mean pass. */
function service() {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (asked) => {
      const { content } = await asked.json();
      return Response.json({ allow: !content.includes("mean"), why: "be kind" });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test(
  "page: who may moderates by keyboard, and everybody sees what was done",
  inChromium,
  async () => {
    await using kind = service();
    await using server = await start("--guests", "on", "--rate", "0", "--filter", kind.url);
    await using browser = await launch();
    await using bob = await follow(
      browser,
      await link(server, { sub: "bob", name: "Bob Bee" }, "lobby"),
      "Bob",
      { ...PHONE, colorScheme: "dark" },
    );
    await using eve = await Person.enter(browser, server.url, "Eve");
    const admin = { sub: "mo", name: "Mo Dee", admin: true };
    await using mo = await follow(browser, await link(server, admin, "lobby"), "Mo");
    const { page } = mo;
    const { keyboard } = page;
    await page.locator("#me", { hasText: "moderator" }).waitFor();
    const manage = page.getByRole("button", { name: "Manage this room" });
    await manage.waitFor();
    const menu = page.getByRole("menu");
    const dialog = page.locator("dialog[open]");
    const gone = () => dialog.waitFor({ state: "detached" });
    const isFocused = (text: string) =>
      until(
        `${text} has the focus`,
        () =>
          page.evaluate(() => document.activeElement?.textContent ?? "").then((it) => it === text),
      );
    const note = ({ page }: Person, text: string | RegExp) =>
      page.locator(".notice", { hasText: text }).last().waitFor();

    // What the operator's service does not let pass is no reason to say nothing more.
    await eve.say("Something mean");
    await eve.page.getByText("Not sent: be kind").waitFor();
    await eve.page.getByRole("button", { name: "Discard" }).click();

    // A message is deleted: it goes where it stood, and its author is told by whom.
    await eve.say("Something bad");
    await bob.sees("Something bad");
    await eve.say("Something good");
    await mo.sees("Something good");
    await page.locator("#timeline").focus();
    for (const key of ["ArrowUp", "ArrowUp", "Tab", "Enter"]) await keyboard.press(key);
    await menu.waitFor();
    // From the top: to write, to mention, and what only moderators are offered.
    assertEquals(await menu.getByRole("menuitem").allTextContents(), [
      ...["Message privately", "Mention", "Delete this message…", "Send away…", "Mute…", "Ban…"],
      ...["Let speak again…", "Let come back…"],
    ]);
    await inspect(mo, "menu of a message");
    await picture(mo, "moderation-menu");
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await keyboard.press(key);
    await dialog.getByText("Delete this message of Eve?").waitFor();
    await keyboard.type("not here");
    await keyboard.press("Enter");
    await gone();
    await note(mo, "A message of Eve was deleted by you: not here");
    await note(bob, "A message of Eve was deleted by Mo Dee: not here");
    await note(eve, "Your message was deleted by Mo Dee: not here");
    for (const person of [mo, bob, eve]) assertEquals(await person.texts(), ["Something good"]);
    await bob.page.reload();
    await bob.sees("Something good");
    assertEquals(await bob.texts(), ["Something good"]);

    // Somebody is muted, sees for how long, and may speak again.
    const measure = async (person: string, what: string) => {
      await page.locator("#people-list button", { hasText: person }).focus();
      await keyboard.press("Enter");
      await menu.getByRole("menuitem", { name: what }).press("Enter");
      await dialog.waitFor();
    };
    await bob.box.fill("Half written");
    await measure("Bob Bee", "Mute…");
    assertEquals(await dialog.getByLabel("For").inputValue(), "600");
    await inspect(mo, "asked how somebody is to be muted");
    await picture(mo, "moderation-mute");
    await dialog.getByLabel("Reason").fill("calm down");
    await keyboard.press("Tab");
    await keyboard.press("Space");
    await keyboard.press("Enter");
    await gone();
    const hush = bob.page.locator("#hush");
    await hush.getByText(
      /^A moderator has muted you here: calm down\. You can speak again in 10 minutes\.$/,
    )
      .waitFor();
    assertEquals(await bob.box.isVisible(), false);
    assertEquals(await bob.page.evaluate(() => document.activeElement?.id), "timeline");
    await inspect(bob, "muted, in the dark");
    await picture(bob, "moderation-muted");
    await note(eve, "Mo Dee muted Bob Bee for 10 minutes: calm down");
    // All guests from there are meant too.
    await eve.say("Why?");
    await eve.page.getByText(/^Not sent: You may not speak in lobby/).waitFor();
    await eve.page.getByRole("button", { name: "Discard" }).click();
    // Who comes back learns of it with what they say.
    await bob.page.reload();
    await bob.online();
    await bob.box.evaluate((box: HTMLTextAreaElement) => {
      box.value = "Half written";
      box.form!.requestSubmit();
    });
    await hush.getByText(/^A moderator has muted you here: calm down\./).waitFor();
    await bob.page.getByText(/^Not sent: You may not speak in lobby/).waitFor();
    await bob.page.getByRole("button", { name: "Discard" }).tap();
    await measure("Bob Bee", "Let speak again…");
    await keyboard.press("Enter");
    await gone();
    await bob.box.waitFor();
    await eve.box.waitFor();
    await measure("Bob Bee", "Let speak again…");
    await keyboard.press("Enter");
    await dialog.getByText("they are not muted").waitFor();
    await keyboard.press("Escape");
    await gone();
    assert(mo.faults.splice(0).every((fault) => /status of 40[04]/.test(fault)));

    // What holds in the room.
    await manage.focus();
    await keyboard.press("Enter");
    await dialog.getByLabel("Topic").fill("All about boats");
    await dialog.getByLabel("Everybody may write").selectOption("Every 30 seconds");
    await inspect(mo, "asked what holds in the room");
    await picture(mo, "moderation-room");
    await dialog.getByLabel("Topic").press("Enter");
    await gone();
    for (const { page } of [mo, bob, eve]) {
      await page.locator("#topic", { hasText: "All about boats" }).waitFor();
    }
    await picture(bob, "moderation-topic");
    await bob.say("One");
    await hush.getByText(/^Slow mode: one message of each in 30 seconds\. You can speak again/)
      .waitFor();
    await bob.say("Two");
    await bob.page.getByText("Not sent: it is too soon after the one before").waitFor();
    await bob.page.getByRole("button", { name: "Discard" }).tap();
    await mo.say("Three");
    await mo.say("Four");
    await bob.sees("Four");
    await manage.click();
    await dialog.getByLabel("Closed").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await gone();
    await hush.getByText("This room is closed: only moderators can speak here.").waitFor();
    await manage.click();
    await dialog.getByRole("button", { name: "Clear the room…" }).click();
    await dialog.getByText("Clear #lobby?").waitFor();
    await inspect(mo, "asked whether the room is to be cleared");
    await dialog.getByRole("button", { name: "Clear the room", exact: true }).click();
    await gone();
    await note(mo, "You cleared the room");
    for (const other of [bob, eve]) await note(other, "Mo Dee cleared the room");
    for (const person of [mo, bob, eve]) assertEquals(await person.texts(), []);

    // Somebody is sent away, and may come back; and out of all of it.
    await manage.click();
    await dialog.getByLabel("Closed").uncheck();
    await dialog.getByRole("button", { name: "Save" }).click();
    await gone();
    await measure("Bob Bee", "Ban…");
    await keyboard.press("Shift+Tab");
    await isFocused("10 minutes1 hour1 dayFor ever");
    await dialog.getByRole("button", { name: "Ban" }).press("Enter");
    await gone();
    await hush.getByText(
      /^You may not be in lobby for .*a moderator has banned you\. To go back in/,
    )
      .waitFor();
    await measure("Eve", "Send away…");
    await dialog.getByLabel("Where").selectOption("Everywhere");
    await dialog.getByRole("button", { name: "Send away" }).press("Enter");
    await gone();
    await eve.page.locator("#banner.closed #banner-text", {
      hasText: /^You are not allowed in here: You may not be here for \d+ seconds: a moderator has/,
    }).waitFor();
    eve.faults.splice(0).forEach((fault) => assert(fault.includes("403"), fault));
  },
);
