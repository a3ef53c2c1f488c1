/** The workloads of the benchmark in which much is said, with and without a disk, and with slow ones. */
import { Disks } from "../../tests/engine/disk.ts";
import { describeMachine } from "../machine.ts";
import { prepare } from "../prepare.ts";
import { Report } from "../report.ts";
import { type Cores, measure } from "../runner.ts";
import type { Contender } from "../servers.ts";
import { workloads } from "../workloads/mod.ts";
import type { Scale } from "../workloads/workload.ts";
import { DISK, MEMORY } from "./pair.ts";

/** Milliseconds that a sync of a slow disk takes longer. */
const SLOW = [5, 20];
/** What is measured. */
const NAMES = ["A", "B", "D100"];

/** The same server on a disk whose syncs take longer. */
function slow(disks: Disks, delay: number): Contender {
  return {
    ...DISK,
    name: `${DISK.name}-${delay}ms`,
    title: `${DISK.title} of + ${delay} ms`,
    env: (directory) => disks.env(directory, { delay }),
  };
}

/** Measures all of them by turns; the tables as Markdown. */
export async function said(
  { repeat, scale, cores, progress }: {
    repeat: number;
    scale: Scale;
    cores: Cores;
    progress: (line: string) => void;
  },
): Promise<string> {
  using disks = await Disks.make();
  const durable = [DISK, ...SLOW.map((delay) => slow(disks, delay))];
  const ready = await prepare([MEMORY, ...durable]);
  const chosen = workloads.filter(({ name }) => NAMES.includes(name));
  const ours = durable.map(({ name }) => name);
  const machine = await describeMachine(ready);
  const report = new Report(ready, chosen, { repeat, scale, cores, machine, ours });
  for (let round = 0; round < repeat; round++) {
    for (const workload of chosen) {
      const shift = round % ready.length;
      for (const { contender } of [...ready.slice(shift), ...ready.slice(0, shift)]) {
        const result = await measure(contender, workload, scale, cores);
        report.add(contender, workload, result);
        progress(report.line(contender, workload, result));
      }
    }
  }
  return report.text();
}
