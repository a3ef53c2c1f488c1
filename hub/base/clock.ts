/**
 * Time, in the one place that a test can drive. A duration comes from `now`, which never steps; an
 * instant that people are shown comes from `date`, which does whenever somebody sets the machine's clock.
 */
export const clock = {
  /** Milliseconds since some moment; fractions of them, too. */
  now: (): number => performance.now(),
  /** Milliseconds since the epoch. */
  date: (): number => Date.now(),
};
