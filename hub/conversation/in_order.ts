import type { Soon } from "../base/soon.ts";

/** What waits before no more is taken. */
const MOST = 16;

/** What is done once it is approved, in the order in which it was asked for, whatever is approved first. */
export class InOrder {
  #waiting = 0;
  #last?: Promise<void>;

  /** Is there once all is done; nothing where nothing waits. */
  get done(): Promise<void> | undefined {
    return this.#last;
  }

  /**
   * Does something with what is approved, once it is and all before it is done.
   *
   * @param act is called with it
   * @param refuse is told why it is not, or what `act` throws; must not throw
   * @returns what to wait for before anything else is asked for: only where much waits already
   */
  add<T>(
    approved: Soon<T>,
    act: (approved: T) => Soon<void>,
    refuse: (error: unknown) => Soon<void>,
  ): Promise<void> | undefined {
    this.#waiting++;
    const done = this.#do(this.#last, approved, act, refuse);
    this.#last = done;
    return this.#waiting >= MOST ? done : undefined;
  }

  async #do<T>(
    before: Promise<void> | undefined,
    approved: Soon<T>,
    act: (approved: T) => Soon<void>,
    refuse: (error: unknown) => Soon<void>,
  ) {
    const answer = Promise.resolve(approved).then(
      (approved) => () => act(approved),
      (error) => () => refuse(error),
    );
    await before;
    const go = await answer;
    try {
      await go();
    } catch (error) {
      await refuse(error);
    }
    if (--this.#waiting === 0) this.#last = undefined;
  }
}
