import { type Meter as OtelMeter, metrics } from "@opentelemetry/api";
import type { Distribution, Instrument, Meter } from "./instruments.ts";

/** Units as OpenTelemetry writes them (UCUM). */
const UNITS = { bytes: "By", seconds: "s" };

/**
 * Gives the instruments to OpenTelemetry too. The runtime collects and exports them when it was
 * started with `OTEL_DENO=true`; otherwise these calls do nothing.
 */
export function observe(instruments: Instrument[]) {
  const meter = metrics.getMeter("parley");
  for (const instrument of instruments) {
    if (instrument.kind === "histogram") forward(meter, instrument);
    else show(meter, instrument);
  }
}

/** Counters and gauges are read at each export. */
function show(meter: OtelMeter, { kind, name, help, unit, read }: Meter) {
  const options = { description: help, unit: unit && UNITS[unit] };
  const observable = kind === "counter"
    ? meter.createObservableCounter(`parley.${name}`, options)
    : meter.createObservableGauge(`parley.${name}`, options);
  observable.addCallback((result) => {
    for (const { value, labels } of read()) result.observe(value, labels);
  });
}

/** There is no histogram to be read: this one wants to be told each value. */
function forward(meter: OtelMeter, { name, help, unit, histogram }: Distribution) {
  const copy = meter.createHistogram(`parley.${name}`, {
    description: help,
    unit: unit && UNITS[unit],
    advice: { explicitBucketBoundaries: [...histogram.bounds] },
  });
  histogram.forward = (value) => copy.record(value);
}
