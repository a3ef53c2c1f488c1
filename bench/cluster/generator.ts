/**
 * The process of the load generator for chats of many processes; see `load/main.ts`.
 *
 * @module
 */
import { obey } from "../load/main.ts";
import { workloads } from "./workloads/mod.ts";

await obey(workloads);
