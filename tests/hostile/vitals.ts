/** What a server holds that has to come back to what it was. */
export interface Held {
  /** WebSockets and event streams. */
  connections: number;
  /** Descriptors of the process, but those that are counted as lost. */
  files: number;
}

/** Milliseconds until what an attack took is given back, at most. */
const RETURN = 20_000;
/** Descriptors that may be on their way, such as that by which the metrics are read. */
const UNDER_WAY = 3;

/** A process of a server that can be looked into. */
export interface Process {
  host: string;
  /** File descriptors that it has now. */
  files: number;
  /** Its log until now, line by line. */
  events: Record<string, unknown>[];
}

/** How our own server is, beside what it answers. */
export class Vitals {
  #process: Process;
  /** How many lines of its log are read. */
  #read = 0;

  constructor(process: Process) {
    this.#process = process;
  }

  /** Bytes of memory that it has. */
  get memory(): Promise<number> {
    return this.#metrics().then((metrics) => metrics("memory_bytes"));
  }

  /** What it holds now. */
  async held(): Promise<Held> {
    const metrics = await this.#metrics();
    const lost = metrics("lost_descriptors_total");
    return { connections: metrics("connections"), files: this.#process.files - lost };
  }

  /** Waits until it holds no more than before, and says in words what it does not give back. */
  async returned(before: Held): Promise<string[]> {
    const until = performance.now() + RETURN;
    while (true) {
      const { connections, files } = await this.held();
      const more = files - before.files;
      if (connections === before.connections && more <= UNDER_WAY) return [];
      if (performance.now() > until) {
        return [`${connections - before.connections} connections and ${more} descriptors are kept`];
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What it should not have logged since this was asked last: faults, and what has a secret in it. */
  faults(secrets: readonly string[] = []): string[] {
    const fresh = this.#process.events.slice(this.#read).map((line) => JSON.stringify(line));
    this.#read += fresh.length;
    const wrong = fresh.filter((line) =>
      line.includes('"level":"error"') || secrets.some((secret) => line.includes(secret))
    );
    return wrong.map((line) => `the log says ${line}`);
  }

  /** @throws {Error} where it does not live any more */
  async #metrics(): Promise<(name: string) => number> {
    const text = await (await fetch(`http://${this.#process.host}/metrics`)).text();
    return (name) => Number(text.match(new RegExp(`^parley_${name} (.*)$`, "m"))?.[1]);
  }
}
