/**
 * Reads Prometheus' text format 0.0.4, and is stricter than Prometheus itself.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */
import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertMatch,
} from "@std/assert";

/** One metric with all its samples. */
export interface Family {
  name: string;
  kind: string;
  help: string;
  /** Values by name and labels, as they are written: `name{label="value"}`. */
  samples: Map<string, number>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\S+)$`);
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf)|NaN)$/;

/** @throws {AssertionError} when it isn't what Prometheus should be given */
export function parseMetrics(text: string): Family[] {
  assert(text.endsWith("\n"), "The last line must end, too");
  const families: Family[] = [];
  for (const group of text.slice(0, -1).split(/\n(?=# HELP )/)) families.push(parseFamily(group));
  const names = families.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length, "Each metric must come once");
  return families;
}

function parseFamily(group: string): Family {
  const [help = "", type = "", ...lines] = group.split("\n");
  const [, name, words] = help.match(new RegExp(`^# HELP (${NAME}) (\\S.*)$`)) ?? [];
  assert(name && words, `Not a HELP line: ${help}`);
  const [, typed, kind] = type.match(new RegExp(`^# TYPE (${NAME}) (\\w+)$`)) ?? [];
  assert(kind, `Not a TYPE line: ${type}`);
  assertEquals(typed, name);
  const samples = new Map<string, number>();
  for (const line of lines) {
    const [, sample, labels = "", number = ""] = line.match(SAMPLE) ?? [];
    assert(sample, `Not a sample: ${line}`);
    assertMatch(number, NUMBER);
    assert(!samples.has(sample + labels), `Twice: ${line}`);
    samples.set(sample + labels, Number(number.replace("Inf", "Infinity")));
  }
  assertGreater(samples.size, 0, `${name} has no samples`);
  const family = { name, kind, help: words, samples };
  if (kind === "histogram") checkHistogram(family);
  else checkPlain(family);
  return family;
}

function checkPlain({ name, kind, samples }: Family) {
  assertMatch(kind, /^(counter|gauge)$/);
  assertEquals(name.endsWith("_total"), kind === "counter", name);
  for (const [sample, value] of samples) {
    assertEquals(sample.split("{")[0], name);
    if (kind === "counter") assertGreaterOrEqual(value, 0);
  }
}

/** Buckets rise in bound and in count up to `+Inf`, which counts everything. */
function checkHistogram({ name, samples }: Family) {
  const entries = [...samples];
  assertEquals(entries.splice(-2).map(([sample]) => sample), [`${name}_sum`, `${name}_count`]);
  let last = { bound: -Infinity, count: 0 };
  for (const [sample, count] of entries) {
    const le = sample.match(/^(\w+)_bucket\{le="([^"]+)"\}$/);
    assertEquals(le?.[1], name);
    const bound = Number(le![2]!.replace("Inf", "Infinity"));
    assertGreater(bound, last.bound);
    assertGreaterOrEqual(count, last.count);
    last = { bound, count };
  }
  assertEquals(last, { bound: Infinity, count: samples.get(`${name}_count`) });
}
