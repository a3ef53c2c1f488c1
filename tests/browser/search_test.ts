/// <reference lib="dom" />
import { assert, assertEquals } from "@std/assert";
import type { Route } from "playwright-core";
import type { ChatMessage } from "../../static/chat.js";
import { Program } from "../program.ts";
import { flood } from "./flood.ts";
import { inChromium, launch, Person, picture, until } from "./support.ts";

/** Everything that was said in the lobby, newest first. */
async function everything(url: string): Promise<ChatMessage[]> {
  const all: ChatMessage[] = [];
  for (let complete = false; !complete;) {
    const before = all.length > 0 ? `&before=${all.at(-1)!.id}` : "";
    const part = await (await fetch(`${url}api/rooms/lobby/messages?limit=200${before}`)).json();
    all.push(...part.messages.toReversed());
    complete = part.complete;
  }
  return all;
}

/** Answers searches in place of the server. */
function play(all: ChatMessage[]) {
  const asked: string[] = [];
  return {
    asked,
    answer: async (route: Route) => {
      const query = new URL(route.request().url()).searchParams;
      const [words, before] = [query.get("q")!, query.get("before") ?? "~"];
      asked.push(words);
      const there = all.filter(({ id, content }) => content.includes(words) && id < before);
      const hits = there.slice(0, Number(query.get("limit"))).map((message) => {
        const at = message.content.indexOf(words);
        const rest = message.content.slice(at + words.length);
        return { message, snippet: [message.content.slice(0, at), words, rest] };
      });
      const next = hits.length === there.length ? undefined : hits.at(-1)!.message.id;
      // What is not wanted any more by then is given up.
      await route.fulfill({ json: { hits, complete: next === undefined, next } })
        .catch(() => {});
    },
  };
}

async function say(url: string, content: string) {
  const body = JSON.stringify({ username: "Bob", content });
  const answer = await fetch(`${url}api/rooms/lobby/messages`, { method: "POST", body });
  assertEquals(answer.status, 201);
  await answer.body?.cancel();
}

Deno.test(
  "page: search finds what the server keeps, leads to it, and back to the newest",
  inChromium,
  async () => {
    await using server = await Program.start(["--rate", "0", "--history", "3000"]);
    await using browser = await launch();
    await say(server.url, "Bring <b>cake</b>");
    await flood(server, 1, 1_200);
    await using ann = await Person.enter(browser, server.url, "Ann");
    const { page } = ann;
    const { asked, answer } = play(await everything(server.url));
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route(/\/search\?/, async (route) => {
      await released;
      await answer(route);
    });
    await ann.sees("message 1200.");
    const status = page.locator("#search").getByRole("status");
    const options = page.locator("#search").getByRole("option");

    // What is looked for is asked once the keys rest, and what is held is there at once.
    await page.keyboard.press("Control+Shift+F");
    const words = page.getByRole("combobox", { name: "Words" });
    await words.evaluate((input: HTMLInputElement) => {
      for (const text of ["message 1", "message 11", "message 119"]) {
        input.value = text;
        input.dispatchEvent(new Event("input"));
      }
    });
    await status.getByText("10 messages on this page. Asking the server…").waitFor();
    release();
    await status.getByText("11 messages.", { exact: true }).waitFor();
    assertEquals(asked, ["message 119"]);
    assertEquals(await options.first().locator("mark").allTextContents(), ["message", "119"]);
    assertEquals(await options.last().locator("mark").allTextContents(), ["message 119"]);

    // What is active stays so, whatever comes; and the end brings more.
    await words.fill("message");
    await status.getByText("Older ones come as you go down.").waitFor();
    const shown = await options.count();
    await page.keyboard.press("ArrowUp");
    const active = () => options.and(page.locator("[aria-selected=true]")).textContent();
    const last = await active();
    await until("more is there", async () => await options.count() === shown + 50);
    assertEquals(await active(), last);
    const id = await words.getAttribute("aria-activedescendant");
    assertEquals(await page.locator(`#${id}`).textContent(), last);

    await words.fill("cake");
    await status.getByText("1 message.", { exact: true }).waitFor();
    assertEquals(await options.locator(".excerpt").textContent(), "Bring <b>cake</b>");
    await picture(ann, "search-server");
    await page.keyboard.press("Enter");
    const line = page.locator(".message.found", { hasText: "cake" });
    await line.waitFor();
    assert(await line.evaluate((element) => element === document.activeElement));
    await until("it is in view", () =>
      line.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      }));
    await page.getByText("This is where the room begins").waitFor();
    assertEquals((await ann.texts()).length, 51);
    await picture(ann, "search-found");
    // From there the room is read on, while more is said at its end.
    await say(server.url, "The newest");
    await page.getByRole("button", { name: "1 new message" }).waitFor();
    const timeline = page.locator("#timeline");
    await until("it goes on", async () => {
      await timeline.evaluate((element) => element.scrollTop = element.scrollHeight);
      return (await ann.texts()).includes("message 200.");
    });
    const numbers = (await ann.texts()).flatMap((text) => /message (\d+)/.exec(text)?.[1] ?? []);
    for (const [index, number] of numbers.entries()) {
      assertEquals(Number(number), Number(numbers[0]) + index, "there is no hole");
    }
    await page.getByRole("button", { name: "1 new message" }).click();
    await until("it is the newest", async () => (await ann.texts()).at(-1) === "The newest");
  },
);

Deno.test(
  "page: where the server cannot search, or not now, what is held is found",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    const { page } = ann;
    await ann.say("cake, and a pie");
    await page.locator(".sent").waitFor();
    const status = page.locator("#search").getByRole("status");
    const options = page.locator("#search").getByRole("option");

    await page.route(/\/search\?/, (route) => route.abort());
    await page.keyboard.press("Control+Shift+F");
    await page.keyboard.type("cake");
    const failed = "Cannot search the room: the server cannot be reached.";
    await status.getByText(`1 message on this page. ${failed}`, { exact: true }).waitFor();
    await picture(ann, "search-failed");
    await page.getByRole("combobox", { name: "Words" }).fill("no cake");
    await status.getByText(failed, { exact: true }).waitFor();
    await page.unroute(/\/search\?/);

    let asked = 0;
    page.on("response", (response) => void (response.status() === 501 && asked++));
    const held = /^1 message\. Searches what this page holds\. Older messages are on the server/;
    for (const words of ["pie", "cake"]) {
      await page.getByRole("combobox", { name: "Words" }).fill(words);
      await status.getByText(held).waitFor();
    }
    assertEquals(await options.count(), 1);
    assertEquals(asked, 1);
  },
);
