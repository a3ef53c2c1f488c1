/// <reference lib="dom" />
import { assert, assertEquals } from "@std/assert";
import type { BrowserContextOptions, Locator } from "playwright-core";
import { Chat } from "../../static/chat.js";
import { flood } from "./flood.ts";
import { Program } from "../program.ts";
import { inChromium, launch, Person, picture } from "./support.ts";

/** Pixels of a phone's screen that are rounded or covered. */
interface Insets {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** A window, and what is special about it. */
interface Device extends BrowserContextOptions {
  /** Size of text in pixels, as it is set in the browser; mostly that is 16. */
  text?: number;
  insets?: Insets;
}

const TOUCH = { hasTouch: true, isMobile: true };

const DEVICES: Record<string, Device> = {
  "desktop": { viewport: { width: 1280, height: 800 } },
  "phone": {
    viewport: { width: 390, height: 844 },
    insets: { top: 47, right: 0, bottom: 34, left: 0 },
    ...TOUCH,
  },
  "phone held across": {
    viewport: { width: 844, height: 390 },
    insets: { top: 0, right: 47, bottom: 21, left: 47 },
    ...TOUCH,
  },
  "narrow phone": { viewport: { width: 320, height: 568 }, ...TOUCH },
  "phone with text at 200 %": { viewport: { width: 390, height: 844 }, text: 32, ...TOUCH },
  "zoom of 400 %": { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
};

/** What opens each dialog, and what it is called. */
const DIALOGS = {
  "browse-open": /room/i,
  "search-open": /search/i,
  "help-open": /keys/i,
  "leave-chat": /leave/i,
};

const LONG = "W".repeat(32);
const ROOM = "a-room-with-a-very-long-name-that-goes-on-and-on-and-on-and-on";

for (const [name, { text, insets, ...options }] of Object.entries(DEVICES)) {
  Deno.test(`page: everything fits and can be reached, ${name}`, inChromium, async () => {
    await using server = await Program.start(["--rate", "0"]);
    await using browser = await launch();
    await flood(server, 1, 60);
    await using ann = await Person.arrive(browser, LONG, options);
    const { page } = ann;
    const devtools = await page.context().newCDPSession(page);
    if (text) {
      await devtools.send("Page.enable");
      await devtools.send("Page.setFontSizes", { fontSizes: { standard: text, fixed: text } });
    }
    if (insets) await devtools.send("Emulation.setSafeAreaInsetsOverride", { insets });
    const fits = async (state: string) => {
      await picture(ann, `layout-${name.replaceAll(/\W+/g, "-")}-${state.replaceAll(" ", "-")}`);
      assertEquals(await faults(ann, insets), [], state);
    };
    const enter = async (query: Record<string, string>) => {
      // What was closed goes back in the history, which would end the way to another address.
      await page.waitForFunction(() => !history.state?.cover);
      await page.goto(`${server.url}?${new URLSearchParams({ name: LONG, ...query })}`);
      await ann.online();
    };

    await page.goto(`${server.url}?name=@`);
    await page.locator("#name-problem:not(:empty)").waitFor();
    await fits("entry");

    await enter({ room: "lobby" });
    await ann.sees("message 60.");
    await page.locator("main > header").hover();
    await page.mouse.wheel(0, 2_000);
    await fits("many messages");

    await enter({ room: ROOM });
    await fits("empty room");
    await ann.say("W".repeat(400));
    await ann.say(`https://example.com/${"path/".repeat(60)}`);
    await ann.say(`${"Z" + "\u0301\u0330".repeat(40)} \u202Eand the other way round`);
    await page.locator(".bubble a").waitFor();
    await fits("long words");
    await page.locator("#timeline").evaluate((element) => element.scrollTop = 0);
    await fits("newer messages");

    for (const panel of ["sidebar", "people"]) {
      const toggle = page.locator(`.toggle[popovertarget="${panel}"]`);
      if (!(await toggle.isVisible())) continue;
      await toggle.click();
      await page.locator(`#${panel}:popover-open`).waitFor();
      await fits(panel);
      await page.keyboard.press("Escape");
    }

    for (const [id, name] of Object.entries(DIALOGS)) {
      const toggle = page.locator('.toggle[popovertarget="sidebar"]');
      if (await toggle.isVisible()) await toggle.click();
      await page.locator(`#${id}`).click();
      await page.getByRole("dialog", { name }).waitFor();
      await fits(id);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    }

    await ann.box.fill("A long draft. ".repeat(100));
    await fits("long draft");
    await ann.box.fill("x".repeat(5_000));
    await page.locator("#counter.over").waitFor();
    await fits("too long a draft");
    await ann.box.fill("x".repeat(4_001));
    await page.getByText("1 character too many", { exact: true }).waitFor();

    await enter({ room: "lobby", with: "Nobody" });
    await ann.say("Is anybody there?");
    await page.locator(".failed").waitFor();
    await fits("failed message");
    await server.crash();
    await page.locator("#banner.offline").waitFor();
    await fits("no connection");
  });
}

Deno.test(
  "page: private conversations beyond the foot of their panel make it no higher",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann");
    for (let number = 1; number <= 30; number++) {
      await using friend = new Chat(`ws://${server.host}/ws`, { username: `Friend ${number}` });
      await friend.send("Hello", { to: "Ann" });
    }
    await ann.page.locator("#directs li").nth(29).waitFor();
    assertEquals(await faults(ann), []);
  },
);

Deno.test(
  "page: a drawer and a dialog close with their button, Escape, and a click beside them",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    const phone = { viewport: { width: 390, height: 844 } };
    await using ann = await Person.enter(browser, server.url, "Ann", phone);
    const { page } = ann;
    const ways: Record<string, (box: Locator) => Promise<void>> = {
      button: (box) => box.getByRole("button", { name: "Close" }).click(),
      escape: () => page.keyboard.press("Escape"),
      beside: async (box) => {
        const { x } = await box.boundingBox() ?? { x: 0 };
        await page.mouse.click(x > 0 ? 5 : 385, 700);
      },
    };
    for (const close of Object.values(ways)) {
      for (const id of ["sidebar", "people"]) {
        await page.locator(`.toggle[popovertarget="${id}"]`).click();
        await close(page.locator(`#${id}`));
        await page.locator(`#${id}`).waitFor({ state: "hidden" });
      }
      await page.locator('.toggle[popovertarget="sidebar"]').click();
      await page.getByRole("button", { name: "Join a room" }).click();
      await page.getByRole("dialog").waitFor();
      await close(page.getByRole("dialog"));
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    }
  },
);

Deno.test(
  "page: a click beside a dialog closes it also where the browser does not do that",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    const { page } = ann;
    await page.addInitScript(() => {
      Reflect.deleteProperty(HTMLDialogElement.prototype, "closedBy");
      // What the browser does by itself announces itself so.
      addEventListener("cancel", (event) => event.preventDefault(), { capture: true });
    });
    await page.goto(`${server.url}?name=Ann&room=lobby`);
    await ann.online();
    await page.getByRole("button", { name: "Join a room" }).click();
    // Selecting what was typed may end beside the dialog.
    await page.locator("dialog[open] input").hover();
    await page.mouse.down();
    await page.mouse.move(20, 20);
    await page.mouse.up();
    await page.getByRole("dialog").waitFor();
    await page.mouse.click(20, 20);
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  },
);

Deno.test("page: it stays above a keyboard that lies over it", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  const phone = { viewport: { width: 390, height: 844 }, ...TOUCH };
  await using ann = await Person.arrive(browser, "Ann", phone);
  const { page } = ann;
  await page.addInitScript(() => {
    const view = Object.assign(new EventTarget(), { height: 844, offsetTop: 0, scale: 1 });
    Object.defineProperty(globalThis, "visualViewport", { value: view });
  });
  await page.goto(`${server.url}?name=Ann&room=lobby`);
  await ann.online();
  const change = (view: Partial<VisualViewport>) =>
    page.evaluate((view) => {
      Object.assign(visualViewport!, view).dispatchEvent(new Event("resize"));
      const { top, bottom } = document.getElementById("chat")!.getBoundingClientRect();
      return [top, bottom];
    }, view);
  assertEquals(await change({ height: 500, offsetTop: 40 }), [40, 540]);
  await picture(ann, "layout-keyboard");
  // Zoomed with two fingers, it is to stay as big as it is.
  assertEquals(await change({ height: 422, offsetTop: 40, scale: 2 }), [0, 844]);
  assertEquals(await change({ height: 844, offsetTop: 0, scale: 1 }), [0, 844]);
  // Where the window itself gets lower, so does the page.
  await page.setViewportSize({ width: 390, height: 500 });
  assertEquals(await faults(ann), []);
});

Deno.test("page: names stand beside their picture, in every script", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await using mariam = new Chat(`ws://${server.host}/ws`, { username: "مريم" });
  await mariam.send("مرحبا");
  await mariam.send("مرحبا", { to: "Ann" });
  for (const list of ["#people-list li", "#directs li", ".message"]) {
    const item = ann.page.locator(list, { hasText: "مريم" });
    const gap = await item.evaluate((item) => {
      const text = new Range();
      text.selectNodeContents(item.querySelector(".name")!);
      const { right } = item.querySelector(".avatar")!.getBoundingClientRect();
      return text.getBoundingClientRect().left - right;
    });
    assert(gap > 0 && gap < 16, `${gap} pixels from the picture in ${list}`);
  }
});

Deno.test("page: iOS does not zoom into boxes, whose text is big enough", inChromium, async () => {
  await using server = await Program.start();
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann", TOUCH);
  const sizes = await ann.page.evaluate(() =>
    [...document.querySelectorAll("input, textarea, select")].map((box) =>
      parseFloat(getComputedStyle(box).fontSize)
    )
  );
  assert(sizes.length > 3 && Math.min(...sizes) >= 16, sizes.join());
});

Deno.test(
  "page: forced colours show the current room, whose a bubble is, what is unread, and the focus",
  inChromium,
  async () => {
    await using server = await Program.start();
    await using browser = await launch();
    await using ann = await Person.enter(browser, server.url, "Ann", { forcedColors: "active" });
    await using bob = new Chat(`ws://${server.host}/ws`, { username: "Bob" });
    await bob.send("Hello @Ann");
    await bob.send("How are you?");
    await bob.send("In private", { to: "Ann" });
    await ann.say("Hello Bob");
    await ann.page.locator(".own.sent").waitFor();
    const { page } = ann;
    await page.locator("#directs .badge").waitFor();
    await picture(ann, "layout-forced-colours");
    const look = (selector: string, property: string) =>
      page.locator(selector).first().evaluate(
        (element, property) => getComputedStyle(element).getPropertyValue(property),
        property,
      );
    const ground = await look("#sidebar", "background-color");
    const differs = async (one: string, other: string, property: string) =>
      assert(await look(one, property) !== await look(other, property), `${one} and ${other}`);
    await differs("#rooms .entry", "#directs .entry", "background-color");
    await differs("#rooms .entry .name", "#directs .entry .name", "color");
    await differs(".own .bubble", ".message:not(.own) .bubble", "border-right-width");
    await differs(".called .bubble", ".message:not(.called, .own) .bubble", "border-top-style");
    assert(await look(".message:not(.own) .bubble", "border-top-width") !== "0px");
    assert(await look("#directs .badge", "background-color") !== ground);
    await page.keyboard.press("Shift+Tab");
    assertEquals(await look(":focus-visible", "outline-style"), "solid");
    assert(await look(":focus-visible", "outline-color") !== ground);
  },
);

Deno.test("page: printed is the conversation, black on white, all of it", inChromium, async () => {
  await using server = await Program.start(["--rate", "0"]);
  await using browser = await launch();
  await flood(server, 1, 60);
  await using ann = await Person.enter(browser, server.url, "Ann", { colorScheme: "dark" });
  await ann.sees("message 60.");
  const { page } = ann;
  await page.getByLabel("Theme").selectOption("Dark");
  await page.emulateMedia({ media: "print" });
  await picture(ann, "layout-print");
  for (const hidden of [".panel", "#composer", "#newer", "#banner", ".toggle", "#share"]) {
    for (const element of await page.locator(hidden).all()) assert(!(await element.isVisible()));
  }
  const bubbles = page.locator(".bubble");
  const { y } = (await bubbles.first().boundingBox())!;
  assert(y >= 0 && y < 200, "the first line is not scrolled away");
  // Nothing scrolls on paper: the document is as long as its lines.
  const end = await bubbles.last().evaluate((bubble) => bubble.getBoundingClientRect().bottom);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  assert(end > 1_500 && end <= height, `${end} of ${height}`);
  assertEquals(
    await bubbles.last().evaluate((bubble) => getComputedStyle(bubble).color),
    "rgb(0, 0, 0)",
  );
  const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assertEquals(ground, "rgb(255, 255, 255)");
});

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

Deno.test("page: a line that comes changes no style of the others", inChromium, async () => {
  await using server = await Program.start(["--rate", "0"]);
  await using browser = await launch();
  await using ann = await Person.enter(browser, server.url, "Ann");
  await flood(server, 1, 250);
  await ann.page.getByText("Flood left").waitFor();
  await browser.startTracing(ann.page, { categories: ["devtools.timeline"] });
  await flood(server, 251, 252);
  await ann.sees("message 252.");
  const trace = new TextDecoder().decode(await browser.stopTracing());
  const { traceEvents }: { traceEvents: { name: string; args: { elementCount?: number } }[] } = JSON
    .parse(trace);
  const counts = traceEvents.filter(({ name }) => name === "UpdateLayoutTree")
    .map(({ args }) => args.elementCount ?? 0);
  assert(Math.max(...counts) > 0);
  assert(Math.max(...counts) < 200, `styles of ${Math.max(...counts)} elements`);
});

/**
 * What is wrong with how the page stands in its window: a document that is bigger or scrolled, text
 * that is cut off, and controls that cannot be brought into view whole, or are too small.
 */
async function faults({ page }: Person, insets?: Insets): Promise<string[]> {
  return await page.evaluate((insets) => {
    const { scrollHeight, scrollWidth, scrollTop } = document.documentElement;
    const faults = [];
    if (scrollHeight !== innerHeight) faults.push(`${scrollHeight} pixels high in ${innerHeight}`);
    if (scrollWidth !== innerWidth) faults.push(`${scrollWidth} pixels wide in ${innerWidth}`);
    if (scrollTop !== 0) faults.push(`scrolled to ${scrollTop}`);

    const open = document.querySelector("dialog[open], .panel:popover-open");
    const root = open ?? document.documentElement;
    const elements = [root, ...root.querySelectorAll<HTMLElement>("*")]
      .filter((element) => element instanceof HTMLElement)
      .filter((element) => element.checkVisibility({ visibilityProperty: true }))
      .filter((element) => !element.closest(".hidden, .skip, .compact > .who"))
      // For screen readers only.
      .filter((element) => getComputedStyle(element).clipPath === "none");
    const tell = ({ localName, id, className, textContent }: HTMLElement) =>
      `${localName}${id && `#${id}`}${className && `.${className}`} "${
        textContent.trim().slice(0, 20)
      }"`;
    for (const element of elements) {
      const { overflowX, textOverflow } = getComputedStyle(element);
      if (overflowX === "visible" || textOverflow === "ellipsis") continue;
      if (element.scrollWidth > element.clientWidth) faults.push(`${tell(element)} is cut off`);
    }
    const edge = insets ?? { top: 0, right: 0, bottom: 0, left: 0 };
    for (const element of elements) {
      if (!element.matches("button, input, textarea, select, a, h1, h2, .failure, .problem")) {
        continue;
      }
      element.scrollIntoView({ block: "nearest" });
      const { left, right, bottom, width, height } = element.getBoundingClientRect();
      const high = Math.min(height, 24);
      const out = left < edge.left || right > innerWidth - edge.right + .5 ||
        bottom > innerHeight - edge.bottom + .5 && height < innerHeight / 3;
      if (out) faults.push(`${tell(element)} is out of view`);
      if (!element.matches("button, input, textarea, select")) continue;
      // Of a box to tick, the words beside it are a part.
      if (element.closest("label")) continue;
      if (width < 24 || height < 24) faults.push(`${tell(element)} is small`);
      const found = document.elementFromPoint((left + right) / 2, bottom - high / 2);
      if (!element.contains(found)) faults.push(`${tell(element)} is covered`);
    }
    const box = document.getElementById("content");
    if (!open && box?.checkVisibility()) {
      const size = parseFloat(getComputedStyle(box).fontSize);
      if (box.clientWidth < 6 * size) faults.push("the message box is narrow");
      const lines = document.querySelector(".stage")?.clientHeight ?? 0;
      if (lines < 3 * size) faults.push("no room for the messages");
    }
    return faults;
  }, insets);
}
