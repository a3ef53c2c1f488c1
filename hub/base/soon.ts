/**
 * A value: at once where there is nothing to wait for, and else in a while. Nobody awaits what is no
 * promise: that would cost a turn, in which everything else may change.
 */
export type Soon<T> = T | Promise<T>;

/**
 * Does something; and where that fails, something else before anybody is told.
 *
 * @param undo may throw what is to be told instead
 */
export function orElse<T>(act: () => Soon<T>, undo: (error: unknown) => void): Soon<T> {
  try {
    const soon = act();
    if (!(soon instanceof Promise)) return soon;
    return soon.catch((error) => {
      undo(error);
      throw error;
    });
  } catch (error) {
    undo(error);
    throw error;
  }
}

/** Goes on with a value: at once where it is there. */
export function whenThere<T, R>(soon: Soon<T>, go: (value: T) => Soon<R>): Soon<R> {
  return soon instanceof Promise ? soon.then(go) : go(soon);
}
