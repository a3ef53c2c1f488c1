import type { Outcome } from "./run.ts";

/** What a run did, in lines for people. */
export function summary(outcome: Outcome): string {
  const { seconds, acknowledged, told, p50, p99, refused, reconnects, gaps } = outcome;
  const { happened, usage, wrong } = outcome;
  const counts = (pairs: [string, number][]) =>
    pairs.map(([name, count]) => `${name} ${count}`).join(", ");
  const kinds = ["lost", "doubled", "misordered", "invented", "ghost", "other"] as const;
  return [
    counts([["seconds", seconds], ["messages acknowledged", acknowledged], ["told", told]]),
    counts([["acknowledged after p50", p50], ["p99 (ms)", p99], ["told to wait", refused]]),
    counts([["reconnects", reconnects], ["gaps", gaps]]),
    counts([...happened].sort()),
    ...[...usage].map(([name, [middle, last]]) =>
      `${name}: ${middle.memory} MiB and ${middle.files} descriptors, then ${last.memory} and ${last.files}`
    ),
    counts(kinds.map((kind) => [kind, wrong.get(kind) ?? 0])),
  ].join("\n");
}
