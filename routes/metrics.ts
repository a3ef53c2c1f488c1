import { Counter, Gauge, type Metric, Registry } from "prom-client";
import type { Histogram } from "../hub/counts.ts";
import type { Handler } from "./context.ts";
import type { Instrument } from "./instruments.ts";

/** `GET /metrics`: the instruments in Prometheus' text format. */
export function metrics(instruments: Instrument[], batches: Histogram): Handler {
  const registry = new Registry();
  for (const instrument of instruments) registry.registerMetric(toMetric(instrument));
  registry.registerMetric(batchMetric(batches));
  return async () =>
    new Response(await registry.metrics(), {
      headers: { "content-type": registry.contentType, "cache-control": "no-store" },
    });
}

function toMetric({ name, help, kind, unit, read }: Instrument): Metric {
  const suffix = kind === "counter" ? "_total" : unit ? `_${unit}` : "";
  const Class = kind === "counter" ? Counter : Gauge;
  return new Class({
    name: `parley_${name}${suffix}`,
    help,
    labelNames: ["type", "code"],
    registers: [],
    async collect() {
      const reading = await read();
      this.reset();
      if (typeof reading === "number") return this.inc(reading);
      for (const [value, count] of reading.values) this.inc({ [reading.label]: value }, count);
    },
  });
}

/** The library's own histogram would have to be told each value; this one shows what was counted. */
function batchMetric(batches: Histogram) {
  const { bounds, buckets } = batches;
  const name = "parley_batch_messages";
  const get = () => {
    let count = 0;
    const values = buckets.map((inBucket, i) => ({
      metricName: `${name}_bucket`,
      labels: { le: bounds[i] ?? "+Inf" },
      value: count += inBucket,
    }));
    return Promise.resolve({
      name,
      help: "Messages per batch that a reader was handed",
      type: "histogram",
      aggregator: "sum",
      values: [
        ...values,
        { metricName: `${name}_sum`, labels: {}, value: batches.sum },
        { metricName: `${name}_count`, labels: {}, value: count },
      ],
    });
  };
  return { name, get } as unknown as Metric;
}
