import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test("page: everything can be done by keyboard", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob");
  await using ann = await Person.arrive(browser, "Ann");
  const { keyboard } = ann.page;

  // Entering.
  await ann.page.goto(server.url);
  await keyboard.type("Ann");
  await keyboard.press("Enter");
  await ann.online();
  assertEquals(await focused(ann), "Message #lobby");

  // Writing, on two lines.
  await keyboard.type("One");
  await keyboard.press("Shift+Enter");
  await keyboard.type("Two");
  await keyboard.press("Enter");
  await bob.sees("Two");
  assertEquals(await bob.texts(), ["One\nTwo"]);

  // Past everything to the message box.
  await ann.page.locator("body").evaluate(() => (document.activeElement as HTMLElement).blur());
  await tabTo(ann, "Skip to the message box");
  await keyboard.press("Enter");
  await until("the box has the focus", async () => await focused(ann) === "Message #lobby");

  // Into another room, and out of the dialog without joining.
  await tabTo(ann, "Join a room");
  await keyboard.press("Enter");
  await ann.page.getByRole("dialog", { name: "Go to a room or person" }).waitFor();
  await keyboard.press("Escape");
  await ann.page.getByRole("dialog").waitFor({ state: "hidden" });
  assertEquals(await focused(ann), "Join a room");
  await keyboard.press("Enter");
  await keyboard.type("garden");
  await keyboard.press("Enter");
  await until("the room is open", async () => await focused(ann) === "Message #garden");

  // Back, and to a person.
  await tabTo(ann, "lobby");
  await keyboard.press("Space");
  await until("the room is open", async () => await focused(ann) === "Message #lobby");
  await tabTo(ann, "Bob");
  await keyboard.press("Enter");
  await until("the menu is open", async () => await focused(ann) === "Message privately");
  await keyboard.press("Enter");
  await until("the conversation is open", async () => await focused(ann) === "Message Bob");
  await keyboard.type("Psst");
  await keyboard.press("Enter");
  await bob.page.locator("#directs").getByText("Ann").waitFor();

  // The messages can be scrolled, and the room left.
  await tabTo(ann, "Messages in Bob");
  await tabTo(ann, "Leave #garden");
  await keyboard.press("Enter");
  await until("the garden is gone", async () => await ann.page.locator("#rooms li").count() === 1);
  await tabTo(ann, "Leave chat");
  await keyboard.press("Enter");
  await until("it is asked", async () => await focused(ann) === "Leave");
  await keyboard.press("Enter");
  await until("the entry form has the focus", async () => await focused(ann) === "Name");
});

Deno.test("page: keys work wherever the focus is", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob");
  await using ann = await Person.enter(browser, server.url, "Ann");
  const { page } = ann;
  const { keyboard } = page;
  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();
  const dialogs = page.locator("dialog[open]");

  // What is typed goes to the box, also a question mark there; Escape comes back from anywhere.
  await tabTo(ann, "Join a room");
  await keyboard.type("Why?");
  assertEquals(await ann.box.inputValue(), "Why?");
  await keyboard.press("Enter");
  await bob.sees("Why?");
  await tabTo(ann, "Join a room");
  await keyboard.press("Escape");
  assertEquals(await focused(ann), "Message #lobby");

  // The last own message comes back to be sent again, into an empty box only.
  await keyboard.press("ArrowUp");
  assertEquals(await ann.box.inputValue(), "Why?");
  await keyboard.type(" Or not");
  await keyboard.press("ArrowUp");
  assertEquals(await ann.box.inputValue(), "Why? Or not");

  // An Enter that ends a composition sends nothing, in any browser.
  for (const own of [{ isComposing: true }, { keyCode: 229 }]) {
    await ann.box.evaluate((box, own) => {
      const press = { key: "Enter", bubbles: true, cancelable: true, ...own };
      box.dispatchEvent(new KeyboardEvent("keydown", press));
    }, own);
  }
  assertEquals(await ann.box.inputValue(), "Why? Or not");
  assertEquals(await page.locator(".own").count(), 1);
  await ann.box.fill("");

  // Reading back from the box, and to the newest again.
  for (let count = 0; count < 40; count++) await bob.say(`Line ${count}`);
  await ann.sees("Line 39");
  const below = () =>
    page.locator("#timeline").evaluate((element) =>
      Math.round(element.scrollHeight - element.clientHeight - element.scrollTop)
    );
  await until("the end is in view", async () => await below() === 0);
  await keyboard.press("PageUp");
  await until("it is scrolled back", async () => await below() > 300);
  await keyboard.press("PageUp");
  await until("it is scrolled back further", async () => await below() > 800);
  await keyboard.press("PageDown");
  await until("it is scrolled on", async () => await below() < 800);
  assertEquals(await focused(ann), "Message #lobby");
  await keyboard.press("Escape");
  await until("the end is in view", async () => await below() === 0);

  // Through the conversations, in the order of the lists.
  await ann.whisper("Bob");
  await heading("Bob");
  await keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await keyboard.type("garden");
  await page.getByRole("option", { name: "Create room garden" }).waitFor();
  await keyboard.press("Enter");
  await heading("#garden");
  for (const name of ["Bob", "#lobby", "#garden"]) {
    await keyboard.press("Alt+ArrowDown");
    await heading(name);
  }
  await keyboard.press("Alt+ArrowUp");
  await heading("#lobby");
  await bob.whisper("Ann");
  await bob.say("Psst");
  await page.locator("#directs .badge:visible").waitFor();
  await keyboard.press("Alt+Shift+ArrowDown");
  await heading("Bob");
  await keyboard.press("Alt+Shift+ArrowDown");
  await heading("Bob");

  // Help, over which the others open; Escape closes one after the other and nothing else.
  await page.locator("#timeline").focus();
  await keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keys and marks" });
  await help.waitFor();
  await keyboard.press("Control+Shift+F");
  await page.getByRole("dialog", { name: "Search messages" }).waitFor();
  await keyboard.press("Escape");
  await keyboard.press("Alt+ArrowDown");
  assertEquals(await dialogs.count(), 1);
  await help.getByRole("checkbox").uncheck();
  await keyboard.press("Escape");
  await until("all are closed", async () => await dialogs.count() === 0);
  await heading("Bob");

  // Keys without Ctrl and Alt can be turned off, as for those who speak to their computer.
  await page.locator("#timeline").focus();
  await keyboard.type("x?");
  assertEquals([await ann.box.inputValue(), await dialogs.count()], ["", 0]);
  await keyboard.press("Control+/");
  await help.waitFor();
  await page.mouse.click(5, 5);
  await help.waitFor({ state: "hidden" });
});

Deno.test(
  "page: what is typed for a dialog that is still being loaded goes there",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    const { page } = ann;
    const { keyboard } = page;
    const loaded = Promise.withResolvers<void>();
    await page.route(/\/(finder|search)\.js/, async (route) => {
      await loaded.promise;
      await route.continue();
    });
    await page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await keyboard.press("Control+Shift+F");
    await keyboard.type("never mind");
    await keyboard.press("Escape");
    await keyboard.press("Control+k");
    await keyboard.type("gardem");
    await keyboard.press("Backspace");
    await keyboard.type("n");
    await keyboard.press("Enter");
    assertEquals(await ann.box.inputValue(), "");
    loaded.resolve();
    await page.getByRole("option", { name: "Create room garden" }).waitFor();
    assertEquals(await page.locator("dialog[open]").count(), 1);
    await keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "#garden" }).waitFor();
    await keyboard.type("in the box");
    assertEquals(await ann.box.inputValue(), "in the box");
    await page.getByRole("button", { name: "lobby", exact: true }).click();
    await page.getByText("Nothing has been said here yet.").waitFor();
    assertEquals(await ann.texts(), []);
  },
);

/** What a screen reader would call the element with the focus; empty when none has it. */
async function focused({ page }: Person): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    if (element === document.body) return "";
    const name = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ??
      element.querySelector(".name")?.textContent ?? element.textContent;
    return name?.trim() ?? "";
  });
}

/** Presses Tab until the element of this name has the focus. */
async function tabTo(person: Person, name: string) {
  for (let count = 0; count < 40; count++) {
    await person.page.keyboard.press("Tab");
    if (await focused(person) === name) return;
  }
  throw new Error(`Cannot reach "${name}" with the Tab key`);
}
