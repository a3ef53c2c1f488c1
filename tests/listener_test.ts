/** Listening again, without a system that is out of file descriptors. */
import { assertEquals } from "@std/assert";
import { Listener } from "../main/listener.ts";
import { TestTime } from "./time.ts";

/** Stands in for `Deno.serve`: the test decides when a listener ends, and whether one can begin. */
class Runtime implements Disposable {
  /** Where it was asked to listen. */
  readonly asked: { hostname: string; port: number }[] = [];
  refuses = false;
  shutdowns = 0;
  #serve = Deno.serve;
  #end!: (error: Error) => void;
  #handle!: Deno.ServeHandler;

  constructor() {
    Object.assign(Deno, { serve: (...args: Parameters<Runtime["serve"]>) => this.serve(...args) });
  }

  serve(options: { hostname: string; port: number; onListen(): void }, handle: Deno.ServeHandler) {
    const { hostname, port } = options;
    this.asked.push({ hostname, port });
    if (this.refuses) throw new Error("no descriptor");
    const { promise: finished, reject } = Promise.withResolvers<void>();
    this.#end = reject;
    this.#handle = handle;
    options.onListen();
    const shutdown = () => Promise.resolve(void this.shutdowns++);
    return { addr: { hostname, port: port || 4321 }, finished, shutdown };
  }

  /** Ends the listener, as one newcomer too many does. */
  async end() {
    this.#end(new Error("Too many open files"));
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }

  /** Lets somebody in, who may ask again: that is what it gives. */
  request(): () => void {
    const handle = this.#handle;
    const ask = () => void handle(new Request("http://x/"), {} as Deno.ServeHandlerInfo);
    ask();
    return ask;
  }

  [Symbol.dispose]() {
    Object.assign(Deno, { serve: this.#serve });
  }
}

function listen() {
  const log: string[] = [];
  let requests = 0;
  let failed = false;
  const listener = new Listener({
    hostname: "127.0.0.1",
    port: 0,
    handle: () => new Response(String(requests++)),
    log: (level, event) => log.push(`${level} ${event}`),
  });
  listener.failed.then(() => failed = true);
  return { listener, log, get: () => ({ requests, failed }) };
}

Deno.test("Listener listens again after a second, at the port it was given, and says so once", async () => {
  using time = new TestTime();
  using runtime = new Runtime();
  const { log, get } = listen();
  runtime.request();
  await runtime.end();
  await time.tickAsync(999);
  assertEquals(runtime.asked, [{ hostname: "127.0.0.1", port: 0 }]);
  await time.tickAsync(1);
  assertEquals(runtime.asked.slice(1), [{ hostname: "127.0.0.1", port: 4321 }]);
  await runtime.end();
  await time.tickAsync(1_000);
  assertEquals(log, ["error listener failed"]);
  runtime.request();
  runtime.request();
  assertEquals(log.slice(1), ["info listening again"]);
  assertEquals(get(), { requests: 3, failed: false });
});

for (const refuses of [true, false]) {
  const how = refuses ? "it cannot listen" : "it listens and ends at once";
  Deno.test(`Listener gives up after a minute in which ${how}`, async () => {
    using time = new TestTime();
    using runtime = new Runtime();
    const { get } = listen();
    await runtime.end();
    runtime.refuses = refuses;
    for (let second = 1; second <= 60; second++) {
      assertEquals(get().failed, false);
      await time.tickAsync(1_000);
      if (!refuses) await runtime.end();
    }
    assertEquals(get().failed, true);
    assertEquals(runtime.asked.length, 61);
    await time.tickAsync(10_000);
    assertEquals(runtime.asked.length, 61);
  });
}

Deno.test("Listener begins to count anew once somebody came in, or nobody wanted to for a minute", async () => {
  using time = new TestTime();
  using runtime = new Runtime();
  const { log, get } = listen();
  const again = async () => {
    await runtime.end();
    await time.tickAsync(1_000);
  };
  await again();
  await time.tickAsync(50_000);
  runtime.request();
  await again();
  await time.tickAsync(50_000);
  await again();
  await time.tickAsync(60_000);
  await again();
  assertEquals(get().failed, false);
  const failures = log.filter((line) => line === "error listener failed");
  assertEquals(failures.length, 3);
});

Deno.test("Listener does not take who was in before, and asks again, for somebody who came in", async () => {
  using time = new TestTime();
  using runtime = new Runtime();
  const { log, get } = listen();
  const askAgain = runtime.request();
  await runtime.end();
  for (let second = 1; second <= 60; second++) {
    askAgain();
    await time.tickAsync(1_000);
    askAgain();
    await runtime.end();
  }
  assertEquals(log, ["error listener failed"]);
  assertEquals(get(), { requests: 121, failed: true });
});

Deno.test("Listener does not listen again once it is shut down", async () => {
  using time = new TestTime();
  using runtime = new Runtime();
  const { listener } = listen();
  await runtime.end();
  await listener.shutdown();
  await time.tickAsync(10_000);
  assertEquals([runtime.asked.length, runtime.shutdowns], [1, 1]);
});
