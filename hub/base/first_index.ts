/**
 * Index of the first item that passes a test; the length where none does. Looks at few of them, so all
 * that pass must come after all that do not.
 */
export function firstIndex<T>(sorted: readonly T[], passes: (item: T) => boolean): number {
  let index = 0;
  // Steps over items that do not pass: from the greatest power of two that fits, each half of the last.
  for (let step = 2 ** (31 - Math.clz32(sorted.length)); step >= 1; step >>= 1) {
    const next = index + step;
    if (next <= sorted.length && !passes(sorted[next - 1]!)) index = next;
  }
  return index;
}
