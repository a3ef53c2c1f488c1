import type { Handler } from "./context.ts";
import type { Distribution, Instrument, Sample } from "./instruments.ts";

/**
 * `GET /metrics`: the instruments in Prometheus' text format.
 *
 * Written here because it is a few lines. A client library counts for itself and would have to be
 * told what the hub has counted already; `prom-client` also adds 5 MB and 50 ms to the start.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function metrics(instruments: Instrument[]): Handler {
  return ({ hub, who }) => {
    hub.access.look(who);
    return new Response(instruments.map(family).join(""), {
      headers: {
        "content-type": "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
      },
    });
  };
}

/** An instrument's lines: what it is, then its samples. */
function family(instrument: Instrument): string {
  const { kind, help } = instrument;
  const name = metricName(instrument);
  const samples = kind === "histogram"
    ? histogramLines(name, instrument)
    : instrument.read().map((sample) => line(name, sample));
  return [`# HELP ${name} ${help}\n`, `# TYPE ${name} ${kind}\n`, ...samples].join("");
}

/** By the naming rules: the unit at the end, and after it `total` for what only grows. */
function metricName({ name, unit, kind }: Instrument): string {
  const total = kind === "counter" ? "total" : undefined;
  return ["parley", name, unit, total].filter((part) => part !== undefined).join("_");
}

/** A bucket of this format counts all values up to its bound, those of smaller buckets too. */
function histogramLines(name: string, { histogram }: Distribution): string[] {
  const { bounds, buckets, sum } = histogram;
  let count = 0;
  const lines = buckets.map((inBucket, i) => {
    count += inBucket;
    return line(`${name}_bucket`, { value: count, labels: { le: String(bounds[i] ?? "+Inf") } });
  });
  return [
    ...lines,
    line(`${name}_sum`, { value: sum, labels: {} }),
    line(`${name}_count`, { value: count, labels: {} }),
  ];
}

function line(name: string, { value, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs}}` : ""} ${value}\n`;
}

const escaped = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
