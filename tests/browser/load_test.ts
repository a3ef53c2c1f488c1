/// <reference lib="dom" />
import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { slim } from "../../routes/modules.ts";
import { style } from "../../routes/pages.ts";
import { Program } from "../program.ts";
import { inChromium, launch, launchAtHome, Person, picture, until } from "./support.ts";

/** Most bytes, compressed, of all that the first visit loads. */
const MOST = 45_000;

/** What a page has loaded beside its document and its icon, for which a browser takes its time. */
async function loaded(page: Page) {
  await page.waitForLoadState("networkidle");
  const all = await page.evaluate(() =>
    performance.getEntriesByType("resource").map((entry) => {
      const { name, encodedBodySize: size, transferSize: sent } =
        entry as PerformanceResourceTiming;
      return { name, size, sent };
    })
  );
  return all.map(({ name, ...entry }) => ({ ...entry, path: name.replace(/.*\/v\/[^/]+\//, "") }))
    .filter(({ path }) => path !== "icon.svg").toSorted((a, b) => a.path < b.path ? -1 : 1);
}

/** Lets nothing pass to the page's modules until it is opened. */
async function gate({ page }: Person): Promise<() => void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  await page.route("**/app.js", async (route) => {
    await promise;
    await route.continue();
  });
  return resolve;
}

Deno.test(
  "page: a first visit is short, and the next one asks for the page alone",
  inChromium,
  async () => {
    await using program = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    await ann.page.goto(program.url);
    const first = await loaded(ann.page);
    const paths = first.map(({ path }) => path);
    assertEquals(paths, ["page/app.js", "page/early.js", "page/style.css"]);
    const html = await ann.page.evaluate(() =>
      (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).encodedBodySize
    );
    const bytes = first.reduce((sum, { size }) => sum + size, html);
    assert(bytes <= MOST, `the first visit takes ${bytes} bytes`);

    await ann.page.close();
    await using again = new Person(ann.context, await ann.context.newPage(), "Ann");
    const asked: string[] = [];
    const line = await ann.context.newCDPSession(again.page);
    await line.send("Network.enable");
    line.on("Network.responseReceived", ({ response }) => {
      if (!response.fromDiskCache) asked.push(response.url);
    });
    await again.page.goto(program.url);
    const next = await loaded(again.page);
    assertEquals(next.map(({ path, sent }) => [path, sent]), paths.map((path) => [path, 0]));
    assertEquals(asked, [program.url]);

    // What a style sheet says is not changed by what is taken out of it.
    const [whole, slimmed] = await again.page.evaluate((texts) =>
      texts.map((text) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(text);
        // What holds a var() or env() is kept as it was written.
        return [...sheet.cssRules].map(({ cssText }) => cssText.replace(/\s+/g, " "));
      }), [style, slim(style)]);
    assert(whole!.length > 100);
    assertEquals(slimmed, whole);
  },
);

Deno.test(
  "page: the form is there before the modules, and what is done in it is not lost",
  inChromium,
  async () => {
    await using program = await Program.start();
    await using browser = await launch();
    await using ann = await Person.arrive(browser, "Ann");
    const open = await gate(ann);
    await ann.page.goto(`${program.url}?room=den`, { waitUntil: "commit" });
    await ann.page.locator("#name:focus").waitFor();
    await ann.page.keyboard.type("Ann");
    await picture(ann, "load-before-modules");
    await ann.page.keyboard.press("Enter");
    assertEquals(await ann.page.locator("#entry-form").isVisible(), true);
    open();
    await ann.online();
    await until(
      "the room is the one of the link",
      async () => /den$/.test(await ann.page.locator("#title").textContent() ?? ""),
    );

    // Who is in the chat sees nothing of the form when they reload the page.
    const openAgain = await gate(ann);
    await ann.page.addInitScript(() => {
      const look = () => {
        const entry = document.getElementById("entry");
        if (entry?.checkVisibility()) document.documentElement.dataset.flashed = "";
        requestAnimationFrame(look);
      };
      look();
    });
    await ann.page.reload({ waitUntil: "commit" });
    await until(
      "the page is drawn",
      () => ann.page.evaluate(() => performance.getEntriesByName("first-paint").length > 0),
    );
    openAgain();
    await ann.online();
    assertEquals(await ann.page.locator("[data-flashed]").count(), 0);
    assertEquals(await ann.page.locator("#entry").isVisible(), false);

    // But who is not let in does.
    await ann.page.goto(`${program.url}?name=${"n".repeat(100)}`);
    await ann.page.locator("#name[aria-invalid=true]").waitFor();
  },
);

Deno.test(
  "page: it can be installed, with icons, and colours the browser as itself",
  inChromium,
  async () => {
    await using program = await Program.start();
    await using context = await launchAtHome();
    await using ann = new Person(context, await context.newPage(), "Ann");
    await ann.page.goto(`${program.url}?name=Ann&room=lobby`);
    await ann.online();
    const line = await context.newCDPSession(ann.page);
    assertEquals(await line.send("Page.getInstallabilityErrors"), { installabilityErrors: [] });
    const { url, errors, data } = await line.send("Page.getAppManifest");
    assertEquals([url, errors], [`${program.url}manifest.webmanifest`, []]);
    const icons: { src: string; sizes: string }[] = JSON.parse(data!).icons;
    const sizes = await ann.page.evaluate((addresses) =>
      Promise.all(addresses.map(async (src) => {
        const image = Object.assign(new Image(), { src });
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      })), icons.map(({ src }) => src));
    for (const [i, { src, sizes: said }] of icons.entries()) {
      if (said !== "any") assertEquals([src, sizes[i]], [src, said]);
    }

    const around = () =>
      ann.page.evaluate(() =>
        [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")]
          .filter(({ media }) => matchMedia(media).matches).map(({ content }) => content)
      );
    const [light, dark] = ["#f1efe9", "#111516"];
    const theme = ann.page.locator("#theme");
    for (const system of ["light", "dark"] as const) {
      await ann.page.emulateMedia({ colorScheme: system });
      for (const chosen of ["dark", "light", "system"]) {
        await theme.selectOption(chosen);
        const colour = (chosen === "system" ? system : chosen) === "light" ? light : dark;
        assertEquals([system, chosen, await around()], [system, chosen, [colour]]);
      }
    }
    await theme.selectOption("light");
    await ann.page.reload();
    assertEquals(await around(), [light]);
    const ground = await ann.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assertEquals(ground, "rgb(241, 239, 233)");
  },
);
