/** What processes use, read from `/proc`. */

const TICK = 10; // milliseconds: USER_HZ is 100 on every Linux there is

/** Milliseconds of CPU time a process and all its threads have used. */
export function cpuTime(pid: number): number {
  // The scheduler counts nanoseconds per thread; the process's own sum has ticks of 10 ms.
  try {
    let nanoseconds = 0;
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      nanoseconds += parseInt(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`));
    }
    return nanoseconds / 1e6;
  } catch {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK;
  }
}

/** Bytes of memory a process has resident. */
export function residentMemory(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(status.match(/VmRSS:\s+(\d+) kB/)?.[1] ?? 0) * 1024;
}

/** The only core a process may run on; undefined when it has several. */
function coreOf(pid: number): string | undefined {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return status.match(/Cpus_allowed_list:\s+(\d+)$/m)?.[1];
}

/** Milliseconds a core has spent on processes, the kernel's work for them included. */
function coreTime(core: string): number {
  const line = Deno.readTextFileSync("/proc/stat").split("\n").find((line) =>
    line.startsWith(`cpu${core} `)
  );
  const [user, nice, system] = line!.split(" ").slice(1).map(Number);
  return (user! + nice! + system!) * TICK;
}

/** What passed between the start of a {@linkcode Stopwatch} and its reading; milliseconds. */
export interface Usage {
  elapsed: number;
  /** CPU time of the server, or of all its processes. */
  server: number;
  /** CPU time of the load generator, without what it spent waiting: it never sleeps. */
  generator: number;
  /** CPU time that other processes took of the server's core; 0 when it has several. */
  foreign: number;
}

/** Measures what the server and the generator use from its creation on. */
export class Stopwatch {
  #pids: readonly number[];
  #waiter: { readonly idle: number };
  #core: string | undefined;
  #start: { now: number; server: number; generator: number; core: number };

  /** @param waiter knows how many milliseconds the generator has waited until now */
  constructor(pids: number | readonly number[], waiter: { readonly idle: number }) {
    this.#pids = typeof pids === "number" ? [pids] : pids;
    this.#waiter = waiter;
    this.#core = coreOf(this.#pids[0]!);
    this.#start = this.#now();
  }

  /** What passed so far. */
  read(): Usage {
    const end = this.#now();
    const server = end.server - this.#start.server;
    return {
      elapsed: end.now - this.#start.now,
      server,
      generator: Math.max(0, end.generator - this.#start.generator),
      foreign: this.#core ? Math.max(0, end.core - this.#start.core - server) : 0,
    };
  }

  #now() {
    return {
      now: performance.now(),
      server: this.#pids.reduce((sum, pid) => sum + cpuTime(pid), 0),
      generator: cpuTime(Deno.pid) - this.#waiter.idle,
      core: this.#core ? coreTime(this.#core) : 0,
    };
  }
}
