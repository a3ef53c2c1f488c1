import type { Workload } from "../workloads/workload.ts";
import { workloads } from "./workloads/mod.ts";

/** Some chats that are compared with each other under some workloads. */
export interface Part {
  title: string;
  about: string;
  /** Names of the chats; and of those whose ratios against the others are told. */
  chats: string[];
  ours: string[];
  workloads: Workload[];
  /** Have all processes all cores? @default they share one, and the generator has another */
  spread?: boolean;
  /** Has Redis on the disk what it has acknowledged? @default it keeps nothing there */
  safe?: boolean;
}

const named = (...names: string[]) => workloads.filter(({ name }) => names.includes(name));
const TWO = ["parley-2", "parley-2-plain", "socket.io-2", "socket.io-2-streams"];
/** Whose costs many nodes are calculated from. */
export const MODEL = "parley-2";
const OURS = ["parley-2", "parley-2-plain"];

/** All parts, in the order of the report. */
export const parts: Part[] = [
  {
    title: "Two nodes and a Redis",
    about:
      "Both nodes and Redis share one core, and the load generator has another: so what is told " +
      "is what all three cost together. Redis keeps nothing on the disk.",
    ...{ chats: TWO, ours: OURS, workloads: named("A", "B", "D100", "D1000") },
  },
  {
    title: "What is lost when Redis is killed",
    about: "The same, with a Redis that has on the disk what it has acknowledged.",
    ...{ chats: TWO, ours: [], workloads: named("R"), safe: true },
  },
  {
    title: "What Redis costs one node",
    about: "One node and a Redis on one core, beside one that keeps everything in its memory.",
    chats: ["parley-1-redis", "parley-1", "socket.io-1"],
    ...{ ours: ["parley-1-redis"], workloads: named("A", "B", "D100", "D1000") },
  },
  {
    title: "One node and two, on all cores",
    about:
      "Nodes, Redis and the load generator, which sleeps while it waits, share all cores of the " +
      "machine as the system likes.",
    chats: [...OURS, "parley-1-redis", "parley-1-redis-plain", "parley-1", "socket.io-2"],
    ...{ ours: OURS, workloads: named("S"), spread: true },
  },
  {
    title: "What a message costs each node",
    about: "On one core, for what is calculated below.",
    ...{ chats: [MODEL], ours: [], workloads: named("N1", "N41") },
  },
];
