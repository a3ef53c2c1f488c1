import { setTimeout as wait } from "node:timers/promises";
import { Proxy } from "../../chat/proxy.ts";
import { Program } from "../../program.ts";
import { within } from "../../support.ts";

/** How a node is started. */
export interface NodeOptions {
  /** What it is called here. */
  name: string;
  /** Where Redis is now, as `HOST:PORT`. */
  redis: () => string;
  /** A URL by which it finds Redis itself. @default through a proxy that leads to it */
  url?: string;
  args?: string[];
  /** For Deno, before the program. */
  flags?: string[];
}

/** What a node is told beside where Redis is. */
const ARGS = ["--rate", "0", "--idle-timeout", "6", "--history", "200"];
/** Milliseconds for a node to start, and to end in good order, on a machine that is busy. */
const START = 60_000;
/** Milliseconds until a node is started again that did not find Redis. */
const AGAIN = 500;
/** What a node may tell as an error of its own: that Redis is away, and what comes of that. */
const EXPECTED = /"event":"(Redis away|Redis not ready)"|ChatError|Redis/;

/** A process of the chat, which is killed, stopped and started again; with its own line to Redis. */
export class Node implements AsyncDisposable {
  readonly name: string;
  /** Its line to Redis, where it is led there. */
  readonly line: Proxy;
  /** What it has said of faults of its own. */
  readonly faults: string[] = [];
  #program!: Program;
  #options: NodeOptions;
  #stopped = false;

  private constructor(options: NodeOptions) {
    this.#options = options;
    this.name = options.name;
    this.line = new Proxy(options.redis);
  }

  static async start(options: NodeOptions): Promise<Node> {
    const node = new Node(options);
    try {
      await node.#start();
      return node;
    } catch (error) {
      await node.line[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Where it listens, or did last. */
  get host(): string {
    return this.#program.host;
  }

  /** Is it led to Redis by its line? */
  get isLed(): boolean {
    return this.#options.url === undefined;
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** How many descriptors it has. */
  get files(): number {
    return this.#program.files;
  }

  /** Kills it, and starts it again after so many milliseconds. */
  async kill(pause: number) {
    await this.#end(() => this.#program.crash());
    await wait(pause);
    await this.#start();
  }

  /** Has it end in good order, and starts it again. */
  async restart() {
    await this.#end(async () => {
      this.#program.kill("SIGTERM");
      await within(this.#program.ended(), `the end of ${this.name}`, START);
    });
    await this.#start();
  }

  /** Stops it for so many milliseconds, as if its machine were asleep. */
  async stop(milliseconds: number) {
    this.#program.kill("SIGSTOP");
    this.#stopped = true;
    try {
      await wait(milliseconds);
    } finally {
      this.#program.kill("SIGCONT");
      this.#stopped = false;
    }
  }

  /** Ends it at once, where nothing can be waited for. */
  remove() {
    try {
      this.#program.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }

  async [Symbol.asyncDispose]() {
    if (this.#stopped) this.#program.kill("SIGCONT");
    await this.#end(() => this.#program.crash());
    await this.line[Symbol.asyncDispose]();
  }

  /** Starts it, again where it ended because it did not find Redis. */
  async #start() {
    const { args = [], flags, url = `redis://${this.line.host}` } = this.#options;
    const end = performance.now() + START;
    while (true) {
      try {
        const started = Program.start(["--redis", url, ...ARGS, ...args], {}, flags);
        this.#program = await within(started, `the start of ${this.name}`, START);
        return;
      } catch (error) {
        if (performance.now() > end || !`${error}`.includes("Redis")) throw error;
        await wait(AGAIN);
      }
    }
  }

  async #end(act: () => Promise<void>) {
    const program = this.#program;
    await act();
    const { events, stderr } = await program.ended();
    for (const event of events) {
      const text = JSON.stringify(event);
      if (event.level === "error" && !EXPECTED.test(text)) {
        this.faults.push(`${this.name} logged ${text}`);
      }
    }
    if (stderr) this.faults.push(`${this.name} wrote ${stderr.slice(0, 2_000)}`);
  }
}
