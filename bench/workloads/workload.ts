import type { Connection } from "../load/connection.ts";
import type { Crowd, Target } from "../load/crowd.ts";
import type { Usage } from "../load/usage.ts";

/** How long and how large a run is. */
export interface Scale {
  /** Milliseconds before the measurement begins. */
  warmup: number;
  /** Milliseconds that are measured. */
  window: number;
  /** Is this a run of `--quick`? Workloads that take long take less. */
  quick: boolean;
}

/** What one repetition of a workload on one server came to. */
export interface Outcome {
  /** By the keys of the workload's {@linkcode Metric}s. */
  figures: Record<string, number>;
  /** What went wrong: dropped clients, missing messages, disturbances. Empty when all is well. */
  faults: string[];
}

/** One column of a result table. */
export interface Metric {
  key: string;
  title: string;
  /** Unit as it is printed behind the number; `""` for none. */
  unit: string;
  /** Digits behind the point. */
  digits: number;
  /** Which direction is good; without it no ratio is printed. */
  better?: "higher" | "lower";
}

/** One measured situation. */
export interface Workload {
  /** As `--only` names it. */
  name: string;
  title: string;
  /** Two sentences for the report: what happens, what is counted. */
  about: string;
  metrics: Metric[];
  run(target: Target, scale: Scale): Outcome;
}

/** Columns that every workload under load has: they show that the generator is not the limit. */
export const CPU: Metric[] = [
  { key: "server", title: "server CPU", unit: "%", digits: 0 },
  { key: "generator", title: "generator CPU", unit: "%", digits: 0 },
];

/** The figures of {@linkcode CPU}: shares of one core. */
export function shares({ elapsed, server, generator }: Usage): Record<string, number> {
  return { server: server / elapsed * 100, generator: generator / elapsed * 100 };
}

/** Share of the server's core that others may take before a figure is called disturbed. */
const DISTURBED = 0.05;

/**
 * What a crowd has to complain about, and what disturbed the measurement. `apart`: a connection
 * whose troubles are figures, not faults.
 */
export function faults(
  crowd: Crowd,
  { foreign, elapsed }: Usage,
  apart?: Connection,
): string[] {
  const complaints: string[] = [];
  if (foreign / elapsed > DISTURBED) {
    const share = Math.round(foreign / elapsed * 100);
    complaints.push(`disturbed: other processes took ${share} % of the server's core`);
  }
  const others = crowd.connections.filter((connection) => connection !== apart);
  const dropped = others.filter(({ ending }) => ending !== undefined);
  if (dropped.length > 0) {
    const reasons = [...new Set(dropped.map(({ ending }) => ending))].join("; ");
    complaints.push(`${dropped.length} of ${crowd.connections.length} clients dropped: ${reasons}`);
  }
  const unsent = others.reduce((sum, connection) => sum + connection.unsent, 0);
  if (unsent > 0) complaints.push(`${unsent} messages could not be sent`);
  const { missed, repeated, stray } = crowd.account(apart);
  if (missed > 0) complaints.push(`${missed} deliveries missing`);
  if (repeated > 0) complaints.push(`${repeated} deliveries repeated or out of order`);
  if (stray > 0) complaints.push(`${stray} deliveries to the wrong room`);
  const errors = others.flatMap(({ errors }) => errors);
  if (errors.length > 0) {
    complaints.push(`${errors.length} errors told: ${[...new Set(errors)].join(", ")}`);
  }
  return complaints;
}
