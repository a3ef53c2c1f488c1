/**
 * How soon the page is there on a slow line: requests, bytes on the wire, and milliseconds until
 * something is seen and until it can be used.
 *
 *     deno task bench:page [RUNS]
 *
 * @module
 */
import type { BrowserContext, Page } from "playwright-core";
import { launch } from "../tests/browser/support.ts";
import { Program } from "../tests/program.ts";

/** A mobile network of the slower kind: 1.6 Mbit/s down and 750 kbit/s up. Milliseconds, bytes a second. */
const LINE = {
  latency: 150,
  downloadThroughput: 200_000,
  uploadThroughput: 93_750,
  offline: false,
};

/** What one visit took. */
interface Visit {
  requests: number;
  /** Bytes received, with the heads of the answers. */
  bytes: number;
  /** Milliseconds until something of the page is drawn. */
  seen: number;
  /** Milliseconds until every module has run. */
  ready: number;
}

/** Has a page go somewhere by a slow line, and counts until nothing more is loaded. */
async function visit(page: Page, go: () => Promise<unknown>): Promise<Visit> {
  const line = await page.context().newCDPSession(page);
  await line.send("Network.enable");
  await line.send("Network.emulateNetworkConditions", LINE);
  let requests = 0;
  let bytes = 0;
  line.on("Network.responseReceived", ({ response }) => {
    if (!response.fromDiskCache) requests++;
  });
  line.on("Network.loadingFinished", ({ encodedDataLength }) => bytes += encodedDataLength);
  await go();
  const seen = await page.evaluate(() =>
    new Promise<number>((resolve) =>
      new PerformanceObserver((list) => {
        for (const { name, startTime } of list.getEntries()) {
          if (name === "first-contentful-paint") resolve(startTime);
        }
      }).observe({ type: "paint", buffered: true })
    )
  );
  await page.waitForLoadState("networkidle");
  const ready = await page.evaluate(() =>
    (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming)
      .domContentLoadedEventEnd
  );
  await line.detach();
  return { requests, bytes, seen, ready };
}

/** The first visit, one with a cache, and a reload in the chat. */
async function visits(context: BrowserContext, url: string): Promise<Record<string, Visit>> {
  const first = await context.newPage();
  const cold = await visit(first, () => first.goto(url));
  await first.close();
  const page = await context.newPage();
  const warm = await visit(page, () => page.goto(url));
  await page.locator("#name").fill("Ann");
  await page.locator("#name").press("Enter");
  await page.locator("#people-list li").first().waitFor({ state: "attached" });
  const reload = await visit(page, () => page.reload());
  return { cold, warm, reload };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const runs = Number(Deno.args[0] ?? 9);
await using program = await Program.start();
await using browser = await launch();
const all: Record<string, Visit[]> = {};
for (let run = 0; run < runs; run++) {
  await using context = await browser.newContext();
  for (const [kind, one] of Object.entries(await visits(context, program.url))) {
    (all[kind] ??= []).push(one);
  }
}
for (const [kind, some] of Object.entries(all)) {
  const of = (what: keyof Visit) => Math.round(median(some.map((one) => one[what])));
  // deno-lint-ignore no-console
  console.log(
    `${kind.padEnd(6)}  ${of("requests")} requests, ${(of("bytes") / 1_000).toFixed(1)} KB, ` +
      `seen after ${of("seen")} ms, ready after ${of("ready")} ms`,
  );
}
