/// <reference lib="dom" />
import { assertEquals } from "@std/assert";
import { Program } from "../program.ts";
import { flood } from "./flood.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";

/** Messages of the room; its window in the server holds a thousand. */
const MANY = 2_500;

/** So many are said while somebody is away; 10,000 and what is in its window it sends again. */
const AWAY = 11_500;

/** A folder for what is kept, which is removed at the end. */
async function folder() {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Starts a server that keeps what is said, at the same address as before. */
function start(path: string, port = 0, ...args: string[]) {
  const rights = [`--allow-read=${path}`, `--allow-write=${path}`];
  const flags = ["--data", path, "--rate", "0", "--port", `${port}`, ...args];
  return Program.start(flags, {}, rights);
}

/** Scrolls until a text is on the page; and looks that there is no hole. */
async function scroll({ page }: Person, to: "up" | "down", text: string) {
  await until(`"${text}" is there`, async () => {
    const texts = await page.locator("#timeline").evaluate((element, to) => {
      element.scrollTop = to === "up" ? 0 : element.scrollHeight;
      return [...element.querySelectorAll(".bubble")].map(({ textContent }) => textContent);
    }, to);
    const numbers = texts.flatMap((text) => Number(/^message (\d+)/.exec(text!)?.[1] ?? []));
    for (const [index, number] of numbers.entries()) assertEquals(number, numbers[0]! + index);
    return texts.includes(text);
  });
}

Deno.test(
  "page: of a server that keeps what is said, a restart loses nothing, and all is read and found",
  inChromium,
  async () => {
    await using data = await folder();
    const first = await start(data.path);
    await using browser = await launch();
    await using ann = await Person.enter(browser, first.url, "Ann");
    const { page } = ann;
    await ann.say("The very first word");
    await page.locator(".own.sent").waitFor();
    await using bob = await Person.enter(browser, first.url, "Bob", { room: "garden" });
    await bob.page.goto(`${first.url}?name=Bob&room=garden&with=Ann`);
    await bob.online();
    await bob.say("In private");
    await page.locator("#directs .badge:visible").waitFor();
    await flood(first, 1, MANY);
    await ann.sees(`message ${MANY}.`);

    await first.crash();
    await page.locator("#banner.offline").waitFor();
    await bob.say("In private, while it was away");
    await using second = await start(data.path, first.port);
    await page.locator("#directs .badge:visible", { hasText: "2" }).waitFor();
    await bob.page.locator(".own.pending").waitFor({ state: "detached" });
    await page.getByText("Connected again.", { exact: true }).waitFor();
    assertEquals(await page.locator(".separator.gap").count(), 0);
    for (const each of [ann, bob]) {
      assertEquals(await each.page.getByText("restarted").count(), 0);
      assertEquals(await each.page.locator(".separator.gap").count(), 0);
    }

    // All the way to the beginning and back.
    await scroll(ann, "up", "The very first word");
    await page.getByText("This is where the room begins").waitFor();
    await picture(ann, "durable-beginning");
    await scroll(ann, "down", `message ${MANY}.`);

    // And after a reload, there at once.
    await page.reload();
    await ann.online();
    await page.keyboard.press("Control+Shift+F");
    await page.keyboard.type("very fir");
    const option = page.locator("#search").getByRole("option");
    await option.waitFor();
    assertEquals(await option.locator("mark").allTextContents(), ["very", "first"]);
    await page.getByText("1 message.", { exact: true }).waitFor();
    await picture(ann, "durable-search");
    await page.keyboard.press("Enter");
    await page.locator(".message.found:focus").waitFor();
    assertEquals((await ann.texts()).slice(0, 2), ["The very first word", "message 1."]);
    await page.getByRole("button", { name: "Newest messages" }).click();
    await ann.sees(`message ${MANY}.`);

    // Who was away for longer than is sent at once reads back to where they were.
    await page.goto("about:blank");
    await flood(second, MANY + 1, MANY + AWAY);
    await page.goto(`${second.url}?name=Ann&room=lobby`);
    await page.locator(".separator.new").waitFor();
    await scroll(ann, "up", `message ${MANY + AWAY - 1_200}.`);
    assertEquals(await page.locator(".separator.gap").count(), 0);
    await scroll(ann, "down", `message ${MANY + AWAY}.`);
  },
);
