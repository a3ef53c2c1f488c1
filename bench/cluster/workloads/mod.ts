import type { Workload } from "../../workloads/workload.ts";
import { fulls } from "./full.ts";
import { latencies, small } from "./pace.ts";
import { restart } from "./restart.ts";

/** Everything that chats of many processes are measured by. */
export const workloads: Workload[] = [...fulls, ...latencies, small, restart];
