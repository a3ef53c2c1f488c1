/**
 * How much the page works in a busy room: per cent of its only thread's time, by the processor's
 * clock, and milliseconds from a key to what is drawn of it.
 *
 *     deno task bench:busy [MESSAGES A SECOND] [LINES THERE BEFORE]
 *
 * @module
 */
import type { Person } from "../tests/browser/support.ts";
import { flood } from "../tests/browser/flood.ts";
import { launch, Person as Somebody } from "../tests/browser/support.ts";
import { Program } from "../tests/program.ts";

/** For how many seconds it is watched. */
const SECONDS = 10;
/** The trace category in which Chromium tells how long each task took. */
const TASKS = "disabled-by-default-devtools.timeline";

/** What Chromium tells in a trace. Microseconds. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

/** Says a message in every so many milliseconds, until it is to end. */
function talk(url: string, rate: number): () => Promise<void> {
  const socket = new WebSocket(`${url}ws?username=Talker`.replace("http", "ws"));
  let said = 0;
  const timer = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const content = `Message ${said++}: some words, as people **say** them, with a :-) at the end.`;
    socket.send(JSON.stringify({ type: "chat", content }));
  }, 1_000 / rate);
  return async () => {
    clearInterval(timer);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  };
}

/** Types for some seconds; milliseconds that each key took until what it did was drawn. */
async function type({ page, box }: Person): Promise<number[]> {
  await page.evaluate(() => {
    const took: number[] = [];
    new PerformanceObserver((list) => {
      for (const { name, duration } of list.getEntries()) {
        if (name === "keydown") took.push(duration);
      }
    }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);
    Object.assign(globalThis, { took });
  });
  let keys = 0;
  for (const end = Date.now() + SECONDS * 1_000; Date.now() < end; keys++) {
    await box.press("x");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const slow: number[] = await page.evaluate(() => Reflect.get(globalThis, "took"));
  // Those below 16 ms are not told.
  return [...Array(Math.max(0, keys - slow.length)).fill(8), ...slow].sort((a, b) => a - b);
}

/** Seconds that the page's thread worked, by the processor's clock. */
function worked(trace: Uint8Array): number {
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(
    new TextDecoder().decode(trace),
  );
  const threads = traceEvents.filter(({ name, args }) =>
    name === "thread_name" && args?.name === "CrRendererMain"
  );
  const sums = threads.map(({ pid, tid }) =>
    traceEvents.filter((event) =>
      event.name === "RunTask" && event.pid === pid && event.tid === tid
    )
      .reduce((sum, { tdur = 0 }) => sum + tdur, 0)
  );
  return Math.max(...sums) / 1_000_000;
}

const rate = Number(Deno.args[0] ?? 50);
const lines = Number(Deno.args[1] ?? 0);
await using server = await Program.start(["--rate", "0", "--history", "10000"]);
await using browser = await launch();
if (lines > 0) await flood(server, 1, lines);
await using ann = await Somebody.enter(browser, server.url, "Ann");
const end = talk(server.url, rate);
await new Promise((resolve) => setTimeout(resolve, 5_000));
await browser.startTracing(ann.page, { categories: [TASKS] });
const keys = await type(ann);
const busy = worked(await browser.stopTracing()) / SECONDS;
await end();
// deno-lint-ignore no-console
console.log(
  `${rate} messages a second, after ${lines}: ${(100 * busy).toFixed(0)} % busy, a key ` +
    `${keys[keys.length >> 1]} ms (median), ${
      keys[Math.floor(keys.length * .95)]
    } ms (95th percentile)`,
);
