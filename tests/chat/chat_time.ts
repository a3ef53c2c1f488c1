import { TestTime } from "../time.ts";

/** Time that moves only when told to, for the library as well, which has no clock but the runtime's. */
export class ChatTime extends TestTime {
  constructor() {
    super();
    const began = performance.now();
    performance.now = () => began + this.now - this.start;
  }

  override restore() {
    Reflect.deleteProperty(performance, "now");
    super.restore();
  }
}
