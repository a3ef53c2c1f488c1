/**
 * What an attack is: a name, and what it does to a server for a while. All of them are listed in
 * `attacks.ts`.
 *
 * @module
 */
import type { Random } from "../fuzz/random.ts";
import type { Target } from "./target.ts";

/** One attack. */
export interface Attack {
  /** A few words, by which it can be asked for. */
  name: string;
  /**
   * Does it. What must not be is told to the target, and nothing of it thrown.
   *
   * @returns once it has tried all it has, at the latest soon after the signal of the target
   */
  run(target: Target): Promise<unknown>;
}

/** How many inputs of one attack are tried beside each other. */
const ABREAST = 8;

/** An attack that tries inputs, each once, some beside each other. */
export const trying = <T>(
  name: string,
  inputs: Iterable<T> | ((random: Random) => Iterable<T>),
  act: (target: Target, input: T) => Promise<unknown>,
): Attack => ({
  name,
  async run(target) {
    const rest = (typeof inputs === "function" ? inputs(target.random) : inputs)[Symbol.iterator]();
    await abreast(ABREAST, async () => {
      for (let next = rest.next(); !next.done && !target.over; next = rest.next()) {
        target.tried++;
        await act(target, next.value);
      }
    });
  },
});

/** An attack by some clients beside each other, each of which goes on until the time is over. */
export const besieging = (
  name: string,
  clients: number,
  act: (target: Target, number: number) => Promise<unknown>,
): Attack => ({
  name,
  run: (target) =>
    abreast(clients, async (number) => {
      target.tried++;
      await act(target, number);
    }),
});

/** Does something so many times, all beside each other. */
export const abreast = (times: number, act: (number: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: times }, (_, number) => act(number)));
