import { assert, assertEquals } from "@std/assert";
import { Chat } from "../../static/chat.js";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person } from "./support.ts";

Deno.test(
  "page: the window is as high as what is in it, however much is said",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await flood(server, 1, 60);
    await using ann = await Person.enter(browser, server.url, "Ann");
    await ann.sees("message 60.");
    const { page } = ann;
    await page.locator("main > header").hover();
    await page.mouse.wheel(0, 2_000);
    assertEquals(await outside(ann), []);

    // Private conversations beyond the foot of their panel.
    for (let number = 1; number <= 30; number++) {
      await using friend = new Chat(`ws://${server.host}/ws`, { username: `Friend ${number}` });
      await friend.send("Hello", { to: "Ann" });
    }
    await page.locator("#directs li").nth(29).waitFor();
    assertEquals(await outside(ann), []);
  },
);

Deno.test(
  "page: on a narrow phone nothing is cut off or needs scrolling sideways",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const phone = { viewport: { width: 320, height: 568 }, hasTouch: true };
    await using guest = await Person.arrive(browser, "guest", phone);
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
    await wide.page.getByRole("button", { name: "Close", exact: true }).tap();
    await wide.page.getByRole("button", { name: "People" }).tap();
    await wide.page.locator("#people-list").getByText(long).waitFor();
    assertEquals(await sideways(wide), []);
  },
);

Deno.test(
  "page: light, dark or the system's colours, as chosen, also after a reload",
  inChromium,
  async () => {
    await using server = await Program.start();
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
  },
);

/** How the document is bigger than the window, or scrolled. */
async function outside({ page }: Person): Promise<string[]> {
  return await page.evaluate(() => {
    const { scrollHeight, scrollWidth, scrollTop } = document.documentElement;
    return [
      scrollHeight === innerHeight ? "" : `${scrollHeight} pixels high in ${innerHeight}`,
      scrollWidth === innerWidth ? "" : `${scrollWidth} pixels wide in ${innerWidth}`,
      scrollTop === 0 ? "" : `scrolled to ${scrollTop}`,
    ].filter(Boolean);
  });
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
