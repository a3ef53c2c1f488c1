import type { Workload } from "../../workloads/workload.ts";
import { aparts } from "./apart.ts";
import { fulls } from "./full.ts";
import { latencies } from "./pace.ts";
import { restart } from "./restart.ts";

/** Everything that chats of many processes are measured by. */
export const workloads: Workload[] = [...fulls, ...latencies, restart, ...aparts];
