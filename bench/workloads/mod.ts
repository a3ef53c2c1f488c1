import { fanouts } from "./fanout.ts";
import { idle } from "./idle.ts";
import { latencies } from "./latency.ts";
import { replay } from "./replay.ts";
import { rooms } from "./rooms.ts";
import { stall } from "./stall.ts";
import type { Workload } from "./workload.ts";

/** Everything that is measured, in the order of the report. */
export const workloads: Workload[] = [...fanouts, ...latencies, idle, stall, replay, rooms];
