import { metrics, type ObservableResult } from "@opentelemetry/api";
import type { Histogram } from "../hub/counts.ts";
import type { Instrument } from "./instruments.ts";

/**
 * Gives the instruments to OpenTelemetry too. The runtime exports them when it was started with
 * `OTEL_DENO=true`; otherwise the calls do nothing.
 */
export function observe(instruments: Instrument[], batches: Histogram) {
  const meter = metrics.getMeter("parley");
  for (const { name, help, kind, unit, read } of instruments) {
    const options = { description: help, unit: unit === "bytes" ? "By" : unit && "s" };
    const observable = kind === "counter"
      ? meter.createObservableCounter(dotted(name), options)
      : meter.createObservableGauge(dotted(name), options);
    observable.addCallback(async (result: ObservableResult) => {
      const reading = await read();
      if (typeof reading === "number") return result.observe(reading);
      const { label, values } = reading;
      for (const [value, count] of values) result.observe(count, { [label]: value });
    });
  }
  const histogram = meter.createHistogram("parley.batch.messages", {
    description: "Messages per batch that a reader was handed",
    advice: { explicitBucketBoundaries: [...batches.bounds] },
  });
  batches.forward = (value) => histogram.record(value);
}

const dotted = (name: string) => `parley.${name.replaceAll("_", ".")}`;
