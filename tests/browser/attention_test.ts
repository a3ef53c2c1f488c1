import { assertEquals } from "@std/assert";
import { Chat } from "../../static/chat.js";
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
    const again = spoken.evaluate((element) =>
      new Promise((resolve) => new MutationObserver(resolve).observe(element, { childList: true }))
    );
    await bob.say("Good morning");
    await again;
    assertEquals(await spoken.textContent(), "Bob: Good morning");
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
  "page: a mention and a private message reach somebody who looks elsewhere, chatter only on wish",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    const { page } = ann;
    await listen(ann);
    await page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await using bob = await Person.enter(browser, server.url, "Bob");
    // At once, from another device.
    await using phone = new Chat(`ws://${server.host}/ws`, { username: "Bob" });
    const writeToAnn = (text: string) => phone.send(text, { to: "Ann" });
    const choice = page.getByLabel("Notify me of");
    const title = (text: string) =>
      until(`the title is ${text}`, async () => await page.title() === text);

    await turn(ann, "hidden");
    await bob.say("Without a notification");
    await title("(1) #lobby · Ann · Parley");
    await bob.say("Are you there, @ann?");
    await title("(1 for you) #lobby · Ann · Parley");
    assertEquals(await told(ann), ["badge •", "badge 1"]);
    await turn(ann, "here");
    assertEquals(await page.title(), "#lobby · Ann · Parley");
    assertEquals(await told(ann), ["no badge"]);

    assertEquals(await choice.inputValue(), "calls");
    await page.getByRole("button", { name: "Allow notifications" }).click();
    await page.getByRole("button", { name: "Allow notifications" }).waitFor({ state: "hidden" });
    assertEquals(await told(ann), ["asked"]);
    assertEquals(await choice.evaluate((select) => select === document.activeElement), true);

    await turn(ann, "hidden");
    await bob.say("Chatter");
    await title("(1) #lobby · Ann · Parley");
    await bob.say("**Look**, @Ann");
    await writeToAnn("Psst");
    await title("(2 for you) #lobby · Ann · Parley");
    await hears(ann, [
      ...["badge •", "badge 1", "badge 2"],
      "Bob mentioned you in #lobby: Look, @Ann (room:lobby)",
      "Bob (private): Psst (person:bob)",
    ]);
    await page.evaluate(() => Reflect.get(globalThis, "shown").get("person:bob").onclick());
    await page.getByRole("heading", { name: "Bob" }).waitFor();
    await turn(ann, "here");
    await hears(ann, ["closed person:bob", "badge 1"]);
    await page.locator("#rooms").getByRole("button", { name: /^lobby/ }).click();
    await hears(ann, ["no badge", "closed room:lobby"]);

    await choice.selectOption("Everything");
    await turn(ann, "beside");
    await bob.say("Said on her second screen");
    await hears(ann, ["Bob in #lobby: Said on her second screen (room:lobby)"]);
    await turn(ann, "here");
    await hears(ann, ["closed room:lobby"]);
    // What calls somebody is not replaced by chatter.
    await turn(ann, "hidden");
    await bob.say("Once more, @Ann");
    await hears(ann, ["badge 1", "Bob mentioned you in #lobby: Once more, @Ann (room:lobby)"]);
    await bob.say("Chatter again");
    await writeToAnn("Psst again");
    await hears(ann, ["badge 2", "Bob (private): Psst again (person:bob)"]);
    await turn(ann, "here");
    await page.locator("#directs").getByRole("button", { name: /^Bob/ }).click();
    await page.locator("#rooms").getByRole("button", { name: /^lobby/ }).click();
    await hears(ann, ["badge 1", "closed room:lobby", "no badge", "closed person:bob"]);

    await choice.selectOption("Nothing");
    await turn(ann, "hidden");
    await bob.say("Never mind, @Ann");
    await hears(ann, ["badge 1"]);
    await turn(ann, "here");
    await hears(ann, ["no badge"]);
    assertEquals(await page.getByLabel("Sound").isDisabled(), true);
    await page.reload();
    await ann.online();
    assertEquals(await choice.inputValue(), "none");
  },
);

Deno.test(
  "page: who is called from another conversation hears it, by a sound and from screen readers",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    const { page } = ann;
    await listen(ann);
    await page.goto(`${server.url}?name=Ann&room=garden`);
    await ann.online();
    await page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await using bob = await Person.enter(browser, server.url, "Bob", { room: "garden" });
    const spoken = (text: string) =>
      until(
        `"${text}" is spoken`,
        async () => await page.locator("#spoken").textContent() === text,
      );
    const sound = page.getByRole("checkbox", { name: "Sound" });
    assertEquals(await sound.isChecked(), false);

    await bob.say("Chatter in the garden");
    await bob.say("The roses are out, @Ann");
    await spoken("Bob mentioned you in #garden: The roses are out, @Ann");
    assertEquals(await told(ann), ["badge •", "badge 1"]);

    await sound.check();
    await hears(ann, ["tone", "tone"]);
    await page.locator("#rooms").getByRole("button", { name: /^garden/ }).click();
    await hears(ann, ["no badge"]);
    await page.locator("#rooms").getByRole("button", { name: /^lobby/ }).click();
    await page.reload();
    await ann.online();
    assertEquals(await sound.isChecked(), true);
    // What somebody did before the reload counts no more for the browser.
    await ann.box.press("Shift");
    await bob.whisper("Ann");
    await bob.say("Psst");
    await spoken("Private message from Bob: Psst");
    await hears(ann, ["badge 1", "tone", "tone"]);
    await bob.say("Psst");
    await bob.say("Psst");
    await spoken("2 private messages from Bob: Psst");
    // Not more often than every few seconds.
    assertEquals(await told(ann), ["badge 2", "badge 3"]);
  },
);

Deno.test(
  "page: what the browser does not allow is said where notifications are chosen",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const cases = [
      [
        { permission: "denied" },
        "blocks notifications of this page. It lets you allow them beside the address.",
      ],
      [{ secure: false }, "of https pages only, and this one came by http."],
      [{ permission: "" }, "This browser shows no notifications of pages."],
    ] as const;
    for (const [given, words] of cases) {
      await using ann = await Person.arrive(browser, "Ann");
      await listen(ann, given);
      await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
      await ann.page.getByText(words).waitFor();
      assertEquals(await ann.page.getByText("Allow notifications").isVisible(), false);
      await ann.page.getByLabel("Notify me of").selectOption("Nothing");
      await ann.page.getByText(words).waitFor({ state: "detached" });
      assertEquals(await told(ann), []);
    }
    // Chromium on Android allows them, and then shows none.
    await using ann = await Person.arrive(browser, "Ann");
    await listen(ann, { permission: "granted", fails: true });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await turn(ann, "hidden");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await bob.say("Hello, @Ann");
    await ann.page.getByText("This browser shows no notifications of pages.").waitFor();
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
    await bob.whisper("Ann");
    await bob.say("One");
    await bob.say("Two");
    await rooms.getByRole("img", { name: "2 unread" }).waitFor();
    await rooms.click();
    await ann.page.locator("#directs").getByRole("button", { name: /^Bob/ }).click();
    await ann.sees("Two");
    await rooms.getByRole("img").waitFor({ state: "hidden" });
  },
);

/**
 * Writes down what the page tells the system, in place of which it stands: notifications, the badge,
 * and the tones that are played. Says whether the page is hidden or has the focus.
 */
async function listen(
  { page }: Person,
  { permission = "default", secure = true, fails = false } = {},
) {
  await page.addInitScript(({ permission, secure, fails }) => {
    const told: string[] = [];
    const shown = new Map<string, Notification>();
    const fake = class {
      static permission = permission || undefined;
      static requestPermission() {
        told.push("asked");
        return Promise.resolve(fake.permission = "granted");
      }
      constructor(title: string, { body, tag, silent }: NotificationOptions) {
        if (fails) throw new TypeError("Illegal constructor");
        told.push(`${title}: ${body} (${tag})${silent ? "" : " with a sound"}`);
        shown.set(tag!, this as unknown as Notification);
        Object.assign(this, { close: () => told.push(`closed ${tag}`) });
      }
    };
    Object.defineProperty(globalThis, "isSecureContext", { value: secure });
    Object.assign(navigator, {
      setAppBadge: (count = "•") => told.push(`badge ${count}`),
      clearAppBadge: () => told.push("no badge"),
    });
    const { start } = OscillatorNode.prototype;
    OscillatorNode.prototype.start = function (when) {
      told.push("tone");
      start.call(this, when);
    };
    let place = "here";
    Object.assign(globalThis, {
      Notification: fake,
      told,
      shown,
      turn: (where: string) => {
        place = where;
        document.dispatchEvent(new Event("visibilitychange"));
        if (place === "here") dispatchEvent(new Event("focus"));
      },
    });
    Object.defineProperty(document, "hidden", { get: () => place === "hidden" });
    document.hasFocus = () => place === "here";
  }, { permission, secure, fails });
}

/** Ann looks at the page, away from it, or at something beside it. */
async function turn({ page }: Person, where: "here" | "hidden" | "beside") {
  await page.evaluate((where) => Reflect.get(globalThis, "turn")(where), where);
}

/** What the page told the system since this was last asked. */
async function told({ page }: Person): Promise<string[]> {
  return await page.evaluate(() => Reflect.get(globalThis, "told").splice(0));
}

/** Waits until the page has told the system this and, by then, nothing else. */
async function hears(person: Person, expected: string[]) {
  const heard: string[] = [];
  await until(`${expected} is told`, async () => {
    heard.push(...await told(person));
    return heard.length >= expected.length;
  });
  assertEquals(heard, expected);
}
