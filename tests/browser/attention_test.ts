import { assertEquals } from "@std/assert";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

Deno.test(
  "page: screen readers hear single messages, and a busy room in one sentence",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    const spoken = ann.page.locator("#spoken");
    await bob.say("Good morning");
    await until("it is spoken", async () => await spoken.textContent() === "Bob: Good morning");
    await flood(server, 1, 20);
    await until(
      "they are spoken together",
      async () =>
        /^\d+ new messages in #lobby\. Flood: message 20\.$/.test(await spoken.textContent() ?? ""),
    );
    assertEquals(await ann.page.locator("#timeline").getAttribute("aria-live"), "off");
  },
);

Deno.test(
  "page: a hidden page counts in its title, and notifies when it was asked to",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
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
  },
);

Deno.test(
  "page: on a phone the button to the rooms counts what is unread in them",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const viewport = { width: 360, height: 640 };
    await using ann = await Person.enter(browser, server.url, "Ann", { viewport });
    await using bob = await Person.enter(browser, server.url, "Bob");
    const rooms = ann.page.getByRole("button", { name: /^Rooms/ });
    assertEquals(await rooms.textContent().then((text) => text?.trim()), "Rooms");
    await bob.page.locator("#people-list").getByRole("button", { name: "Ann" }).click();
    await bob.say("One");
    await bob.say("Two");
    await rooms.getByRole("img", { name: "2 unread" }).waitFor();
    await rooms.click();
    await ann.page.locator("#directs").getByRole("button", { name: /^Bob/ }).click();
    await ann.sees("Two");
    await rooms.getByRole("img").waitFor({ state: "hidden" });
  },
);
