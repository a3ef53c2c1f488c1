import type { Program } from "../program.ts";

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

/** How our own server is, beside what it answers. */
export class Vitals {
  #program: Program;
  #warned = 0;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Bytes of memory that it has. */
  get memory(): Promise<number> {
    return this.#metrics().then((metrics) => metrics("memory_bytes"));
  }

  /** What it holds now. */
  async held(): Promise<Held> {
    const metrics = await this.#metrics();
    const lost = metrics("lost_descriptors_total");
    return { connections: metrics("connections"), files: this.#program.files - lost };
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

  /** The faults that it has logged since this was asked last. */
  faults(): string[] {
    const errors = this.#program.events.filter(({ level }) => level === "error");
    const fresh = errors.slice(this.#warned);
    this.#warned = errors.length;
    return fresh.map((error) => `the log says ${JSON.stringify(error)}`);
  }

  /** @throws {Error} where it does not live any more */
  async #metrics(): Promise<(name: string) => number> {
    const text = await (await fetch(`http://${this.#program.host}/metrics`)).text();
    return (name) => Number(text.match(new RegExp(`^parley_${name} (.*)$`, "m"))?.[1]);
  }
}
