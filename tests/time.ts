import { FakeTime } from "@std/testing/time";
import { clock } from "../hub/clock.ts";

const { now, date } = clock;

/**
 * Time that moves only when told to, for durations as well; `Date.now` or the server's `clock.date`
 * may be replaced meanwhile, as by somebody who sets the machine's clock.
 */
export class TestTime extends FakeTime {
  constructor(start?: number) {
    super(start);
    const began = now();
    performance.now = () => began + this.now - this.start;
  }

  override restore() {
    Object.assign(clock, { now, date });
    Reflect.deleteProperty(performance, "now");
    super.restore();
  }

  override [Symbol.dispose]() {
    this.restore();
  }
}
