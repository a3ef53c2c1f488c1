import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test(
  "page: whoever leaves the chat is asked, and finds all of it again",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using _bob = await Person.enter(browser, server.url, "Bob");
    await using ann = await Person.enter(browser, server.url, "Ann");
    const { page } = ann;
    const dialog = page.getByRole("dialog", { name: "Leave the chat?" });
    const ask = async () => {
      await page.getByRole("button", { name: "Leave chat" }).click();
      await dialog.waitFor();
    };
    const forget = page.getByLabel("Forget all of it on this device");
    const enter = page.getByRole("button", { name: "Enter" });
    await ann.whisper("Bob");
    await ann.say("Between us");
    await page.locator(".sent").waitFor();

    await ask();
    await dialog.getByText(/^Your rooms.* stay in this browser, for when you come back as Ann\.$/)
      .waitFor();
    assertEquals(await dialog.getByText(/^Not sent yet/).count(), 0);
    await forget.check();
    await dialog.getByRole("button", { name: "Stay" }).click();
    await dialog.waitFor({ state: "hidden" });
    await ann.say("Still here");
    await until("it is sent", async () => await page.locator(".sent").count() === 2);

    await ann.box.fill("To be gone on with");
    await ask();
    await dialog.getByText("Not sent yet: 1 draft.").waitFor();
    assertEquals(await forget.isChecked(), false);
    await page.keyboard.press("Enter");
    await enter.click();
    await ann.online();
    const bob = page.locator("#directs").getByRole("button", { name: /^Bob/ });
    await bob.click();
    await ann.sees("Between us");
    assertEquals(await ann.box.inputValue(), "To be gone on with");
    await ask();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assertEquals(await ann.box.isVisible(), true);

    // Nothing is left of a person who wants that.
    await ask();
    await forget.check();
    await dialog.getByRole("button", { name: "Leave" }).click();
    await enter.waitFor();
    const stored = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }])
    );
    assertEquals(stored.match(/Ann|Bob|Between|gone on/g), null);
    assertEquals(await page.getByLabel("Name").inputValue(), "");
    await page.keyboard.type("Ann");
    await page.keyboard.press("Enter");
    await ann.online();
    assertEquals(await bob.count(), 0);
  },
);

Deno.test("page: where the browser keeps nothing, leaving says so", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.arrive(browser, "Ann");
  await ann.page.addInitScript(() => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(globalThis, name, {
        get() {
          throw new DOMException("Access is denied", "SecurityError");
        },
      });
    }
  });
  await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
  await ann.online();
  await ann.page.getByRole("button", { name: "Leave chat" }).click();
  await ann.page.getByText(/^This browser keeps nothing\. .* will be gone\.$/).waitFor();
  assertEquals(await ann.page.getByLabel("Forget all of it").isVisible(), false);
  await ann.page.keyboard.press("Enter");
  await ann.page.getByRole("button", { name: "Enter" }).click();
  await ann.online();
});

Deno.test(
  "page: a link to the room is copied, or shown where that is forbidden",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const permissions = ["clipboard-read", "clipboard-write"];
    await using ann = await Person.enter(browser, server.url, "Ann", { permissions });
    const link = `${server.url}?room=lobby`;
    const share = ann.page.locator("main header").getByRole("button", { name: /link/i });
    const invite = ann.page.locator("#empty").getByRole("button");
    for (const button of [share, invite]) {
      await ann.page.evaluate(() => navigator.clipboard.writeText(""));
      await button.click();
      await button.getByText("Link copied").waitFor();
      assertEquals(await ann.page.locator("#spoken").textContent(), "Link copied");
      assertEquals(await ann.page.evaluate(() => navigator.clipboard.readText()), link);
    }
    await ann.page.getByRole("button", { name: "Copy link to this room" }).first().waitFor();
    assertEquals(await ann.page.locator("#spoken").textContent(), "");
    await ann.page.goto(`${server.url}?room=lobby&with=Bob`);
    await ann.online();
    for (const button of [share, invite]) assertEquals(await button.isVisible(), false);

    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    await using bob = await Person.arrive(browser, "Bob", phone);
    await bob.page.addInitScript(() => Object.defineProperty(navigator, "clipboard", {}));
    await bob.page.goto(`${server.url}?name=Bob&room=lobby`);
    await bob.online();
    await bob.page.locator("main header").getByRole("button", { name: /link/i }).tap();
    const dialog = bob.page.getByRole("dialog", { name: "Copy this link" });
    const box = dialog.getByRole("textbox");
    assertEquals(await box.inputValue(), link);
    assertEquals(await bob.page.evaluate(() => getSelection()!.toString()), link);
    await dialog.getByText("can enter #lobby").waitFor();
    await dialog.getByRole("button", { name: "Close" }).tap();
    await dialog.waitFor({ state: "hidden" });
  },
);
