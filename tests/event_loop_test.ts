import { assertEquals } from "@std/assert";
import { clock } from "../hub/base/clock.ts";
import { EventLoop } from "../routes/event_loop.ts";
import { TestTime } from "./time.ts";

/** An event loop that is watched, and a way to make it look: at its time or so many milliseconds late. */
function watched() {
  const time = new TestTime();
  const eventLoop = new EventLoop();
  const { now } = clock;
  let late = 0;
  clock.now = () => now() + late;
  const seen: number[] = [];
  eventLoop.delays.forward = (seconds) => seen.push(Math.round(seconds * 1_000));
  return {
    eventLoop,
    /** The delays it saw, in milliseconds. */
    seen,
    /** From now on all is so much later than timers think. */
    lag: (ms: number) => late += ms,
    look: () => time.tick(250),
    [Symbol.dispose]() {
      eventLoop.close();
      time.restore();
    },
  };
}

Deno.test("EventLoop measures how late its timer runs, and blames no look for the one before", () => {
  using loop = watched();
  loop.look();
  loop.lag(400);
  loop.look();
  loop.look();
  assertEquals(loop.seen, [0, 400, 0]);
});

Deno.test("EventLoop takes a timer that runs too early for one in time", () => {
  using loop = watched();
  loop.lag(-1);
  loop.look();
  assertEquals(loop.seen, [0]);
});

Deno.test("EventLoop looks no more once it is closed", () => {
  using loop = watched();
  loop.eventLoop.close();
  loop.look();
  assertEquals(loop.seen, []);
});
