/** What a process takes at a moment. */
interface Sample {
  /** Seconds since it is looked at. */
  at: number;
  /** Bytes of resident memory. */
  memory: number;
  files: number;
}

/** What a process took in a part of the time. */
export interface Took {
  /** MiB, the middle one of what was seen. */
  memory: number;
  files: number;
}

/** Milliseconds between two looks. */
const OFTEN = 2_000;
/** Between two thirds of the time memory may grow by a share, and by so many MiB; and descriptors by so many. */
const SHARE = 1.2;
const SLACK = 12;
const FILES = 16;

/** Looks what some processes take (Linux), until it is disposed of. */
export class Usage implements Disposable {
  #pids: Map<string, () => number>;
  #samples = new Map<string, Sample[]>();
  #began = performance.now();
  #timer = setInterval(() => this.#look(), OFTEN);

  /** @param pids the process of each name, which may be another one at another time */
  constructor(pids: Map<string, () => number>) {
    this.#pids = pids;
  }

  /** What each took in the second and in the last third of the time. */
  get thirds(): Map<string, [middle: Took, last: Took]> {
    const whole = (performance.now() - this.#began) / 1_000;
    return new Map([...this.#samples].map(([name, samples]) => {
      const third = (from: number) =>
        medians(samples.filter(({ at }) => at >= whole * from && at < whole * (from + 1 / 3)));
      return [name, [third(1 / 3), third(2 / 3)]];
    }));
  }

  /** Who took more and more, in words. */
  get grown(): string[] {
    return [...this.thirds].flatMap(([name, thirds]) => grown(name, thirds));
  }

  [Symbol.dispose]() {
    clearInterval(this.#timer);
  }

  #look() {
    for (const [name, pid] of this.#pids) {
      try {
        const sample = { at: (performance.now() - this.#began) / 1_000, ...usageOf(pid()) };
        this.#samples.set(name, [...this.#samples.get(name) ?? [], sample]);
      } catch {
        // It has just ended.
      }
    }
  }
}

/** What somebody took more and more of, in words. */
export function grown(name: string, [middle, last]: [middle: Took, last: Took]): string[] {
  return [
    ...last.memory > middle.memory * SHARE + SLACK
      ? [`${name} took ${middle.memory} MiB, and then ${last.memory}`]
      : [],
    ...last.files > middle.files + FILES
      ? [`${name} had ${middle.files} descriptors, and then ${last.files}`]
      : [],
  ];
}

/** What a process takes now. @throws {Error} when there is none */
function usageOf(pid: number): { memory: number; files: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const [, kilobytes] = status.match(/^VmRSS:\s*(\d+)/m) ?? [];
  const files = [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
  return { memory: Number(kilobytes) * 1_024, files };
}

function medians(samples: Sample[]): Took {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  return {
    memory: Math.round(middle(samples.map(({ memory }) => memory)) / 1_048_576),
    files: middle(samples.map(({ files }) => files)),
  };
}
