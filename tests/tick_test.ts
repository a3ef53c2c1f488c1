/** When tasks run: at once when nothing goes on, together when much does. */
import { assert, assertEquals } from "@std/assert";
import { runtime, Ticker } from "../hub/log/tick.ts";
import { TestLoop } from "./loop.ts";
import { network, plain, serve, v1, within } from "./support.ts";

/** A ticker in an event loop that the test drives, and the names of the tasks that it has run. */
function driven() {
  const loop = new TestLoop();
  const ticker = new Ticker(loop);
  const ran: string[] = [];
  const tasks = new Map<string, () => void>();
  /** Asks for a task by name: for the same one, when it is the same name. */
  function ask(name: string, mayRest = false) {
    if (!tasks.has(name)) tasks.set(name, () => ran.push(name));
    ticker.soon(tasks.get(name)!, mayRest);
  }
  /** Asks for a task that takes so many milliseconds to write, and sees it written. */
  function write(ms: number) {
    ticker.soon(() => {}, false);
    loop.end();
    loop.turn(ms);
    loop.calm();
  }
  return { loop, ticker, ran, ask, write };
}

Deno.test("a task runs once, at the end of the job, when nothing goes on", () => {
  const { loop, ran, ask } = driven();
  ask("a");
  ask("a");
  ask("b");
  assertEquals(ran, []);
  loop.end();
  assertEquals(ran, ["a", "b"]);
  loop.calm();
  assertEquals(ran, ["a", "b"]);
  ask("a");
  loop.end();
  assertEquals(ran, ["a", "b", "a"]);
});

Deno.test("once all is written the loop is left alone", () => {
  const { loop, ask } = driven();
  ask("a");
  loop.end();
  loop.turn(1);
  assertEquals(loop.idle, false);
  loop.turn();
  assertEquals(loop.idle, true);
  ask("a");
  loop.end();
  loop.turn();
  assertEquals(loop.idle, true);
});

Deno.test("tasks wait while the last ones are written, and a turn more", () => {
  const { loop, ran, ask } = driven();
  ask("first");
  loop.end();
  ask("a");
  for (let turns = 0; turns < 3; turns++) loop.turn(0.1);
  ask("b");
  loop.turn(0.1);
  assertEquals(ran, ["first"]);
  // This one takes next to no time: all is written.
  loop.turn(0.09);
  assertEquals(ran, ["first", "a", "b"]);
});

Deno.test("what a task itself asks for waits as well", () => {
  const { loop, ticker, ran, ask } = driven();
  ticker.soon(() => ask("a"), false);
  loop.end();
  loop.turn(1);
  assertEquals(ran, []);
  loop.turn();
  assertEquals(ran, ["a"]);
});

Deno.test("tasks wait while every turn brings more, for sixteen turns at most", () => {
  const { loop, ran, ask } = driven();
  ask("first");
  loop.end();
  // Twice, since each time they wait anew.
  for (let time = 0; time < 2; time++) {
    ran.length = 0;
    for (let turns = 0; turns < 16; turns++) {
      ask("a");
      loop.turn();
    }
    ask("b");
    assertEquals(ran, []);
    loop.turn();
    assertEquals(ran, ["a", "b"]);
  }
});

Deno.test("tasks wait for what is written for sixteen turns at most", () => {
  const { loop, ran, ask } = driven();
  ask("first");
  loop.end();
  ask("a");
  for (let turns = 0; turns < 16; turns++) loop.turn(1);
  assertEquals(ran, ["first"]);
  loop.turn(1);
  assertEquals(ran, ["first", "a"]);
});

Deno.test("a lone task that may rest does so as long as the last ones took to write", () => {
  const { loop, ran, ask, write } = driven();
  write(3);
  ask("a", true);
  loop.calm();
  assertEquals([ran, loop.timer], [[], 3]);
  loop.turn(2.9);
  assertEquals(ran, []);
  loop.turn(0.1);
  assertEquals(ran, ["a"]);
});

Deno.test("one that is asked for later rests for the rest of that time", () => {
  const { loop, ran, ask, write } = driven();
  write(3);
  loop.turn(2);
  ask("a", true);
  loop.calm();
  assertEquals([ran, loop.timer], [[], 1]);
  loop.turn(1);
  assertEquals(ran, ["a"]);
  loop.calm();
  ask("b", true);
  loop.end();
  assertEquals(ran, ["a", "b"]);
});

Deno.test("one that was asked for while others are written rests after that", () => {
  const { loop, ran, ask } = driven();
  ask("first");
  loop.end();
  ask("a", true);
  loop.turn(2);
  loop.calm();
  assertEquals([ran, loop.timer], [["first"], 2]);
});

Deno.test("a rest has whole milliseconds, as timers have", () => {
  const { loop, ran, ask, write } = driven();
  write(0.4);
  ask("short", true);
  loop.calm();
  assertEquals([ran, loop.timer], [["short"], undefined]);
  write(0.6);
  ask("long", true);
  loop.calm();
  assertEquals([ran, loop.timer], [["short"], 1]);
});

Deno.test("nobody rests for more than ten milliseconds", () => {
  const { loop, ask, write } = driven();
  write(30);
  ask("a", true);
  loop.calm();
  assertEquals(loop.timer, 10);
});

Deno.test("a second task ends the rest, and all run after a turn that brings nothing new", () => {
  const { loop, ran, ask, write } = driven();
  write(3);
  ask("a", true);
  loop.calm();
  loop.turn(1);
  ask("b", true);
  ask("c", true);
  assertEquals(loop.timer, undefined);
  loop.turn();
  assertEquals(ran, []);
  loop.turn();
  assertEquals(ran, ["a", "b", "c"]);
});

Deno.test("a second message for the same task ends the rest as well", () => {
  const { loop, ran, ask, write } = driven();
  write(3);
  ask("a", true);
  loop.calm();
  ask("a", true);
  loop.calm();
  assertEquals([ran, loop.timer], [["a"], undefined]);
});

Deno.test("two messages do not rest, whatever took how long", () => {
  const { loop, ran, ask, write } = driven();
  write(3);
  ask("a", true);
  ask("a", true);
  loop.end();
  assertEquals(ran, []);
  loop.calm();
  assertEquals([ran, loop.timer], [["a"], undefined]);
});

Deno.test("a task that gains nothing from a rest takes none", () => {
  const { loop, ran, ask, write } = driven();
  write(3);
  ask("at once");
  loop.end();
  assertEquals(ran, ["at once"]);
  ask("after writing");
  loop.turn(3);
  loop.calm();
  assertEquals([ran, loop.timer], [["at once", "after writing"], undefined]);
});

Deno.test("a task that gains nothing from a rest ends that of another", () => {
  for (const [first, second] of [[true, false], [false, true]]) {
    const { loop, ran, ask } = driven();
    ask("earlier");
    loop.end();
    ask("a", first);
    ask("b", second);
    loop.turn(3);
    loop.calm();
    assertEquals([ran, loop.timer], [["earlier", "a", "b"], undefined]);
  }
});

Deno.test("other work that makes every turn long passes for writing for 50 ms at most", () => {
  const { loop, ran, ask } = driven();
  ask("first");
  loop.end();
  for (let turns = 0; turns < 50; turns++) loop.turn(1);
  ask("a", true);
  loop.turn(1);
  // It ended the writing; the next one, as long as it is, brings nothing new.
  assertEquals([ran, loop.timer], [["first"], undefined]);
  loop.turn(1);
  assertEquals([ran, loop.timer], [["first"], 9]);
});

Deno.test("a ticker that is busy does not keep another from running at once", () => {
  const loop = new TestLoop();
  const [busy, other] = [new Ticker(loop), new Ticker(loop)];
  busy.soon(() => {}, false);
  loop.end();
  let runs = 0;
  other.soon(() => runs++, false);
  loop.end();
  assertEquals(runs, 1);
});

Deno.test("waves go on from turn to turn, past what was taken away meanwhile", () => {
  const { loop, ticker } = driven();
  const items = new Set(Array.from({ length: 100 }, (_, i) => i));
  const met: number[] = [];
  ticker.inWaves(items, (item) => met.push(item));
  assertEquals(met.length, 32);
  items.delete(40);
  loop.turn();
  assertEquals(met.length, 64);
  loop.turn();
  assertEquals(met.length, 96);
  loop.turn();
  assertEquals(met, [...items]);
  assertEquals(loop.idle, true);
});

Deno.test("the runtime's own loop calls when it is to, and not what was called off", async () => {
  const called: string[] = [];
  const began = runtime.now();
  const turn = new Promise<void>((resolve) =>
    runtime.immediate(() => {
      called.push("turn");
      resolve();
    })
  );
  runtime.microtask(() => called.push("end of the job"));
  await within(turn, "a turn");
  runtime.timeout(() => called.push("called off"), 1)();
  await within(new Promise<void>((resolve) => runtime.timeout(resolve, 5)), "a timer");
  assertEquals(called, ["end of the job", "turn"]);
  assert(runtime.now() > began);
});

Deno.test(
  "messages may rest where somebody reads several at once, and nowhere else",
  network,
  async () => {
    await using server = serve();
    const { ticker } = server.hub;
    const soon = ticker.soon.bind(ticker);
    const asked: boolean[] = [];
    ticker.soon = (task, mayRest) => {
      asked.push(mayRest);
      soon(task, mayRest);
    };
    await using ann = await plain(server.host, { username: "ann" });
    await ann.settled();
    await ann.settled({ to: "ann" });
    assertEquals(asked.filter((mayRest) => mayRest), []);
    // Whoever listens to events is given several at once.
    const events = await fetch(`http://${server.host}/api/rooms/lobby/events`);
    asked.length = 0;
    await ann.settled();
    assertEquals(asked, [true]);
    {
      await using bob = await v1(server.host, { username: "bob" });
      asked.length = 0;
      await ann.settled();
      await bob.settled({ to: "ann" });
      // The second is in two inboxes: that of ann, who is plain, and of bob.
      assertEquals(asked, [true, false, true]);
    }
    await events.body!.cancel();
  },
);
