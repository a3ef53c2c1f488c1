import { assert, assertEquals } from "@std/assert";
import axe, { type AxeResults } from "axe-core";
import { launch, Person, Server, until } from "./support.ts";

Deno.test("page: everything can be done by keyboard", async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using bob = await Person.enter(browser, server.url, "Bob");
  const context = await browser.newContext();
  await using ann = new Person(context, await context.newPage(), "Ann");
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
  await until("the entry form has the focus", async () => await focused(ann) === "Name");
});

Deno.test("page: on a narrow phone nothing is cut off or needs scrolling sideways", async () => {
  await using server = await Server.start();
  await using browser = await launch();
  const phone = { viewport: { width: 320, height: 568 }, hasTouch: true };
  const context = await browser.newContext(phone);
  await using guest = new Person(context, await context.newPage(), "guest");
  await guest.page.goto(server.url);
  assertEquals(await sideways(guest), []);

  const long = "W".repeat(32);
  await using wide = await Person.enter(browser, server.url, long, {
    room: "a-room-with-a-very-long-name-that-goes-on-and-on-and-on-and-on",
    ...phone,
  });
  await wide.say("W".repeat(400));
  await wide.sees("WWW");
  await wide.say(`https://example.com/${"path/".repeat(60)}`);
  await wide.page.locator(".bubble a").waitFor();
  assertEquals(await sideways(wide), []);
  await wide.page.getByRole("button", { name: "Rooms" }).tap();
  await wide.page.getByRole("button", { name: "Join a room" }).waitFor();
  assertEquals(await sideways(wide), []);
  await wide.page.getByRole("button", { name: "Join a room" }).tap();
  await wide.page.getByRole("dialog", { name: "Join a room" }).waitFor();
  assertEquals(await sideways(wide), []);
  await wide.page.getByRole("button", { name: "Close" }).tap();
  await wide.page.getByRole("button", { name: "People" }).tap();
  await wide.page.locator("#people-list").getByText(long).waitFor();
  assertEquals(await sideways(wide), []);
});

for (const colorScheme of ["light", "dark"] as const) {
  Deno.test(`page: axe finds no serious fault in ${colorScheme} colours`, async () => {
    await using server = await Server.start();
    await using browser = await launch();
    const context = await browser.newContext({ colorScheme });
    await using guest = new Person(context, await context.newPage(), "guest");
    await guest.page.goto(`${server.url}?name=@`);
    await guest.page.locator("#name-problem:not(:empty)").waitFor();
    await inspect(guest, "entry form with a problem");

    await using ann = await Person.enter(browser, server.url, "Ann", { colorScheme });
    await using bob = await Person.enter(browser, server.url, "Bob", { colorScheme });
    await inspect(ann, "empty room");
    await bob.say("Hello @Ann, see https://example.com/");
    await ann.sees("Hello @Ann");
    await ann.say("Hello, Bob");
    await ann.page.locator(".sent").waitFor();
    await bob.page.locator("#people-list").getByRole("button", { name: "Ann" }).click();
    await bob.say("In private");
    await ann.page.locator("#directs .badge:visible").waitFor();
    await inspect(ann, "messages, an unread one, and people");
    await ann.page.getByRole("button", { name: "Join a room" }).click();
    await inspect(ann, "dialog");
    await ann.page.getByRole("button", { name: "Close" }).click();

    await ann.page.goto(`${server.url}?name=Ann&room=lobby&with=Nobody`);
    await ann.online();
    await ann.say("Is anybody there?");
    await ann.page.locator(".failed").waitFor();
    await inspect(ann, "failed message");

    await ann.page.setViewportSize({ width: 360, height: 640 });
    await ann.page.getByRole("button", { name: "Rooms" }).click();
    await inspect(ann, "panel on a phone");
    await ann.page.keyboard.press("Escape");
    await server.kill();
    await ann.page.locator("#banner.offline").waitFor();
    await inspect(ann, "offline");
  });
}

Deno.test("page: light, dark or the system's colours, as chosen, also after a reload", async () => {
  await using server = await Server.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann", { colorScheme: "light" });
  const ground = () => ann.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await ann.page.getByLabel("Theme").selectOption("Dark");
  const dark = await ground();
  assert(dark !== light);
  await ann.page.reload();
  await ann.online();
  assertEquals(await ground(), dark);
  await ann.page.getByLabel("Theme").selectOption("System theme");
  assertEquals(await ground(), light);
  await ann.page.emulateMedia({ colorScheme: "dark" });
  assertEquals(await ground(), dark);
});

Deno.test("page: screen readers hear single messages, and a busy room in one sentence", async () => {
  await using server = await Server.start(0, "--rate", "0");
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using bob = await Person.enter(browser, server.url, "Bob");
  const spoken = ann.page.locator("#spoken");
  await bob.say("Good morning");
  await until("it is spoken", async () => await spoken.textContent() === "Bob: Good morning");
  for (let count = 1; count <= 20; count++) await bob.say(`Word ${count}`);
  await until(
    "they are spoken together",
    async () =>
      /^\d+ new messages in #lobby\. Bob: Word 20$/.test(await spoken.textContent() ?? ""),
  );
  assertEquals(await ann.page.locator("#timeline").getAttribute("aria-live"), "off");
});

Deno.test("page: a hidden page counts in its title, and notifies when it was asked to", async () => {
  await using server = await Server.start();
  await using browser = await launch();
  const context = await browser.newContext();
  await using ann = new Person(context, await context.newPage(), "Ann");
  await ann.page.addInitScript(() => {
    const told: string[] = [];
    const fake = class {
      static permission = "default";
      static requestPermission() {
        told.push("asked");
        return Promise.resolve(fake.permission = "granted");
      }
      constructor(title: string, { body, tag }: NotificationOptions) {
        told.push(`${title}: ${body} (${tag})`);
      }
    };
    let hidden = false;
    Object.assign(globalThis, {
      Notification: fake,
      told,
      hide: (value: boolean) => {
        hidden = value;
        document.dispatchEvent(new Event("visibilitychange"));
      },
    });
    Object.defineProperty(document, "hidden", { get: () => hidden });
  });
  const told = () => ann.page.evaluate(() => Reflect.get(globalThis, "told"));
  const hide = (value: boolean) =>
    ann.page.evaluate((value) => Reflect.get(globalThis, "hide")(value), value);
  await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
  await ann.online();
  await using bob = await Person.enter(browser, server.url, "Bob");

  await hide(true);
  await bob.say("Without a notification");
  await until("it is counted", async () => (await ann.page.title()).startsWith("(1) #lobby"));
  assertEquals(await told(), []);
  await hide(false);
  assertEquals(await ann.page.title(), "#lobby · Ann · Parley");

  await ann.page.getByRole("button", { name: "Notifications" }).click();
  await ann.page.getByRole("button", { name: "Notifications", pressed: true }).waitFor();
  await hide(true);
  await bob.say("With one");
  await until("it is told", async () => (await told()).length === 2);
  assertEquals(await told(), ["asked", "Bob in #lobby: With one (room:lobby)"]);
});

/** What a screen reader would call the element with the focus. */
async function focused({ page }: Person): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
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

/** Elements in view that stick out of the window sideways. */
async function sideways({ page }: Person): Promise<string[]> {
  return await page.evaluate(() => {
    const wide = [
      document.documentElement,
      ...document.querySelectorAll("#timeline, .panel, dialog"),
    ]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => `${element.id || element.localName} scrolls sideways`);
    const out = [...document.querySelectorAll("button, input, textarea, .bubble, h1, h2")]
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return left < 0 || right > innerWidth;
      })
      .map((element) => `${element.localName} "${element.textContent}" sticks out`);
    return [...wide, ...out];
  });
}

/** Lets axe look at the page as it is. */
async function inspect({ page }: Person, state: string) {
  await page.evaluate(axe.source);
  const { violations }: AxeResults = await page.evaluate(() =>
    Reflect.get(globalThis, "axe").run(document)
  );
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  assertEquals(serious, [], state);
}
