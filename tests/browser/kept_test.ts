import { assertEquals } from "@std/assert";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

/** Opens another tab of the same person in the same browser. */
async function another({ context, name }: Person, url: string): Promise<Person> {
  const tab = new Person(context, await context.newPage(), name);
  await tab.page.goto(`${url}?${new URLSearchParams({ name, room: "lobby" })}`);
  await tab.online();
  return tab;
}

const talkTo = async ({ page }: Person, name: string) => {
  await page.locator("#directs").getByRole("button", { name: new RegExp(`^${name}`) }).click();
  await page.getByPlaceholder(`Message ${name}`).waitFor();
};

Deno.test(
  "page: a private conversation that was hidden, killed or never here is found again",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    await using bob = await Person.enter(browser, server.url, "Bob");
    await bob.page.goto(`${server.url}?name=Bob&room=lobby&with=Ann`);
    await bob.online();
    await bob.say("One");
    await talkTo(ann, "Bob");
    await ann.say("Two");
    await bob.sees("Two");

    await ann.page.getByRole("button", { name: "Hide the conversation with Bob" }).click();
    await until(
      "it is out of the list",
      async () => await ann.page.locator("#directs li").count() === 0,
    );
    await bob.say("Three");
    await talkTo(ann, "Bob");
    assertEquals(await ann.texts(), ["One", "Two", "Three"]);
    await ann.box.fill("A draft");
    await until(
      "it is kept",
      () => ann.page.evaluate(() => Object.values({ ...localStorage }).join().includes("A draft")),
    );

    const second = await another(ann, server.url);
    await talkTo(second, "Bob");
    assertEquals(await second.texts(), ["One", "Two", "Three"]);
    assertEquals(await second.box.inputValue(), "A draft");

    // Both tabs die without a word, as phones have it.
    const dying = [ann, second].map(async ({ page, context }) => {
      const crashed = page.waitForEvent("crash");
      const devtools = await context.newCDPSession(page);
      devtools.send("Page.crash").catch(() => {});
      await crashed;
      await page.close();
    });
    await Promise.all(dying);
    await bob.say("Four");
    const third = await another(ann, server.url);
    const badge = third.page.locator("#directs").getByRole("img");
    await badge.waitFor();
    assertEquals(await badge.textContent(), "1");
    await talkTo(third, "Bob");
    await third.sees("Four");
    assertEquals(await third.texts(), ["One", "Two", "Three", "Four"]);
    assertEquals(await third.box.inputValue(), "A draft");
    assertEquals(third.faults, []);
    assertEquals(second.faults, []);
  },
);

Deno.test(
  "page: what is unread stays so after a reload, until it is read in any tab",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann", { room: "garden" });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await ann.page.goto(`${server.url}?name=Ann&room=garden`);
    await ann.online();
    await flood(server, 1, 7);
    const badge = ann.page.locator("#rooms").getByRole("button", { name: /^lobby/ }).getByRole(
      "img",
    );
    const shows = (text: string) =>
      until(`it shows ${text}`, async () => await badge.textContent() === text);
    await shows("7");
    await ann.page.reload();
    await ann.online();
    await shows("7");
    await flood(server, 8, 9);
    await shows("9");

    const second = await another(ann, server.url);
    await second.sees("message 9.");
    await badge.waitFor({ state: "hidden" });
    assertEquals(second.faults, []);
    await ann.page.reload();
    await ann.online();
    await ann.page.locator("#rooms .name", { hasText: "lobby" }).waitFor();
    await flood(server, 10, 10);
    await second.sees("message 10.");
    await badge.waitFor({ state: "hidden" });
  },
);

Deno.test(
  "page: where the browser keeps nothing it works until it is closed, and says so",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    await ann.page.addInitScript(() => {
      for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
        Object.defineProperty(globalThis, name, {
          get() {
            throw new DOMException("No storage here", "SecurityError");
          },
        });
      }
    });
    await ann.page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await ann.page.getByText("This browser keeps nothing").waitFor();
    await ann.page.getByLabel("Theme").selectOption("Dark");
    await ann.say("Hello");
    await ann.page.locator(".own.sent").waitFor();

    await using full = await Person.enter(browser, server.url, "Bob");
    await full.page.evaluate(() => {
      for (let size = 2 ** 22; size > 0; size >>= 1) {
        for (let n = 0;; n++) {
          try {
            localStorage.setItem(`other ${size} ${n}`, "x".repeat(size));
          } catch {
            break;
          }
        }
      }
    });
    await full.box.fill("A long draft ".repeat(20));
    await full.page.getByText("This browser has no room left").waitFor();
    await full.page.evaluate(() => localStorage.clear());
    await full.box.fill("A short one");
    await full.page.getByText("This browser has no room left").waitFor({ state: "hidden" });
  },
);
