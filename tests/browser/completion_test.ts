import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test("page: names and emoji are offered while a message is written", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using _bob = await Person.enter(browser, server.url, "Bob");
  await using smith = await Person.enter(browser, server.url, "Bob Smith");
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page, box } = ann;
  const { keyboard } = page;
  const list = page.getByRole("listbox", { name: "Suggestions" });
  const texts = async () => await list.locator(".name").allTextContents();
  const active = async () => {
    const id = await box.getAttribute("aria-activedescendant");
    return id && await page.locator(`#${id}`).locator(".name").textContent();
  };
  await smith.say("Hello");
  await ann.sees("Hello");

  // Arrows move, Tab and Enter choose; who spoke last comes first.
  await box.focus();
  await keyboard.type("Hi @bo");
  await list.waitFor();
  assertEquals([await texts(), await active()], [["Bob Smith", "Bob"], "Bob Smith"]);
  assertEquals(await box.getAttribute("aria-controls"), await list.getAttribute("id"));
  await keyboard.press("ArrowDown");
  assertEquals(await active(), "Bob");
  await keyboard.press("ArrowDown");
  assertEquals(await active(), "Bob Smith");
  await keyboard.press("ArrowUp");
  await keyboard.press("Tab");
  assertEquals(await box.inputValue(), "Hi @Bob ");
  assertEquals(await list.isVisible(), false);
  await keyboard.press("Control+z");
  assertEquals(await box.inputValue(), "Hi @bo");

  // Names with spaces; what is a name already, Enter sends.
  await box.fill("@bob s");
  await keyboard.press("Enter");
  assertEquals(await box.inputValue(), "@Bob Smith ");
  await box.fill("@bob");
  assertEquals([await texts(), await active()], [["Bob", "Bob Smith"], null]);
  await keyboard.press("Enter");
  await smith.sees("@bob");
  assertEquals(await box.inputValue(), "");

  // Escape closes the list, once, and nothing else; a new line is no choice.
  await keyboard.type("@bo");
  await list.waitFor();
  await keyboard.press("Escape");
  await keyboard.type("b");
  assertEquals([await box.inputValue(), await list.isVisible()], ["@bob", false]);
  await box.fill("");
  await box.fill("@bo");
  await list.waitFor();
  await keyboard.press("Shift+Enter");
  assertEquals([await box.inputValue(), await list.isVisible()], ["@bo\n", false]);
  await box.fill("@bo");
  await list.waitFor();
  await keyboard.press("Home");
  await list.waitFor({ state: "hidden" });
  await box.fill("`@bo");
  assertEquals(await list.isVisible(), false);

  // Emoji by their name, or with both colons at once; a time is no emoji.
  await box.fill("");
  await keyboard.type("At 12:30 :tad");
  await list.getByText(":tada:").waitFor();
  await list.getByText(":tada:").click();
  assertEquals(await box.inputValue(), "At 12:30 🎉 ");
  await keyboard.type(":+1: :no-such:");
  await until("it is replaced", async () => await box.inputValue() === "At 12:30 🎉 👍 :no-such:");
  assertEquals(await list.isVisible(), false);

  // An input method keeps its keys.
  const device = await page.context().newCDPSession(page);
  await box.fill("");
  const text = "@bo";
  await device.send("Input.imeSetComposition", { text, selectionStart: 3, selectionEnd: 3 });
  await list.waitFor();
  await box.evaluate((box) => {
    const press = { key: "Enter", isComposing: true, bubbles: true, cancelable: true };
    box.dispatchEvent(new KeyboardEvent("keydown", press));
  });
  assertEquals([await box.inputValue(), await list.isVisible()], ["@bo", true]);
  await device.send("Input.insertText", { text });
  await keyboard.press("Enter");
  assertEquals(await box.inputValue(), "@Bob Smith ");
});

Deno.test("page: on a phone Enter begins a new line and the button sends", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob Smith");
  const viewport = { width: 320, height: 480 };
  const phone = { viewport, hasTouch: true, isMobile: true };
  await using ann = await Person.enter(browser, server.url, "Ann", phone);
  const { page, box } = ann;
  assertEquals(await box.getAttribute("enterkeyhint"), "enter");
  assertEquals(await bob.box.getAttribute("enterkeyhint"), "send");
  await box.tap();
  await page.keyboard.type("One");
  await page.keyboard.press("Enter");
  await page.keyboard.type("@b");
  const option = page.getByRole("option", { name: "Bob Smith" });
  const { x, y, width, height } = (await option.boundingBox())!;
  assertEquals([x >= 0, x + width <= 320, y >= 0, height >= 24], [true, true, true, true]);
  await option.tap();
  assertEquals(await box.inputValue(), "One\n@Bob Smith ");
  assertEquals(await box.evaluate((box) => box === document.activeElement), true);
  await page.getByRole("button", { name: "Send" }).tap();
  await bob.sees("@Bob Smith");
  assertEquals(await bob.texts(), ["One\n@Bob Smith"]);
  // A keyboard beside the tablet.
  await page.keyboard.type("Two");
  await page.keyboard.press("Control+Enter");
  await bob.sees("Two");
});

Deno.test(
  "page: what was open before an update of the server goes on as it was",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using _bob = await Person.enter(browser, server.url, "Bob");
    await using ann = await Person.enter(browser, server.url, "Ann");
    const { page } = ann;
    await page.waitForLoadState("networkidle");
    // The modules of another version need what this page has not.
    const body = "import { more } from './app.js'; more();";
    await page.route(
      "**/page/*.js",
      (route) => route.fulfill({ contentType: "text/javascript", body }),
    );
    await ann.box.pressSequentially("@b");
    await page.getByRole("listbox", { name: "Suggestions" }).getByText("Bob").waitFor();
    await ann.box.fill("");
    for (const [key, name] of [["k", "Go to a room or person"], ["Shift+F", "Search messages"]]) {
      await page.keyboard.press(`Control+${key}`);
      await page.getByRole("dialog", { name }).waitFor();
      await page.keyboard.press("Escape");
    }
    await page.getByRole("button", { name: "Help" }).click();
    await page.getByRole("dialog", { name: "Keys and marks" }).waitFor();
  },
);
