import { FakeTime } from "@std/testing/time";
import { clock } from "../hub/base/clock.ts";

const { now, date } = clock;

/**
 * Time that moves only when told to, for the server's durations as well; `clock.date` may be replaced
 * meanwhile, as by somebody who sets the machine's clock.
 */
export class TestTime extends FakeTime {
  constructor(start?: number) {
    super(start);
    const began = now();
    clock.now = () => began + this.now - this.start;
  }

  override restore() {
    Object.assign(clock, { now, date });
    super.restore();
  }

  override [Symbol.dispose]() {
    this.restore();
  }
}

/** Has the instants that people are shown so many milliseconds later, until it is disposed of; durations go on. */
export function later(milliseconds: number): Disposable {
  const before = clock.date;
  clock.date = () => before() + milliseconds;
  return { [Symbol.dispose]: () => clock.date = before };
}
