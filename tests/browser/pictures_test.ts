/**
 * Pictures of the page in its main states, for people to look at. They go to `screenshots/`, which
 * git ignores; the two in the README are copies of pictures made here:
 *
 * ```sh
 * deno test --allow-all tests/browser/pictures_test.ts
 * cp screenshots/desktop-light-room.png docs/images/desktop.png
 * cp screenshots/phone-dark-room.png docs/images/phone.png
 * ```
 *
 * @module
 */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { Chat } from "../../static/chat.js";
import { Program } from "../program.ts";
import { inChromium, launch, Person, picture, retime } from "./support.ts";

const DEVICES = {
  desktop: { viewport: { width: 1200, height: 890 } },
  phone: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
};

/** When the pictures are taken: the page's clock stands still then, so that they stay the same. */
const NOW = Date.parse("2026-05-15T09:52:00Z");

/** What was said in #weekend, and how many minutes ago. */
const TALK: [minutes: number, name: string, content: string][] = [
  [1_502, "Tom", "Anyone up for a hike on Saturday? The forecast looks great."],
  [1_495, "Mira", "Count me in!"],
  [46, "Omar", "Morning! I found a loop around the lake: 14 km, with one steep bit in the middle."],
  [46, "Omar", "https://example.org/trails/lake-loop"],
  [41, "Priya", "That's the one with the old mill, isn't it? I love that place."],
  [38, "Mira", "Perfect. I can bring sandwiches for everybody, and a thermos of coffee."],
  [12, "Tom", "I can take four. Meet at the station at half past eight?"],
  [9, "Lena", "@Mira I'll bring the apple cake. Half past eight works for me!"],
  [4, "Mira", "Great, see you on Saturday then!"],
];

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, options] of Object.entries(DEVICES)) {
    const name = `${device}-${colorScheme}`;
    Deno.test(`page: pictures of its main states, ${name}`, inChromium, async () => {
      await using server = await Program.start(["--rate", "0"]);
      await using friends = new Friends(server);
      for (const [, who, content] of TALK) await friends.say(who, content, { room: "weekend" });

      await using browser = await launch();
      await using mira = await enter(browser, server, name, { colorScheme, ...options });
      const { page } = mira;
      const onPhone = device === "phone";
      for (const room of ["lobby", "recipes"]) await join(page, room, onPhone);
      await open(page, onPhone);
      await picture(mira, `${name}-rooms`);
      await page.locator("#rooms").getByRole("button", { name: /^weekend/ }).click();

      await friends.say("Tom", "Has anybody seen my keys?", { room: "lobby" });
      await friends.say("Priya", "Fresh bread, step by step:", { room: "recipes" });
      await friends.say("Priya", "Start the evening before.", { room: "recipes" });
      await friends.say("Priya", "And fold it every half hour.", { room: "recipes" });
      await friends.say("Lena", "Shall we surprise Omar with a cake?", { to: "Mira" });
      await page.locator(onPhone ? "#elsewhere" : "#rooms", { hasText: onPhone ? "5" : "3" })
        .waitFor();
      await friends.type("Priya", "weekend");
      await page.getByText("Priya is typing…").waitFor();
      await page.mouse.move(0, 0);
      await picture(mira, `${name}-room`);

      await open(page, onPhone);
      await page.locator("#directs").getByRole("button", { name: /^Lena/ }).click();
      await mira.say("Oh yes! Chocolate, with a little hiker on top.");
      await page.locator(".own.sent").waitFor();
      await picture(mira, `${name}-private`);

      await open(page, onPhone);
      await page.getByRole("button", { name: "Join a room" }).click();
      await page.locator("#finder .option").nth(2).waitFor();
      await picture(mira, `${name}-dialog`);
      await page.getByRole("button", { name: "Close", exact: true }).click();

      await server.crash();
      await page.getByText(/^Trying again in/).waitFor();
      await mira.say("And candles.");
      await page.locator(".own.pending").waitFor();
      await picture(mira, `${name}-offline`);
    });
  }
}

/** The others, who are in all rooms and need no browser. */
class Friends implements AsyncDisposable {
  #chats = new Map<string, Chat>();
  #url: string;

  constructor({ port }: Program) {
    this.#url = `ws://127.0.0.1:${port}/ws`;
  }

  async say(name: string, content: string, target: { room?: string; to?: string }) {
    const chat = this.#chats.get(name) ?? new Chat(this.#url, { username: name });
    this.#chats.set(name, chat);
    for (const room of ["weekend", "lobby", "recipes"]) chat.join(room);
    await chat.send(content, target);
  }

  type(name: string, room: string) {
    this.#chats.get(name)?.typing({ room });
  }

  async [Symbol.asyncDispose]() {
    await Promise.all([...this.#chats.values()].map((chat) => chat.close()));
  }
}

/** Mira enters #weekend, where all that was said is as old as the script has it. */
async function enter(
  browser: Browser,
  server: Program,
  name: string,
  options: BrowserContextOptions,
) {
  const mira = await Person.arrive(browser, "Mira", { timezoneId: "UTC", ...options });
  await mira.page.clock.setFixedTime(NOW);
  await mira.page.goto(server.url);
  await picture(mira, `${name}-entry`);
  await retime(mira, (content) => {
    const [minutes = 0] = TALK.find(([, , text]) => text === content) ?? [];
    return new Date(NOW - minutes * 60_000).toISOString();
  });
  await mira.page.getByLabel("Name").fill("Mira");
  await mira.page.getByRole("textbox", { name: "Room", exact: true }).fill("weekend");
  await mira.page.keyboard.press("Enter");
  await mira.online();
  return mira;
}

async function join(page: Page, room: string, onPhone: boolean) {
  await open(page, onPhone);
  await page.getByRole("button", { name: "Join a room" }).click();
  await page.getByRole("dialog").getByRole("combobox", { name: "Room or person" }).fill(room);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: room }).waitFor();
}

/** Brings the list of rooms into view, which on a phone is behind a button. */
async function open(page: Page, onPhone: boolean) {
  if (onPhone) await page.getByRole("button", { name: "Rooms" }).click();
}
