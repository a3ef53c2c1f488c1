import { clearTimeout, setTimeout } from "node:timers";

/** Milliseconds after which what should have been brought is looked for, and no longer waited for. */
const LATE = 200;
const GIVEN_UP = 2_000;

/** Ids that should be brought soon, as Redis has given them out to this node. */
export class Expected {
  #look: () => void;
  #ids = new Set<{ id: string; done: Promise<void>; there: () => void }>();

  /** @param look has what comes looked for, where it is late */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** Waits until an id is brought: a while, after which it may never be. */
  wait(id: string): Promise<void> {
    const known = [...this.#ids].find((expected) => expected.id >= id);
    if (known) return known.done;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timers = [setTimeout(() => this.#look(), LATE), setTimeout(() => there(), GIVEN_UP)];
    const there = () => {
      for (const timer of timers) clearTimeout(timer);
      this.#ids.delete(expected);
      resolve();
    };
    const expected = { id, done: promise, there };
    this.#ids.add(expected);
    return promise;
  }

  /** Is told that all up to an id is brought. @param id without it, nothing will be any more */
  reach(id?: string) {
    for (const expected of [...this.#ids]) {
      if (id === undefined || expected.id <= id) expected.there();
    }
  }

  /** Waits until nothing is expected. */
  async settled() {
    await Promise.all([...this.#ids].map(({ done }) => done));
  }
}
