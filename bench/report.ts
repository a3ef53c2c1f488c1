/**
 * Collects results and writes them down: medians with their spread, ratios against the peers, and
 * every fault beside the figure it belongs to.
 *
 * @module
 */
import { chart } from "./chart.ts";
import type { Readiness } from "./prepare.ts";
import type { Cores, Result } from "./runner.ts";
import type { Contender } from "./servers.ts";
import { format, median, spread } from "./statistics.ts";
import type { Metric, Scale, Workload } from "./workloads/workload.ts";

/** The servers whose ratios against the others are told. */
export const OURS = ["parley-v1", "parley", "parley-sqlite"];

/** How everything is measured. */
interface Run {
  repeat: number;
  scale: Scale;
  cores: Cores;
  machine: string;
  /** Names of the servers whose ratios against the others are told. @default OURS */
  ours?: string[];
}

/** All results of one run. */
export class Report {
  #ready: Readiness[];
  #workloads: Workload[];
  #run: Run;
  #ours: string[];
  #results = new Map<string, Result[]>();

  constructor(ready: Readiness[], workloads: Workload[], run: Run) {
    this.#ours = run.ours ?? OURS;
    this.#ready = ready;
    this.#workloads = workloads;
    this.#run = run;
  }

  /** Takes one repetition in. */
  add(contender: Contender, workload: Workload, result: Result) {
    const key = `${workload.name} ${contender.name}`;
    this.#results.set(key, [...this.#results.get(key) ?? [], result]);
  }

  /** One repetition in one line, for the progress. */
  line(contender: Contender, workload: Workload, result: Result): string {
    const start = `${workload.name.padEnd(5)} ${contender.name.padEnd(10)}`;
    if ("error" in result) return `${start} failed: ${result.error}`;
    const figures = workload.metrics.map(({ key, title, unit, digits }) =>
      `${title} ${format(result.figures[key] ?? NaN, digits)}${unit && ` ${unit}`}`
    );
    return `${start} ${[...figures, ...result.faults].join(", ")}`;
  }

  /** The tables, as Markdown that a terminal can show too. */
  text(): string {
    return this.#workloads.map((workload) => this.#section(workload)).join("\n\n");
  }

  /** The whole of `RESULTS.md`. */
  markdown(): string {
    const { repeat, scale, cores, machine } = this.#run;
    const pinning = cores.server === undefined
      ? "The system chose the cores."
      : "Server and load generator each had a core of their own.";
    const skipped = this.#ready.filter(({ skipped }) => skipped)
      .map(({ contender, skipped }) => `- ${contender.title} was skipped: ${skipped}`);
    return [
      "# Results",
      "Written by `deno task bench`; [README.md](README.md) says what is measured and how to read it.",
      "![Deliveries per second of every server](results.svg)",
      machine,
      `Every figure is the median of ${repeat} interleaved repetitions of ` +
      `${scale.window / 1_000} s, with the least and the greatest in brackets. ${pinning}`,
      ...(skipped.length > 0 ? [skipped.join("\n")] : []),
      this.text(),
    ].join("\n\n") + "\n";
  }

  /** The fan-out figures as an SVG image. */
  chart(): string {
    return chart(
      this.#workloads.filter(({ metrics }) => metrics[0]?.key === "rate").map((workload) => ({
        title: workload.title,
        bars: this.#ready.flatMap(({ contender }) => {
          const rates = this.#values(workload, contender, "rate").filter(Number.isFinite);
          if (rates.length === 0) return [];
          const faulty = this.#faults(workload, contender).some((text) => text.includes("dropped"));
          return [{
            label: contender.title,
            value: median(rates),
            ours: this.#ours.includes(contender.name),
            note: faulty ? "dropped clients" : "",
          }];
        }),
      })),
    );
  }

  #section(workload: Workload): string {
    const head = [
      "server",
      ...workload.metrics.map(({ title, unit }) => unit ? `${title}, ${unit}` : title),
      "faults",
    ];
    const rows = this.#ready.filter(({ skipped }) => !skipped).map(({ contender }) => [
      contender.title,
      ...workload.metrics.map((metric) => this.#cell(workload, contender, metric)),
      this.#faults(workload, contender).join("; ") || "none",
    ]);
    const ratios = this.#ratios(workload);
    return [
      `## ${workload.name}: ${workload.title}`,
      workload.about,
      table(head, rows),
      ...(ratios ? [ratios] : []),
    ].join("\n\n");
  }

  /** Ours divided by each peer's, for every metric that has a good direction. */
  #ratios(workload: Workload): string | undefined {
    const metrics = workload.metrics.filter(({ better }) => better);
    const ours = this.#ready.filter(({ contender }) => this.#ours.includes(contender.name));
    const peers = this.#ready.filter(({ contender, skipped }) =>
      !this.#ours.includes(contender.name) && !skipped
    );
    if (metrics.length === 0 || ours.length === 0 || peers.length === 0) return undefined;
    const columns = metrics.flatMap((metric) =>
      ours.map(({ contender }) => ({ metric, contender }))
    );
    const head = [
      "against",
      ...columns.map(({ metric, contender }) =>
        `${contender.title}: ${metric.title} (${metric.better} is better)`
      ),
    ];
    const rows = peers.map(({ contender: peer }) => [
      peer.title,
      ...columns.map(({ metric, contender }) => this.#ratio(workload, contender, peer, metric)),
    ]);
    return table(head, rows);
  }

  /** One's figure divided by the other's of the same round, which the same moment of the machine has met. */
  #ratio(workload: Workload, one: Contender, other: Contender, { key }: Metric): string {
    const [above, below] = [one, other].map((contender) => this.#values(workload, contender, key));
    const ratios = above!.map((value, round) => value / below![round]!).filter(Number.isFinite);
    return ratios.length > 0 ? `${this.#range(ratios, 2)} ×` : "–";
  }

  #cell(workload: Workload, contender: Contender, { key, digits }: Metric): string {
    const values = this.#values(workload, contender, key).filter(Number.isFinite);
    return values.length > 0 ? this.#range(values, digits) : "–";
  }

  /** The median; of several values with the least and the greatest. */
  #range(values: number[], digits: number): string {
    const { median, least, most } = spread(values);
    if (this.#run.repeat === 1) return format(median, digits);
    return `${format(median, digits)} (${format(least, digits)}–${format(most, digits)})`;
  }

  /** A figure of each round; NaN where it has none. */
  #values(workload: Workload, contender: Contender, key: string): number[] {
    return this.#of(workload, contender).map((result) =>
      "figures" in result ? result.figures[key] ?? NaN : NaN
    );
  }

  #faults(workload: Workload, contender: Contender): string[] {
    const runs = this.#of(workload, contender);
    return runs.flatMap((result, index) => {
      const texts = "error" in result ? [`failed: ${result.error}`] : result.faults;
      return texts.map((text) => runs.length === 1 ? text : `run ${index + 1}: ${text}`);
    });
  }

  #of(workload: Workload, contender: Contender): Result[] {
    return this.#results.get(`${workload.name} ${contender.name}`) ?? [];
  }
}

/**
 * A Markdown table whose columns also line up in a terminal; the first and the faults begin at the
 * left, figures end at the right.
 */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]!.length))
  );
  const left = (column: number) => column === 0 || head[column] === "faults";
  const line = (cells: string[]) =>
    `| ${
      cells.map((cell, column) =>
        left(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
      ).join(" | ")
    } |`;
  const rule = widths.map((width, column) =>
    left(column) ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
