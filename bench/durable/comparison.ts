import { format, percentile } from "../statistics.ts";

/** One figure, measured on a server that keeps everything in memory and on one that has it on disk. */
export interface Figure {
  title: string;
  unit: string;
  /** Digits behind the point. */
  digits: number;
  memory: number;
  disk: number;
  /** The most that it may be on disk. */
  aim?: number;
}

/** The figures that `share` (0 to 1) of the values of each lie below. */
export function figure(
  title: string,
  share: number,
  { memory, disk }: { memory: number[]; disk: number[] },
  more: Pick<Figure, "unit" | "digits" | "aim">,
): Figure {
  const of = (values: number[]) => percentile(values.toSorted((a, b) => a - b), share);
  return { title, memory: of(memory), disk: of(disk), ...more };
}

/** Figures as the cells of a table. */
export function rowsOf(figures: Figure[]): string[][] {
  return figures.map(({ title, unit, digits, memory, disk, aim }) => [
    title,
    unit,
    format(memory, digits),
    format(disk, digits),
    `${format(disk / memory, 2)} ×`,
    aim === undefined ? "" : `< ${format(aim, 0)}`,
  ]);
}

/** The head of their table. */
export const HEAD = ["", "unit", "in memory", "on disk", "ratio to memory", "aim"];
