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
  await ann.page.getByRole("dialog", { name: "Join a room" }).waitFor();
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
