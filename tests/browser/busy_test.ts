import { assert, assertEquals } from "@std/assert";
import { Chat } from "../../static/chat.js";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person, until } from "./support.ts";

/** Messages of the busy room. */
const MANY = 5_000;
/** Elements for messages that the page may have. */
const MOST = 300;
/** Milliseconds for which a key may have to wait while the page works. */
const LONGEST = 500;
/** The trace category in which Chromium tells how long each task took. */
const TASKS = "disabled-by-default-devtools.timeline";

Deno.test("page: 5,000 messages in a room leave it small and quick", inChromium, async () => {
  await using server = await Program.start(["--rate", "0"]);
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");

  await browser.startTracing(ann.page, { categories: [TASKS] });
  const flooding = flood(server, 1, MANY);
  // While they come, what is typed appears.
  let typed = "";
  for (let flowing = true; flowing;) {
    await ann.box.press("x");
    typed += "x";
    assertEquals(await ann.box.inputValue(), typed);
    assert(await size(ann) <= MOST);
    flowing = await Promise.race([flooding.then(() => false), pause(50).then(() => true)]);
  }
  await ann.sees(`message ${MANY}.`);
  const longest = longestTask(await browser.stopTracing());
  assert(longest > 0 && longest < LONGEST, `a task took ${longest} ms`);
  assert(await size(ann) <= MOST, `${await size(ann)} elements`);
  assertEquals((await ann.texts()).at(-1), `message ${MANY}.`);
  assert(await atEnd(ann), "the newest message is in view");

  // Reading back goes as far as the server holds: 1,000 messages.
  await ann.page.getByText("Flood left").waitFor();
  const timeline = ann.page.locator("#timeline");
  await until("the oldest message is there", async () => {
    await timeline.evaluate((element) => element.scrollTop = 0);
    assert(await size(ann) <= MOST);
    return (await ann.texts())[0] === `message ${MANY - 999}.`;
  });
  // And forward again, to the newest.
  await until("the newest message is there again", async () => {
    await timeline.evaluate((element) => element.scrollTop = element.scrollHeight);
    return (await ann.texts()).at(-1) === `message ${MANY}.`;
  });
});

Deno.test(
  "page: reading back stays where it is while messages come, and says how many",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await flood(server, 1, 120);
    await using ann = await Person.enter(browser, server.url, "Ann");
    await ann.sees("message 120.");
    assertEquals((await ann.texts()).length, 50);

    // Scrolling up fetches the history before those.
    const timeline = ann.page.locator("#timeline");
    await until("the first message is there", async () => {
      await timeline.evaluate((element) => element.scrollTop = 0);
      return (await ann.texts())[0] === "message 1.";
    });
    const numbers = (await ann.texts()).map((text) => Number(/\d+/.exec(text)));
    assertEquals(numbers, Array.from({ length: 120 }, (_, index) => index + 1));

    await timeline.evaluate((element) => element.scrollTop = element.scrollHeight / 2);
    const middle = ann.page.locator(".bubble", { hasText: "message 60." });
    const before = await middle.boundingBox();
    await flood(server, 121, 321);
    await ann.page.getByRole("button", { name: "201 new messages" }).waitFor();
    const after = await middle.boundingBox();
    assert(Math.abs(after!.y - before!.y) <= 2, `it moved from ${before!.y} to ${after!.y}`);
    await ann.page.getByRole("button", { name: "201 new messages" }).click();
    await ann.sees("message 321.");
    assert(await atEnd(ann));
    await ann.page.locator("#newer").waitFor({ state: "hidden" });
    assert(await ann.box.evaluate((box) => box === document.activeElement));
  },
);

Deno.test(
  "page: whoever scrolls up in little steps leaves the end of a busy room, and stays near a quiet one",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await flood(server, 1, 100);
    await using ann = await Person.enter(browser, server.url, "Ann");
    await ann.sees("message 100.");
    const newer = ann.page.locator("#newer");
    await drag(ann, 20);
    await newer.waitFor({ state: "hidden" });
    await flood(server, 101, 102);
    await ann.sees("message 102.");
    await until("the end is in view", () => atEnd(ann));

    await using bob = new Chat(`ws://${server.host}/ws`, { username: "Bob" });
    const talk = setInterval(() => bob.send("And another thing."), 20);
    try {
      await ann.sees("And another thing.");
      await drag(ann, 160);
      await newer.getByText(/^\d+ new messages$/).waitFor();
    } finally {
      clearInterval(talk);
    }
    assert(!await atEnd(ann));
  },
);

/** Scrolls up as a finger does on a trackpad: by four pixels in each frame. */
const drag = ({ page }: Person, pixels: number) =>
  page.locator("#timeline").evaluate(async (element, pixels) => {
    const frame = () => new Promise(requestAnimationFrame);
    for (let by = 0; by < pixels; by += 4) {
      element.scrollTop -= 4;
      await frame();
    }
    await frame();
  }, pixels);

/**
 * Milliseconds of the longest task in a trace: a task is what the browser does without looking at
 * the keyboard in between. Counts the processor's time, so a machine that is busy with something
 * else does not look like a slow page.
 */
function longestTask(trace: Uint8Array): number {
  const { traceEvents }: { traceEvents: { name: string; tdur?: number }[] } = JSON.parse(
    new TextDecoder().decode(trace),
  );
  const tasks = traceEvents.filter(({ name }) => name === "RunTask");
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur / 1_000), 0);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How many elements for messages, and what stands between them, the page has. */
const size = ({ page }: Person) => page.locator("#lines").evaluate((list) => list.children.length);

const atEnd = ({ page }: Person) =>
  page.locator("#timeline").evaluate((element) =>
    element.scrollHeight - element.scrollTop - element.clientHeight < 2
  );
